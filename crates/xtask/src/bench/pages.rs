//! A page of a hundred devices among many, against one among a thousand: it should cost the same,
//! wherever it lies and whatever it is filtered by.

use std::time::{Duration, Instant};

use vmfa_iam::{Call, Caller, Service};
use vmfa_model::Value;

use super::{Bench, Filled, fill, median, micros};
use crate::{
    child::{Server, Vmfa},
    http::Connection,
    report::{Row, Target, line},
    wire::{self, Key, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    line("\npages: medians of one caller, who asks both in turns");
    let thousand = Filled::new(THOUSAND)?;
    let stores = [&thousand, bench.large()?];
    let costs = measure(bench, stores)?;
    let mut rows = Vec::new();
    for Cost { name, inside: [few, many], outside } in costs {
        let [few_outside, many_outside] = outside;
        line(format_args!(
            "  {name}: in process {few:.0} us among {THOUSAND}, {many:.0} us among {}; over HTTP \
             {few_outside:.0} and {many_outside:.0} us",
            bench.devices,
        ));
        rows.push(Row {
            name: format!("pages: {name} of {}", bench.devices),
            figure: format!("{many:.0} us"),
            limit: format!("{few:.0} us"),
            ratio: many / few,
            target: Target::AtMost(1.3),
        });
    }
    Ok(rows)
}

/// What a page costs among few devices and among many, in microseconds.
struct Cost {
    name: String,
    /// In process.
    inside: [f64; 2],
    /// Over HTTP.
    outside: [f64; 2],
}

/// What is asked for.
struct Case {
    name: String,
    call: Call,
    /// How many devices must be in the answer.
    size: usize,
}

fn measure(bench: &Bench, stores: [&Filled; 2]) -> anyhow::Result<Vec<Cost>> {
    let [few, many] = stores;
    let mut costs = Vec::new();
    let (few_cases, many_cases);
    {
        let (held_few, held_many) = (fill::hold(few.path())?, fill::hold(many.path())?);
        let caller = Caller::local(fill::account()?);
        few_cases = ask(held_few.service(), &caller, few)?;
        many_cases = ask(held_many.service(), &caller, many)?;
        for (one, other) in few_cases.iter().zip(&many_cases) {
            let inside = in_turns(
                || inside(held_few.service(), &caller, one),
                || inside(held_many.service(), &caller, other),
            )?;
            costs.push(Cost { name: one.name.clone(), inside, outside: [0.0; 2] });
        }
    }
    let serve = |filled: &Filled| Vmfa::new(&bench.vmfa, filled.path()).serve();
    let (few, many) = (serve(few)?, serve(many)?);
    for (cost, (one, other)) in costs.iter_mut().zip(few_cases.iter().zip(&many_cases)) {
        let (mut one, mut other) = (outside(&few, &one.call)?, outside(&many, &other.call)?);
        cost.outside = in_turns(&mut one, &mut other)?;
    }
    Ok(costs)
}

/// Medians in microseconds of what took turns, so that a busy moment strikes both alike.
fn in_turns(
    mut one: impl FnMut() -> anyhow::Result<Duration>,
    mut other: impl FnMut() -> anyhow::Result<Duration>,
) -> anyhow::Result<[f64; 2]> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(micros(one()?));
        second.push(micros(other()?));
    }
    Ok([median(&first), median(&second)])
}

fn ask(service: &Service, caller: &Caller, filled: &Filled) -> anyhow::Result<Vec<Case>> {
    let filters = [
        ("Any", filled.devices),
        ("Assigned", filled.assigned),
        ("Unassigned", filled.devices.saturating_sub(filled.assigned)),
    ];
    let mut cases = Vec::new();
    for (status, matching) in filters {
        let places =
            [("first", 0), ("middle", matching / 2), ("last", matching.saturating_sub(PAGE))];
        for (place, before) in places {
            let mut members = vec![("AssignmentStatus", text(status))];
            let marker = marker(service, caller, &members, before)?;
            members.extend(marker.map(|marker| ("Marker", text(marker))));
            let name = format!("{place} page, {status}");
            cases.push(Case { name, call: wire::call(ACTION, members)?, size: PAGE });
        }
    }
    cases.push(Case {
        name: format!("{} devices of a user", fill::FEW_DEVICES),
        call: wire::call("ListMFADevices", vec![("UserName", text(fill::FEW))])?,
        size: fill::FEW_DEVICES,
    });
    Ok(cases)
}

/// The marker after so many devices; none before the first.
fn marker(
    service: &Service,
    caller: &Caller,
    members: &[(&'static str, Value)],
    devices: usize,
) -> anyhow::Result<Option<String>> {
    let (mut seen, mut marker): (usize, Option<String>) = (0, None);
    while seen < devices {
        let size = devices.saturating_sub(seen).min(LARGEST);
        let mut members = members.to_vec();
        members.push(("MaxItems", Value::Integer(i64::try_from(size)?)));
        members.extend(marker.take().map(|marker| ("Marker", text(marker))));
        let page = service.call(caller, wire::call(ACTION, members)?, "bench")?;
        marker = page.text("Marker").map(str::to_owned);
        anyhow::ensure!(marker.is_some(), "the list ends too early");
        seen = seen.saturating_add(size);
    }
    Ok(marker)
}

fn inside(service: &Service, caller: &Caller, case: &Case) -> anyhow::Result<Duration> {
    let call = case.call.clone();
    let began = Instant::now();
    let page = service.call(caller, call, "bench")?;
    let took = began.elapsed();
    // What was measured must be a whole page.
    let mut lists = page.iter().filter_map(|(_, value)| match value {
        Value::List(devices) => Some(devices.len()),
        _ => None,
    });
    anyhow::ensure!(lists.next() == Some(case.size), "{}: not so many", case.name);
    Ok(took)
}

fn outside(
    server: &Server,
    call: &Call,
) -> anyhow::Result<impl FnMut() -> anyhow::Result<Duration> + use<>> {
    let request = Key::root().sign(server.address, call)?;
    let mut connection = Connection::open(server.address)?;
    Ok(move || {
        let began = Instant::now();
        let answer = connection.ask(&request)?;
        anyhow::ensure!(answer.status == 200, "a page was refused");
        Ok(began.elapsed())
    })
}

const ACTION: &str = "ListVirtualMFADevices";
/// Devices of the store that is compared to.
const THOUSAND: usize = 1_000;
/// Devices of a page where nothing is said.
const PAGE: usize = 100;
/// Devices of the largest page.
const LARGEST: usize = 1_000;
const ROUNDS: usize = 1_000;
