//! The command line door: `iam` and `sts` commands that look and behave like those of the AWS
//! CLI, version 2, derived from the action table alone.
//!
//! [`run`] takes arguments and a way to make calls, and gives the exit code. All that it reads or
//! writes beyond that is in [`Surroundings`], so that a test needs no process.
//!
//! Not here: where calls go, and vmfa's own commands.

mod answer;
mod arguments;
mod check;
mod command;
mod debug;
mod document;
mod failure;
mod help;
mod input;
pub mod interrupt;
mod json;
mod outfile;
mod pager;
mod pages;
mod paramfile;
mod progress;
mod shorthand;
mod skeleton;
mod terminal;
mod token;
mod values;

use std::{
    io::{self, Write},
    sync::Arc,
};

use vmfa_client::Calls;
use vmfa_iam::Call;

use self::{
    arguments::Globals,
    command::Command,
    failure::{Failure, Told},
    outfile::Outfile,
};
pub use self::{
    debug::{Log, Moment},
    terminal::{Person, System, Terminal},
};

/// What a command may read and write beside its calls.
pub struct Surroundings<'a> {
    /// What the program is called in messages: `vmfa`, or `aws` through a link of that name.
    pub program: &'a str,
    /// The environment, for `~` and `$NAME` in names of files.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Where answers go.
    pub out: &'a mut dyn Write,
    /// Where refusals go.
    pub err: &'a mut dyn Write,
    /// What is known of the terminal.
    pub terminal: Terminal<'a>,
    /// What `--debug` tells; shared with what makes the calls.
    pub log: Arc<Log>,
}

/// Whether these arguments, without the program's name, are a command of this door.
pub fn recognises(arguments: &[String]) -> bool {
    let globals = Globals::parse(arguments.to_vec());
    globals.is_ok_and(|globals| globals.command.is_some_and(|name| command::api(&name).is_some()))
}

/// Runs a command and gives its exit code: 0; 252 where the command is wrong; 254 where the
/// service refuses; 255 for all else. `connect` is called once the command is known to be right,
/// and not at all where it is not.
pub fn run(
    arguments: Vec<String>,
    connect: impl FnOnce() -> Result<Box<dyn Calls>, String>,
    around: &mut Surroundings<'_>,
) -> u8 {
    let outcome = attempt(arguments, connect, around);
    let (text, code) = match &outcome {
        Ok(text) => (text.clone(), 0),
        Err(failure) => (failure.text(around.program), failure.code()),
    };
    let stream = if outcome.is_ok() { &mut around.out } else { &mut around.err };
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Ok(()) => code,
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            let failure = Failure::Other(format!("cannot write the answer: {error}"));
            // Nothing is left to tell it to.
            let _ = around.err.write_all(failure.text(around.program).as_bytes());
            failure.code()
        }
    }
}

fn attempt(
    arguments: Vec<String>,
    connect: impl FnOnce() -> Result<Box<dyn Calls>, String>,
    around: &Surroundings<'_>,
) -> Told<String> {
    let globals = Globals::parse(arguments)?;
    if globals.version {
        return Ok(format!("{} {}\n", around.program, env!("CARGO_PKG_VERSION")));
    }
    globals.check()?;
    let Command::Action { action, given } = Command::parse(globals)? else {
        return Ok(help::text(around.program));
    };
    let given = given.load(around)?;
    let input = given.input(action)?;
    let outfile = Outfile::open(&given, around)?;
    let calls = connect().map_err(Failure::Other)?;
    let answer = pages::all(&*calls, Call { action, input })?;
    let answer = match outfile {
        Some(outfile) => outfile.keep(action, answer)?,
        None => answer,
    };
    Ok(json::document(action.output, &answer))
}
