//! A page of a hundred devices of a large list, compared with one of a list of a thousand: the cost
//! should be the same for every position and filter.

use std::time::{Duration, Instant};

use vmfa_iam::{Call, Caller, Service};
use vmfa_model::Value;

use super::{Bench, FilledDirectory, fill, median, micros};
use crate::{
    child::{ServerProcess, Vmfa},
    http::Connection,
    report::{RatioTarget, ReportRow, line},
    wire::{self, RequestSigner, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    line("\npages: medians of one caller, alternating between both lists");
    let thousand = FilledDirectory::new(THOUSAND)?;
    let stores = [&thousand, bench.large()?];
    let costs = measure(bench, stores)?;
    let mut rows = Vec::new();
    for Cost { name, in_process: [few, many], http } in costs {
        let [few_http, many_http] = http;
        line(format_args!(
            "  {name}: in process {few:.0} us among {THOUSAND}, {many:.0} us among {}; over HTTP \
             {few_http:.0} and {many_http:.0} us",
            bench.devices,
        ));
        rows.push(ReportRow {
            name: format!("pages: {name} of {}", bench.devices),
            figure: format!("{many:.0} us"),
            limit: format!("{few:.0} us"),
            ratio: many / few,
            target: RatioTarget::AtMost(1.3),
        });
    }
    Ok(rows)
}

/// Microseconds per page, in the small and in the large list.
struct Cost {
    name: String,
    in_process: [f64; 2],
    http: [f64; 2],
}

struct Case {
    name: String,
    call: Call,
    /// Expected number of devices in the page.
    size: usize,
}

fn measure(bench: &Bench, stores: [&FilledDirectory; 2]) -> anyhow::Result<Vec<Cost>> {
    let [few, many] = stores;
    let mut costs = Vec::new();
    let (few_cases, many_cases);
    {
        let (held_few, held_many) = (fill::hold(few.path())?, fill::hold(many.path())?);
        let caller = Caller::local(fill::account()?);
        few_cases = cases(held_few.service(), &caller, few)?;
        many_cases = cases(held_many.service(), &caller, many)?;
        for (one, other) in few_cases.iter().zip(&many_cases) {
            let in_process = alternate(
                || in_process(held_few.service(), &caller, one),
                || in_process(held_many.service(), &caller, other),
            )?;
            costs.push(Cost { name: one.name.clone(), in_process, http: [0.0; 2] });
        }
    }
    let serve = |filled: &FilledDirectory| Vmfa::new(&bench.vmfa, filled.path()).serve();
    let (few, many) = (serve(few)?, serve(many)?);
    for (cost, (one, other)) in costs.iter_mut().zip(few_cases.iter().zip(&many_cases)) {
        let (mut one, mut other) = (over_http(&few, &one.call)?, over_http(&many, &other.call)?);
        cost.http = alternate(&mut one, &mut other)?;
    }
    Ok(costs)
}

/// Medians in microseconds of two alternating measurements, so that other load affects both alike.
fn alternate(
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

fn cases(
    service: &Service,
    caller: &Caller,
    filled: &FilledDirectory,
) -> anyhow::Result<Vec<Case>> {
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

/// The marker after the given number of devices; `None` for zero.
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

fn in_process(service: &Service, caller: &Caller, case: &Case) -> anyhow::Result<Duration> {
    let call = case.call.clone();
    let began = Instant::now();
    let page = service.call(caller, call, "bench")?;
    let took = began.elapsed();
    // Checks that a full page was measured.
    let mut lists = page.iter().filter_map(|(_, value)| match value {
        Value::List(devices) => Some(devices.len()),
        _ => None,
    });
    let found = lists.next().unwrap_or_default();
    anyhow::ensure!(found == case.size, "{}: {found} devices, not {}", case.name, case.size);
    Ok(took)
}

fn over_http(
    server: &ServerProcess,
    call: &Call,
) -> anyhow::Result<impl FnMut() -> anyhow::Result<Duration> + use<>> {
    let request = RequestSigner::root().sign(server.address, call)?;
    let mut connection = Connection::open(server.address)?;
    Ok(move || {
        let began = Instant::now();
        let response = connection.send(&request)?;
        anyhow::ensure!(response.status == 200, "status {} for a page", response.status);
        Ok(began.elapsed())
    })
}

const ACTION: &str = "ListVirtualMFADevices";
/// Devices of the small list.
const THOUSAND: usize = 1_000;
/// The default page size.
const PAGE: usize = 100;
/// The largest page size.
const LARGEST: usize = 1_000;
const ROUNDS: usize = 1_000;
