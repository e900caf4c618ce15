//! The vmfa binary: from arguments to a door.
//!
//! Its own commands are read by clap; `iam` and `sts` commands are handed over as they are, before
//! anything else is set up, since they are to start in milliseconds.
//!
//! Not here: anything that a door, a rule or the store does.

mod account;
mod environment;
mod serve;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use vmfa_cli::Surroundings;
use vmfa_client::Calls;

use crate::environment::Environment;

/// Virtual MFA devices as AWS IAM defines them.
///
/// `vmfa iam …` and `vmfa sts …` take what the `aws` command takes; `vmfa iam help` lists them.
#[derive(Parser)]
#[command(name = "vmfa", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// Each further door is one line here and one arm below.
#[derive(Subcommand)]
enum Verb {
    /// Serve the IAM and STS API over HTTP
    Serve(serve::Arguments),
    /// Show the account, or make an access key for its root
    Account(account::Arguments),
}

fn main() -> ExitCode {
    let environment = Environment;
    let words = std::env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    // Arguments that are not UTF-8 can only be paths, which clap takes as they are.
    let words: Result<Vec<String>, _> = words;
    if let Ok(words) = words
        && vmfa_cli::claims(&words)
    {
        return ExitCode::from(aws_compatible(words, environment));
    }
    let outcome = match Arguments::parse().verb {
        Verb::Serve(arguments) => serve::run(arguments, environment),
        Verb::Account(arguments) => account::run(&arguments, environment),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` joins the causes. Nothing is left to tell a failure to.
            let _ = writeln!(io::stderr(), "vmfa: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn aws_compatible(words: Vec<String>, environment: Environment) -> u8 {
    let command = words.first().map(String::as_str).unwrap_or_default();
    let command = format!("vmfa {command}");
    let connect = || -> Result<Box<dyn Calls>, String> {
        let connect = || -> anyhow::Result<_> {
            let directory = environment.directory(None, None)?;
            let means = environment.means()?;
            Ok(vmfa_client::open(&directory, &command, &means, environment.access_key())?)
        };
        connect().map_err(|error| format!("{error:#}"))
    };
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let variable = |name: &str| environment.get(name);
    let mut around =
        Surroundings { program: "vmfa", variable: &variable, out: &mut out, err: &mut err };
    vmfa_cli::run(words, connect, &mut around)
}

/// Whoever was reading has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
