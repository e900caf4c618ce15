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
    path::PathBuf,
    time::Duration,
};

use vmfa_client::Calls;
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

/// Where calls go. The same words as those of `vmfa iam`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Destination {
    /// An IAM endpoint to use in place of this machine's own data; `aws` is AWS itself
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// The profile whose credentials and settings are used
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region that requests to an endpoint are signed for
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Where this machine's own data is kept [default: as for `vmfa serve`]
    #[arg(long, value_name = "DIR", conflicts_with = "endpoint_url")]
    pub data_dir: Option<PathBuf>,
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
    /// The way to whatever answers calls. Asked for anew for each moment of them, since a data
    /// directory is held no longer than that, while a person takes minutes.
    pub connect: Way<'a, Box<dyn Calls>>,
    /// The clock of an endpoint.
    pub ask_time: Way<'a, Option<Reading>>,
}

/// What gets something from a destination, or tells why it cannot.
pub type Way<'a, T> = &'a dyn Fn(&Destination) -> Result<T, String>;

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
