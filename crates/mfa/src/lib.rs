//! Verbs for people: enrol a device, show the codes of a seed, check the clock.
//!
//! [`run`] takes parsed arguments and [`Surroundings`]: the time, the terminal, the shell, and the
//! way to whatever answers calls. A test gives its own, and nothing here sleeps.
//!
//! Not here: where calls go, and what the service makes of them.

mod clock;
mod code;
mod enroll;
mod screen;
mod seed_file;
mod shell;
mod source;
mod span;
mod terminal;

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use vmfa_client::{Calls, Destination};
use vmfa_model::Clock;

use self::{clock::VerifyClock, code::Code, enroll::Enroll};
pub use self::{
    shell::{Shell, SystemShell},
    terminal::{Heard, Line, Size, SystemTerminal, Terminal},
};

/// `vmfa mfa`: enrol a device, show codes, check the clock.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Enroll(Enroll),
    Code(Code),
    VerifyClock(VerifyClock),
}

/// What the verbs use beside their arguments.
pub struct Surroundings<'a> {
    /// The time, by which codes are made and compared.
    pub clock: &'a dyn Clock,
    /// Where the person sits, if there is one.
    pub terminal: &'a mut dyn Terminal,
    /// Standard input, for seeds.
    pub input: &'a mut dyn Read,
    /// Whether standard input is a terminal.
    pub typed: bool,
    /// Standard output, for answers.
    pub out: &'a mut dyn Write,
    /// Whether standard output is a terminal.
    pub shown: bool,
    /// What runs commands.
    pub shell: &'a dyn Shell,
    /// Connects to the destination. The connection is closed before a person is prompted, since it
    /// may hold the data directory, and a person takes minutes.
    pub connect: &'a dyn Fn() -> Result<Box<dyn Calls>, String>,
    /// Reads the clock of the endpoint; `None` where the destination is no endpoint.
    pub ask_time: &'a dyn Fn() -> Result<Option<Reading>, String>,
}

/// What an endpoint's clock said, and when this machine's said what.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The endpoint.
    pub url: String,
    /// Its `Date` header, in seconds since 1970; it may be up to a second old.
    pub date: i64,
    /// When it was asked, by this machine's clock, since 1970.
    pub asked: Duration,
    /// When it had answered.
    pub answered: Duration,
}

/// Why a verb did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It could not; says why and what to do.
    #[error("{0}")]
    Failed(String),
    /// A signal asked it to stop: Ctrl-C sends 2.
    #[error("{0}")]
    Interrupted(String, u8),
    /// Standard output or the terminal failed.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

impl Trouble {
    /// The exit code: 1, or 128 and the signal, which is 130 for Ctrl-C.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Broken(_) => 1,
            Self::Interrupted(_, signal) => signal.saturating_add(128),
        }
    }

    fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }
}

impl Arguments {
    /// Where the calls of the verb go; `None` if it makes none.
    pub fn destination(&self) -> Option<Destination> {
        match &self.verb {
            Verb::Enroll(enroll) => Some(enroll.destination.clone()),
            Verb::Code(_) => None,
            Verb::VerifyClock(verify) => Some(verify.destination()),
        }
    }
}

/// Runs a verb.
///
/// # Errors
/// Where it did not do what it is for; whatever it made until then is taken back.
pub fn run(arguments: &Arguments, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    match &arguments.verb {
        Verb::Enroll(enroll) => enroll::run(enroll, around),
        Verb::Code(code) => code::run(code, around),
        Verb::VerifyClock(verify) => clock::run(verify, around),
    }
}
