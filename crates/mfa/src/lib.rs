//! `vmfa mfa`: enrol a device, show the codes of a seed, check clocks.
//!
//! Clock, terminal, shell and calls are arguments ([`MfaContext`]), so that tests replace them and
//! do not wait.
//!
//! Not here: where calls go (see `vmfa-client`).

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

use self::{clock::VerifyClock, code::ShowCode, enroll::Enroll};
pub use self::{
    shell::{Shell, SystemShell},
    terminal::{InputEvent, InputLine, PromptTerminal, SystemTerminal, TerminalSize},
};

/// The arguments of `vmfa mfa`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: MfaCommand,
}

#[derive(clap::Subcommand)]
enum MfaCommand {
    Enroll(Enroll),
    Code(ShowCode),
    VerifyClock(VerifyClock),
}

/// The dependencies of the commands.
pub struct MfaContext<'a> {
    /// The time of codes.
    pub clock: &'a dyn Clock,
    /// For prompts and the codes that a person types.
    pub terminal: &'a mut dyn PromptTerminal,
    /// Standard input, from which seeds are read.
    pub input: &'a mut dyn Read,
    /// Whether standard input is a terminal.
    pub input_is_terminal: bool,
    /// Standard output, for the result.
    pub out: &'a mut dyn Write,
    /// Whether standard output is a terminal.
    pub output_is_terminal: bool,
    /// Runs `--code-command`.
    pub shell: &'a dyn Shell,
    /// Connects to the destination. The connection is closed before a person is prompted, since it
    /// may hold the data directory, and a person takes minutes.
    pub connect: &'a dyn Fn() -> Result<Box<dyn Calls>, String>,
    /// Reads the clock of the endpoint; `None` if the destination is not an endpoint.
    pub read_clock: &'a dyn Fn() -> Result<Option<ClockReading>, String>,
}

/// An endpoint's time, and this machine's time before and after the request.
#[derive(Clone, Debug)]
pub struct ClockReading {
    /// The endpoint's URL.
    pub url: String,
    /// The `Date` header of the response in Unix seconds, rounded down.
    pub date: i64,
    /// This machine's Unix time before the request.
    pub sent: Duration,
    /// This machine's Unix time after the response.
    pub received: Duration,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A message that says what failed and what to do.
    #[error("{0}")]
    Failed(String),
    /// A message, and the signal that interrupted the command: Ctrl-C sends 2.
    #[error("{0}")]
    Interrupted(String, u8),
    /// Standard output or the terminal failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// The exit code: 1, or 128 plus the signal (130 for Ctrl-C).
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Io(_) => 1,
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
            MfaCommand::Enroll(enroll) => Some(enroll.destination.clone()),
            MfaCommand::Code(_) => None,
            MfaCommand::VerifyClock(verify) => Some(verify.destination()),
        }
    }
}

/// Runs a command.
///
/// # Errors
/// The command failed; a device and seed file that it created were deleted, or are named.
pub fn run(arguments: &Arguments, context: &mut MfaContext<'_>) -> Result<(), Error> {
    match &arguments.verb {
        MfaCommand::Enroll(enroll) => enroll::run(enroll, context),
        MfaCommand::Code(code) => code::run(code, context),
        MfaCommand::VerifyClock(verify) => clock::run(verify, context),
    }
}
