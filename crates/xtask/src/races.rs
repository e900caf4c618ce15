//! `races`: a code is accepted once, however many requests send it at the same time.
//!
//! In each round 64 connections send the same unused code of one device at once: one must get a
//! session, and 63 must be refused. Every tenth round also races to enable a device. Halfway the
//! server is killed and restarted: codes used before must stay used.

mod racers;

use std::{path::Path, process::ExitCode, time::Instant};

use anyhow::{Context as _, ensure};

use self::racers::Racers;
use crate::{
    api::ApiClient,
    binary,
    child::{ServerProcess, Vmfa},
    devices::{Owner, SeededDevice},
    report::{self, line},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run this many rounds
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(flatten)]
    binary: binary::BinaryArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let program = arguments.binary.program()?;
    let directory = tempfile::tempdir()?;
    let began = Instant::now();
    let mut race = Race::start(&program, directory.path())?;
    let half = arguments.rounds.div_ceil(2);
    race.rounds(1..=half)?;
    let mut race = race.kill_and_replay()?;
    race.rounds(half.saturating_add(1)..=arguments.rounds)?;
    line(format_args!(
        "{} connections; {} races to enable a device; {} used codes replayed after a kill; {:.1} s",
        RACERS,
        race.enabling,
        WITNESSES,
        began.elapsed().as_secs_f64(),
    ));
    let (passed, failed) = (race.passed, race.failed);
    drop(race);
    Ok(report::close(directory, passed, failed))
}

struct Race<'a> {
    vmfa: Vmfa<'a>,
    server: ServerProcess,
    owner: Owner,
    passed: u32,
    failed: u32,
    /// Number of races to enable a device.
    enabling: u32,
}

impl<'a> Race<'a> {
    fn start(program: &'a Path, directory: &'a Path) -> anyhow::Result<Self> {
        let vmfa = Vmfa { quotas: QUOTAS, keeps_warnings: true, ..Vmfa::new(program, directory) };
        let server = vmfa.serve()?;
        let owner = Owner::make(server.address, "racer")?;
        Ok(Self { vmfa, server, owner, passed: 0, failed: 0, enabling: 0 })
    }

    fn rounds(&mut self, rounds: std::ops::RangeInclusive<u32>) -> anyhow::Result<()> {
        let names: Vec<_> = rounds.clone().map(|round| format!("round-{round}")).collect();
        let devices = self.owner.devices(&names)?;
        let racers = Racers::start(self.server.address, RACERS)?;
        for (round, device) in rounds.zip(devices) {
            let mut problem = self.session(&racers, &device)?;
            if round.is_multiple_of(EVERY) && problem.is_none() {
                problem = self.enable(&racers, round)?;
            }
            match problem {
                None => self.passed = self.passed.saturating_add(1),
                Some(problem) => {
                    self.failed = self.failed.saturating_add(1);
                    line(format_args!("round {round}: {problem}"));
                }
            }
        }
        Ok(())
    }

    /// Races for a session; returns the problem found.
    fn session(&self, racers: &Racers, device: &SeededDevice) -> anyhow::Result<Option<String>> {
        let request = self.owner.session(self.server.address, device, device.unused_step())?;
        let outcomes = racers.race(request)?;
        let refused = outcomes.iter().filter(|outcome| *outcome == "403 AccessDenied").count();
        let passed = racers::accepted(&outcomes) == 1 && refused == RACERS.saturating_sub(1);
        Ok((!passed).then(|| format!("one code of `{}`: {}", device.serial, tally(&outcomes))))
    }

    /// Races to enable a device with one pair of codes; returns the problem found.
    fn enable(&mut self, racers: &Racers, round: u32) -> anyhow::Result<Option<String>> {
        self.enabling = self.enabling.saturating_add(1);
        let device = self.owner.device(format!("free-{round}"))?;
        let outcomes = racers.race(self.owner.enable(self.server.address, &device)?)?;
        let passed = racers::accepted(&outcomes) == 1
            && outcomes.iter().all(|outcome| outcome == "200" || outcome.starts_with('4'));
        let problem = || format!("one pair of `{}`: {}", device.serial, tally(&outcomes));
        Ok((!passed).then(problem))
    }

    /// Uses codes, kills and restarts the server, and sends the same codes again. The next code of
    /// each device must still be accepted.
    fn kill_and_replay(mut self) -> anyhow::Result<Self> {
        let names: Vec<_> = (0..WITNESSES).map(|n| format!("witness-{n}")).collect();
        let devices = self.owner.devices(&names)?;
        let mut client = self.owner.client(self.server.address);
        let mut used = Vec::new();
        for device in devices {
            let step = device.unused_step();
            client.call("GetSessionToken", device.members(step)).context("an unused code")?;
            used.push((device, step));
        }
        self.server.kill()?;
        self.server = self.vmfa.serve()?;
        self.owner.set_address(self.server.address);
        let mut client = self.owner.client(self.server.address);
        for (device, step) in used {
            if let Some(problem) = replay(&mut client, &device, step) {
                self.failed = self.failed.saturating_add(1);
                line(format_args!("after the kill, `{}`: {problem}", device.serial));
            }
        }
        ensure!(self.failed < WITNESSES, "all used codes were accepted again after the kill");
        Ok(self)
    }
}

/// Sends a used code, and then the one after it; returns the problem found.
fn replay(user: &mut ApiClient, device: &SeededDevice, step: vmfa_otp::Step) -> Option<String> {
    match user.call("GetSessionToken", device.members(step)) {
        Ok(_) => return Some("a used code was accepted".to_owned()),
        Err(failed) if failed.code().as_deref() == Some("AccessDenied") => {}
        Err(failed) => return Some(format!("a used code: {failed}")),
    }
    let next = user.call("GetSessionToken", device.members(step.plus(1)));
    next.err().map(|failed| format!("the next code: {failed}"))
}

/// The number of each outcome.
fn tally(outcomes: &[String]) -> String {
    let mut kinds: Vec<&String> = outcomes.iter().collect();
    kinds.sort();
    let counts = kinds.chunk_by(|one, other| one == other);
    let counts = counts.filter_map(|same| Some(format!("{} times {}", same.len(), same.first()?)));
    counts.collect::<Vec<_>>().join(", ")
}

const RACERS: usize = 64;
/// One round in this many races to enable a device.
const EVERY: u32 = 10;
/// Devices whose used codes are replayed after the kill.
const WITNESSES: u32 = 32;
/// High enough that only the code decides.
const QUOTAS: &[&str] =
    &["MFAAttemptsPerThreeMinutes=100000", "MFADevices=100000", "MFADevicesPerUser=100000"];
