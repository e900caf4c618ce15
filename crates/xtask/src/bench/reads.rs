//! Reads over HTTP, against a bare HTTP server that answers the very same bytes.
//!
//! Both run as processes of their own, in turns, under the same load. The log goes to `/dev/null`:
//! it is written as an operator would have it, and nobody's disk is measured.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use vmfa_iam::Call;

use super::{Bench, load::Load, median, micros};
use crate::{
    child::{Server, Vmfa, clean},
    devices::Owner,
    http::Connection,
    report::{Row, Target, float, line},
    wire::{self, Key, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let vmfa = Vmfa::new(&bench.vmfa, directory.path()).serve()?;
    fill(vmfa.address)?;
    line(format_args!("\nreads: {} connections, medians of {ROUNDS} rounds", bench.connections));
    let mut rows = Vec::new();
    let alice = || vec![("UserName", text("alice"))];
    for (action, members) in [
        ("GetCallerIdentity", Vec::new()),
        ("ListMFADevices", alice()),
        ("ListVirtualMFADevices", Vec::new()),
    ] {
        let call = wire::call(action, members)?;
        let answer = Connection::open(vmfa.address)?.ask(&sign(vmfa.address, &call)?)?;
        let body = directory.path().join("body");
        fs::write(&body, &answer.body)?;
        let bare = serve_bare(&body)?;
        rows.extend(compare(bench, &vmfa, &bare, &call, answer.body.len())?);
    }
    Ok(rows)
}

/// A user with one device, and a hundred devices in all.
fn fill(address: SocketAddr) -> anyhow::Result<()> {
    let owner = Owner::make(address, "alice")?;
    owner.devices(&["alice".to_owned()])?;
    for n in 1..PAGE {
        owner.device(format!("device-{n}"))?;
    }
    Ok(())
}

fn serve_bare(body: &Path) -> anyhow::Result<Server> {
    let mut command = clean(&std::env::current_exe()?);
    command.args(["bare", "--listen", "127.0.0.1:0", "--body"]).arg(body);
    Server::start(command)
}

fn compare(
    bench: &Bench,
    vmfa: &Server,
    bare: &Server,
    call: &Call,
    bytes: usize,
) -> anyhow::Result<[Row; 2]> {
    let mut measured = [Side::new("vmfa", vmfa), Side::new("bare", bare)];
    for side in &mut measured {
        // Each opens its connections to the store, and its caches fill.
        side.round(bench, call, bench.time / 4)?;
        side.rounds.clear();
    }
    for _ in 0..ROUNDS {
        for side in &mut measured {
            side.round(bench, call, bench.time)?;
        }
    }
    let name = call.action.name;
    line(format_args!("  {name}, {bytes} bytes:"));
    for side in &measured {
        let (now, most) = side.server.memory()?;
        line(format_args!(
            "    {}: {:.0}/s, p50 {:.0} us, p99 {:.0} us, {:.1} us of processor each, \
             {} KiB resident, {} KiB at the most",
            side.name,
            side.median(|round| round.per_second),
            side.median(|round| round.p50),
            side.median(|round| round.p99),
            side.median(|round| round.cpu),
            now,
            most,
        ));
    }
    let [ours, limit] = &measured;
    let row = |what: &str, unit: &str, digits, of: fn(&Round) -> f64, ratio: f64| Row {
        name: format!("reads: {name}, {what}"),
        figure: format!("{:.digits$}{unit}", ours.median(of)),
        limit: format!("{:.digits$}{unit}", limit.median(of)),
        ratio,
        target: Target::AtLeast(0.5),
    };
    let throughput = ours.median(|r| r.per_second) / limit.median(|r| r.per_second);
    let cpu = limit.median(|r| r.cpu) / ours.median(|r| r.cpu);
    Ok([
        row("rate", "/s", 0, |round| round.per_second, throughput),
        row("processor", " us", 1, |round| round.cpu, cpu),
    ])
}

/// One of the two servers, and how it did.
struct Side<'a> {
    name: &'static str,
    server: &'a Server,
    rounds: Vec<Round>,
}

/// How one round went; times in microseconds.
struct Round {
    per_second: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

impl<'a> Side<'a> {
    const fn new(name: &'static str, server: &'a Server) -> Self {
        Self { name, server, rounds: Vec::new() }
    }

    fn round(&mut self, bench: &Bench, call: &Call, time: Duration) -> anyhow::Result<()> {
        let load = Load {
            address: self.server.address,
            connections: bench.connections,
            requests: Arc::new(vec![sign(self.server.address, call)?]),
            again: true,
            time,
        };
        let before = self.server.cpu()?;
        let tally = load.run()?;
        let cpu = self.server.cpu()?.saturating_sub(before);
        self.rounds.push(Round {
            per_second: tally.per_second(),
            p50: micros(tally.percentile(50)),
            p99: micros(tally.percentile(99)),
            cpu: micros(cpu) / float(tally.answers().max(1)),
        });
        Ok(())
    }

    fn median(&self, of: fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(of).collect::<Vec<_>>())
    }
}

fn sign(address: SocketAddr, call: &Call) -> anyhow::Result<Vec<u8>> {
    Key::root().sign(address, call)
}

const ROUNDS: usize = 5;
/// Devices on a page.
const PAGE: usize = 100;
