//! `crashes`: acknowledged writes survive `kill -9`, and no write is carried out in part.
//!
//! In each round 16 connections create, enable, use, tag, deactivate and delete devices, each those
//! of its own user, and record what was acknowledged. The server is killed at a random time,
//! restarted on the same directory, and its state compared. The request that each connection had in
//! flight may or may not have been carried out.
//!
//! This does not simulate a power failure: the kernel still writes what the process handed over.

mod check;
mod model;
mod workload;

use std::{path::Path, process::ExitCode, time::Duration};

use self::workload::Workload;
use crate::{
    binary,
    child::{ServerProcess, Vmfa},
    random::Random,
    report::{self, line},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run this many rounds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Use this seed for the random choices [default: a random seed, which is printed]; timing
    /// still differs
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    binary: binary::BinaryArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let program = arguments.binary.program()?;
    let seed = arguments.seed.unwrap_or_else(Random::seed);
    line(format_args!("to repeat the same choices: --seed {seed}"));
    let directory = tempfile::tempdir()?;
    let mut random = Random::new(seed);
    let (mut passed, mut failed) = (0_u32, 0_u32);
    let mut crash = CrashTest::start(&program, directory.path(), &mut random)?;
    for round in 1..=arguments.rounds {
        let problems = crash.round(Duration::from_millis(EARLIEST + random.below(SPREAD)))?;
        for problem in &problems {
            line(format_args!("round {round}: {problem}"));
        }
        let count = if problems.is_empty() { &mut passed } else { &mut failed };
        *count = count.saturating_add(1);
    }
    line(format_args!(
        "{} changes acknowledged; {} in flight when killed, of which {} were carried out; {} used \
         codes replayed",
        crash.workloads.iter().map(|workload| workload.acknowledged).sum::<u64>(),
        crash.in_flight,
        crash.carried_out,
        crash.replayed,
    ));
    drop(crash);
    Ok(report::close(directory, passed, failed))
}

struct CrashTest<'a> {
    vmfa: Vmfa<'a>,
    server: Option<ServerProcess>,
    workloads: Vec<Workload>,
    /// Requests without a response when the server was killed.
    in_flight: u32,
    /// Requests in flight that had a visible effect.
    carried_out: u32,
    /// Used codes that were sent again.
    replayed: u32,
}

impl<'a> CrashTest<'a> {
    fn start(program: &'a Path, directory: &'a Path, random: &mut Random) -> anyhow::Result<Self> {
        let vmfa = Vmfa { quotas: QUOTAS, keeps_warnings: true, ..Vmfa::new(program, directory) };
        let server = vmfa.serve()?;
        let workload = |n| Workload::new(server.address, n, Random::new(random.next()));
        let workloads = (0..CONNECTIONS).map(workload).collect::<anyhow::Result<_>>()?;
        Ok(Self {
            vmfa,
            server: Some(server),
            workloads,
            in_flight: 0,
            carried_out: 0,
            replayed: 0,
        })
    }

    /// Writes for `time`, kills and restarts the server, compares; returns the problems found.
    fn round(&mut self, time: Duration) -> anyhow::Result<Vec<String>> {
        let server = match self.server.take() {
            Some(server) => server,
            None => self.vmfa.serve()?,
        };
        let address = server.address;
        let mut problems: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = self
                .workloads
                .iter_mut()
                .map(|workload| scope.spawn(move || workload.write(address).err()))
                .collect();
            std::thread::sleep(time);
            server.kill()?;
            let panicked = |_| Some("a writer panicked".to_owned());
            let ended = writers.into_iter().map(|writer| writer.join().unwrap_or_else(panicked));
            anyhow::Ok(ended.flatten().collect())
        })?;

        let server = self.vmfa.serve()?;
        self.in_flight =
            self.in_flight.saturating_add(count(&self.workloads, |s| s.pending.is_some()));
        let seen = check::ServerView::look(server.address)?;
        problems.extend(seen.problems());
        problems.extend(seen.unknown_devices(&self.workloads));
        for workload in &mut self.workloads {
            let (wrong, happened) = workload.settle(&seen);
            problems.extend(wrong);
            self.carried_out = self.carried_out.saturating_add(u32::from(happened));
            let (wrong, tried) = workload.replay(server.address);
            problems.extend(wrong);
            self.replayed = self.replayed.saturating_add(tried);
        }
        self.server = Some(server);
        Ok(problems)
    }
}

fn count(workloads: &[Workload], is: fn(&Workload) -> bool) -> u32 {
    u32::try_from(workloads.iter().filter(|workload| is(workload)).count()).unwrap_or(u32::MAX)
}

const CONNECTIONS: u32 = 16;
/// Milliseconds until the earliest kill.
const EARLIEST: u64 = 50;
/// Milliseconds after that within which the kill happens.
const SPREAD: u64 = 351;
/// High enough that no valid request is refused.
const QUOTAS: &[&str] = &["MFAAttemptsPerThreeMinutes=100000", "MFADevicesPerUser=1000"];
