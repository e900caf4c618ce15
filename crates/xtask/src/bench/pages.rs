//! A page of a hundred devices among many, against one among a thousand: it should cost the same.

use std::time::Instant;

use anyhow::Context as _;
use vmfa_iam::{Caller, Service};
use vmfa_model::{Record, Value};

use super::{Bench, Filled, fill, median, micros};
use crate::{
    child::{Server, Vmfa},
    http::Connection,
    report::{Row, Target, line},
    wire::{self, Key, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    line("\npages: medians of one caller");
    let few = Filled::new(FEW)?;
    let many = bench.large()?;
    let few = measure(bench, &few)?;
    let large = measure(bench, many)?;
    let mut rows = Vec::new();
    for (few, many) in few.iter().zip(&large) {
        line(format_args!(
            "  {}: in process {:.0} us among {FEW}, {:.0} us among {}; over HTTP {:.0} and {:.0} us",
            few.name, few.inside, many.inside, bench.devices, few.outside, many.outside,
        ));
        rows.push(Row {
            name: format!("pages: {} of {}", few.name, bench.devices),
            figure: format!("{:.0} us", many.inside),
            limit: format!("{:.0} us", few.inside),
            ratio: many.inside / few.inside,
            target: Target::AtMost(1.3),
        });
    }
    Ok(rows)
}

/// What a page costs, in microseconds.
struct Cost {
    name: String,
    /// In process.
    inside: f64,
    /// Over HTTP.
    outside: f64,
}

fn measure(bench: &Bench, filled: &Filled) -> anyhow::Result<Vec<Cost>> {
    // A third has an owner.
    let filters = [
        ("Any", filled.devices),
        ("Assigned", filled.devices.div_ceil(3)),
        ("Unassigned", filled.devices.saturating_sub(filled.devices.div_ceil(3))),
    ];
    let mut costs = Vec::new();
    let mut pages = Vec::new();
    {
        let held = fill::hold(filled.path())?;
        let caller = Caller::local(fill::account()?);
        for (status, matching) in filters {
            let page = vec![("AssignmentStatus", text(status))];
            let marker = middle(held.service(), &caller, &page, matching / 2)?;
            let mut later = page.clone();
            later.push(("Marker", text(marker)));
            for (place, members) in [("first", page), ("middle", later)] {
                let inside = inside(held.service(), &caller, &members)?;
                costs.push(Cost { name: format!("{place} page, {status}"), inside, outside: 0.0 });
                pages.push(members);
            }
        }
    }
    let server = Vmfa::new(&bench.vmfa, filled.path()).serve()?;
    for (cost, members) in costs.iter_mut().zip(pages) {
        cost.outside = outside(&server, members)?;
    }
    Ok(costs)
}

/// The marker after so many devices.
fn middle(
    service: &Service,
    caller: &Caller,
    members: &[(&'static str, Value)],
    devices: usize,
) -> anyhow::Result<String> {
    let (mut seen, mut marker): (usize, Option<String>) = (0, None);
    while seen < devices {
        let size = devices.saturating_sub(seen).min(LARGEST);
        let mut members = members.to_vec();
        members.push(("MaxItems", Value::Integer(i64::try_from(size)?)));
        members.extend(marker.take().map(|marker| ("Marker", text(marker))));
        let page = list(service, caller, &members)?;
        marker = page.text("Marker").map(str::to_owned);
        anyhow::ensure!(marker.is_some(), "the list ends before its middle");
        seen = seen.saturating_add(size);
    }
    marker.context("there is no middle")
}

fn inside(
    service: &Service,
    caller: &Caller,
    members: &[(&'static str, Value)],
) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let page = list(service, caller, members)?;
        times.push(micros(began.elapsed()));
        check(&page)?;
    }
    Ok(median(&times))
}

fn outside(server: &Server, members: Vec<(&'static str, Value)>) -> anyhow::Result<f64> {
    let request = Key::root().sign(server.address, &wire::call(ACTION, members)?)?;
    let mut connection = Connection::open(server.address)?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let answer = connection.ask(&request)?;
        times.push(micros(began.elapsed()));
        anyhow::ensure!(answer.status == 200, "a page was refused");
    }
    Ok(median(&times))
}

fn list(
    service: &Service,
    caller: &Caller,
    members: &[(&'static str, Value)],
) -> anyhow::Result<Record> {
    Ok(service.call(caller, wire::call(ACTION, members.to_vec())?, "bench")?)
}

/// What was measured must be a whole page.
fn check(page: &Record) -> anyhow::Result<()> {
    let Some(Value::List(devices)) = page.get("VirtualMFADevices") else {
        anyhow::bail!("the page has no devices");
    };
    anyhow::ensure!(devices.len() == PAGE, "the page has {} devices", devices.len());
    Ok(())
}

const ACTION: &str = "ListVirtualMFADevices";
/// Devices of the store that is compared to.
const FEW: usize = 1_000;
/// Devices of a page where nothing is said.
const PAGE: usize = 100;
/// Devices of the largest page.
const LARGEST: usize = 1_000;
const ROUNDS: usize = 1_000;
