//! The command line door: `iam` and `sts` commands that look and behave like those of the AWS
//! CLI, version 2, derived from the action table alone.
//!
//! [`run`] takes arguments and a way to make calls, and gives the exit code. All that it reads or
//! writes beyond that is in [`CliContext`], so that a test needs no process.
//!
//! Not here: where calls go, and vmfa's own commands.

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

/// What a command may read and write beside its calls.
pub struct CliContext<'a> {
    /// What the program is called in messages: `vmfa`, or `aws` through a link of that name.
    pub program: &'a str,
    /// The environment, in which an empty variable is one.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// The terminal, if there is one.
    pub terminal: Terminal<'a>,
    /// What `--debug` tells; shared with what makes the calls.
    pub log: Arc<DebugLog>,
    /// Sleeps; tests do not.
    pub pause: &'a dyn Fn(Duration),
}

/// The way to whatever answers the calls of an API.
pub type Connect<'c> =
    &'c dyn Fn(&Configuration, &ConnectionOptions, Api) -> Result<Box<dyn Calls>, ClientError>;

/// Whether these arguments, without the program's name, are for this door: they name a command of
/// the AWS CLI that is not `taken` by one of vmfa's own, whether vmfa has it or not, or one that
/// the person named.
pub fn recognises(
    words: &[String],
    taken: impl Fn(&str) -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let named =
        |name: &str| Aliases::read(variable).is_ok_and(|aliases| aliases.get(&[], name).is_some());
    // Help on one of vmfa's own commands is its own too.
    if let [help, name, ..] = words
        && help == command::HELP
        && taken(name)
    {
        return false;
    }
    let command = globals::command(words);
    match command {
        Some(name) => !taken(&name) && (names::check_command(&name).is_ok() || named(&name)),
        // A person is asked for the command.
        None => prompt::is_wanted(words),
    }
}

/// Runs a command and gives its exit code: 0; 252 where the command is wrong; 253 where the
/// configuration is; 254 where the service refuses; 255 for all else. `connect` is called once the
/// command is known to be right, and not at all where it is not, unless an endpoint is named: then
/// what is wrong with that is told first.
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
    // Nothing is left to tell a failure of this to.
    let _ = context.err.write_all(failure.show(context.program, &style).as_bytes());
    let _ = context.err.flush();
    failure.code()
}

/// The variable that names the encoding of what is printed.
const OUTPUT_ENCODING: &str = "AWS_CLI_OUTPUT_ENCODING";
