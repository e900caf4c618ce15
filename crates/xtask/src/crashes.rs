//! `crashes`: what was acknowledged is there after `kill -9`, and nothing is half made.
//!
//! Each round, 16 connections create, enable, use, tag, deactivate and delete devices, each those
//! of its own user, and remember what was acknowledged. At a random moment the server is killed;
//! it is started again on the same directory, and looked at. The one request that each connection
//! had under way may or may not have been carried out.
//!
//! Not here: power cuts. The kernel still writes what the process gave it.

mod check;
mod known;
mod space;

use std::{path::Path, process::ExitCode, time::Duration};

use self::space::Space;
use crate::{
    binary,
    child::{Server, Vmfa},
    random::Random,
    report::{self, line},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Makes the same choices again; the moments at which they happen still differ
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    binary: binary::Arguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let program = arguments.binary.program()?;
    let seed = arguments.seed.unwrap_or_else(Random::seed);
    line(format_args!("choices repeat with --seed {seed}"));
    let directory = tempfile::tempdir()?;
    let mut random = Random::new(seed);
    let (mut passed, mut failed) = (0_u32, 0_u32);
    let mut crash = Crash::start(&program, directory.path(), &mut random)?;
    for round in 1..=arguments.rounds {
        let problems = crash.round(Duration::from_millis(EARLIEST + random.below(SPREAD)))?;
        for problem in &problems {
            line(format_args!("round {round}: {problem}"));
        }
        let count = if problems.is_empty() { &mut passed } else { &mut failed };
        *count = count.saturating_add(1);
    }
    line(format_args!(
        "{} changes acknowledged; of {} under way when killed, {} were carried out; {} used codes \
         tried again",
        crash.spaces.iter().map(|space| space.acknowledged).sum::<u64>(),
        crash.under_way,
        crash.carried_out,
        crash.replayed,
    ));
    drop(crash);
    Ok(report::close(directory, passed, failed))
}

struct Crash<'a> {
    vmfa: Vmfa<'a>,
    server: Option<Server>,
    spaces: Vec<Space>,
    /// Requests that had no answer when the server was killed.
    under_way: u32,
    /// Those of them that were carried out, as far as one can see.
    carried_out: u32,
    /// Used codes that were tried again.
    replayed: u32,
}

impl<'a> Crash<'a> {
    fn start(program: &'a Path, directory: &'a Path, random: &mut Random) -> anyhow::Result<Self> {
        let vmfa = Vmfa { quotas: QUOTAS, keeps_warnings: true, ..Vmfa::new(program, directory) };
        let server = vmfa.serve()?;
        let space = |n| Space::new(server.address, n, Random::new(random.next()));
        let spaces = (0..CONNECTIONS).map(space).collect::<anyhow::Result<_>>()?;
        Ok(Self { vmfa, server: Some(server), spaces, under_way: 0, carried_out: 0, replayed: 0 })
    }

    /// Writes, kills, starts again, looks; tells what was wrong.
    fn round(&mut self, time: Duration) -> anyhow::Result<Vec<String>> {
        let server = match self.server.take() {
            Some(server) => server,
            None => self.vmfa.serve()?,
        };
        let address = server.address;
        let mut problems: Vec<String> = std::thread::scope(|scope| {
            let writers: Vec<_> = self
                .spaces
                .iter_mut()
                .map(|space| scope.spawn(move || space.write(address).err()))
                .collect();
            std::thread::sleep(time);
            server.kill()?;
            let panicked = |_| Some("a writer panicked".to_owned());
            let ended = writers.into_iter().map(|writer| writer.join().unwrap_or_else(panicked));
            anyhow::Ok(ended.flatten().collect())
        })?;

        let server = self.vmfa.serve()?;
        self.under_way =
            self.under_way.saturating_add(count(&self.spaces, |s| s.pending.is_some()));
        let seen = check::Seen::look(server.address)?;
        problems.extend(seen.problems());
        problems.extend(seen.strangers(&self.spaces));
        for space in &mut self.spaces {
            let (wrong, happened) = space.settle(&seen);
            problems.extend(wrong);
            self.carried_out = self.carried_out.saturating_add(u32::from(happened));
            let (wrong, tried) = space.replay(server.address);
            problems.extend(wrong);
            self.replayed = self.replayed.saturating_add(tried);
        }
        self.server = Some(server);
        Ok(problems)
    }
}

fn count(spaces: &[Space], is: fn(&Space) -> bool) -> u32 {
    u32::try_from(spaces.iter().filter(|space| is(space)).count()).unwrap_or(u32::MAX)
}

const CONNECTIONS: u32 = 16;
/// Milliseconds before the earliest kill.
const EARLIEST: u64 = 50;
/// Milliseconds within which the kill comes after that.
const SPREAD: u64 = 351;
/// So that nothing is refused that was asked rightly.
const QUOTAS: &[&str] = &["MFAAttemptsPerThreeMinutes=100000", "MFADevicesPerUser=1000"];
