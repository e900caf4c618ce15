//! Reads over HTTP, compared with a bare HTTP server that sends the same bytes.
//!
//! Both are child processes, measured in turn under the same load. The log is written to
//! `/dev/null`: its cost is included, that of the disk is not.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use vmfa_iam::Call;

use super::{Bench, load::LoadTest, median, micros};
use crate::{
    child::{ServerProcess, Vmfa, clean},
    devices::Owner,
    http::Connection,
    report::{RatioTarget, ReportRow, float, line},
    wire::{self, RequestSigner, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
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
        let response = Connection::open(vmfa.address)?.send(&sign(vmfa.address, &call)?)?;
        let body = directory.path().join("body");
        fs::write(&body, &response.body)?;
        let bare = serve_bare(&body)?;
        rows.extend(compare(bench, &vmfa, &bare, &call, response.body.len())?);
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

fn serve_bare(body: &Path) -> anyhow::Result<ServerProcess> {
    let mut command = clean(&std::env::current_exe()?);
    command.args(["bare", "--listen", "127.0.0.1:0", "--body"]).arg(body);
    ServerProcess::start(command)
}

fn compare(
    bench: &Bench,
    vmfa: &ServerProcess,
    bare: &ServerProcess,
    call: &Call,
    bytes: usize,
) -> anyhow::Result<[ReportRow; 2]> {
    let mut measured = [Contender::new("vmfa", vmfa), Contender::new("bare", bare)];
    for contender in &mut measured {
        // Warms up: connections to the store are opened, and caches filled.
        contender.round(bench, call, bench.time / 4)?;
        contender.rounds.clear();
    }
    for _ in 0..ROUNDS {
        for contender in &mut measured {
            contender.round(bench, call, bench.time)?;
        }
    }
    let name = call.action.name;
    line(format_args!("  {name}, {bytes} bytes:"));
    for contender in &measured {
        let (now, most) = contender.server.memory()?;
        line(format_args!(
            "    {}: {:.0}/s, p50 {:.0} us, p99 {:.0} us, {:.1} us of processor time each, {} KiB \
             resident, {} KiB peak",
            contender.name,
            contender.median(|round| round.per_second),
            contender.median(|round| round.p50),
            contender.median(|round| round.p99),
            contender.median(|round| round.cpu),
            now,
            most,
        ));
    }
    let [ours, limit] = &measured;
    let row = |what: &str, unit: &str, digits, of: fn(&Round) -> f64, ratio: f64| ReportRow {
        name: format!("reads: {name}, {what}"),
        figure: format!("{:.digits$}{unit}", ours.median(of)),
        limit: format!("{:.digits$}{unit}", limit.median(of)),
        ratio,
        target: RatioTarget::AtLeast(0.5),
    };
    let throughput = ours.median(|r| r.per_second) / limit.median(|r| r.per_second);
    let cpu = limit.median(|r| r.cpu) / ours.median(|r| r.cpu);
    Ok([
        row("rate", "/s", 0, |round| round.per_second, throughput),
        row("processor time", " us", 1, |round| round.cpu, cpu),
    ])
}

/// One of the two servers, and its rounds.
struct Contender<'a> {
    name: &'static str,
    server: &'a ServerProcess,
    rounds: Vec<Round>,
}

/// Times in microseconds.
struct Round {
    per_second: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

impl<'a> Contender<'a> {
    const fn new(name: &'static str, server: &'a ServerProcess) -> Self {
        Self { name, server, rounds: Vec::new() }
    }

    fn round(&mut self, bench: &Bench, call: &Call, time: Duration) -> anyhow::Result<()> {
        let load = LoadTest {
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
    RequestSigner::root().sign(address, call)
}

const ROUNDS: usize = 5;
/// The default page size.
const PAGE: usize = 100;
