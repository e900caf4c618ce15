//! The command-line door: `iam`, `sts` and `configure` commands compatible with version 2 of the
//! AWS CLI, derived from the action table.
//!
//! [`run`] takes arguments and a function that connects to a store or an endpoint, and returns the
//! exit code. All other input and output is in [`CliContext`], so that tests need no process.

mod alias;
mod arguments;
pub mod catalogue;
mod check;
mod command;
mod configure;
mod debug;
mod encoding;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod globals;
mod help;
mod input;
pub mod interrupt;
mod json;
mod names;
mod outfile;
mod pager;
mod pages;
mod paramfile;
mod printer;
mod progress;
mod prompt;

mod python;
mod run;
mod session;
mod shorthand;
mod skeleton;
mod suggest;
mod terminal;
mod token;
mod values;
mod wait;

use std::{io::Write, sync::Arc, time::Duration};

use vmfa_client::{Aliases, Calls, ClientError, Configuration, ConnectionOptions};
use vmfa_iam::Api;

use self::encoding::{Encoded, Encoding};
use self::error::ErrorFormat;
pub use self::{
    debug::{DebugLog, WallTime},
    terminal::{ProcessTerminal, Terminal, TerminalIo},
};

/// The process environment of a command: variables, streams, terminal and clock.
pub struct CliContext<'a> {
    /// The name of the program in messages: `vmfa`, or `aws` through a link of that name.
    pub program: &'a str,
    /// Reads an environment variable. An empty one is set.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// The terminal, if there is one.
    pub terminal: Terminal<'a>,
    /// The log of `--debug`, shared with the connection.
    pub log: Arc<DebugLog>,
    /// Sleeps; tests do not.
    pub pause: &'a dyn Fn(Duration),
}

/// Connects to the store or endpoint that serves the calls of an API.
pub type Connect<'c> =
    &'c dyn Fn(&Configuration, &ConnectionOptions, Api) -> Result<Box<dyn Calls>, ClientError>;

/// Whether these arguments, without the program's name, are a command of the AWS CLI, supported or
/// not, or an alias of the user, and not a command of vmfa itself (`taken`).
pub fn recognises(
    words: &[String],
    taken: impl Fn(&str) -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let named =
        |name: &str| Aliases::read(variable).is_ok_and(|aliases| aliases.get(&[], name).is_some());
    // Help on a command of vmfa itself.
    if let [help, name, ..] = words
        && help == command::HELP
        && taken(name)
    {
        return false;
    }
    let command = globals::command(words);
    match command {
        Some(name) => !taken(&name) && (names::check_command(&name).is_ok() || named(&name)),
        // The prompt asks for the command.
        None => prompt::is_wanted(words),
    }
}

/// Runs a command and returns the exit code: 0; 252 for an invalid command; 253 for invalid
/// configuration; 254 for a fault of the service; 255 for other errors. `connect` is called after
/// the command is validated; with an endpoint, errors of the connection come first, as in the AWS
/// CLI.
pub fn run(words: &[String], connect: Connect<'_>, context: &mut CliContext<'_>) -> u8 {
    let named = (context.variable)(OUTPUT_ENCODING);
    match named.as_deref().and_then(Encoding::named) {
        None | Some(Encoding::Utf8) => run_plainly(words, connect, context),
        Some(encoding) => {
            let mut out = Encoded::new(context.out, encoding, true);
            let mut err = Encoded::new(context.err, encoding, false);
            let log = Arc::clone(&context.log);
            let mut context = CliContext { out: &mut out, err: &mut err, log, ..*context };
            run_plainly(words, connect, &mut context)
        }
    }
}

fn run_plainly(words: &[String], connect: Connect<'_>, context: &mut CliContext<'_>) -> u8 {
    let mut style = ErrorFormat::plain(context.terminal.columns);
    let Err(failure) = run::words(words, connect, context, &mut style) else { return 0 };
    // Standard error failed: there is no other place to report it.
    let _ = context.err.write_all(failure.show(context.program, &style).as_bytes());
    let _ = context.err.flush();
    failure.code()
}

/// The variable for the encoding of output.
const OUTPUT_ENCODING: &str = "AWS_CLI_OUTPUT_ENCODING";
