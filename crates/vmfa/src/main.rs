//! The vmfa binary: from arguments to a door.
//!
//! Its own commands are read by clap; `iam` and `sts` commands are handed over as they are, before
//! anything else is set up, since they are to start in milliseconds.
//!
//! Not here: anything that a door, a rule or the store does.

mod account;
mod environment;
mod serve;
mod sql;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, Subcommand};
use vmfa_cli::{Log, Surroundings, System, Terminal};
use vmfa_client::Calls;

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
    /// Run statements of StackQL on the account
    Sql(sql::Arguments),
}

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().map(PathBuf::from);
    // Through a link of that name vmfa stands in for the AWS CLI, and has no other commands.
    let stands_in = program.is_some_and(|path| path.file_name().is_some_and(|n| n == AWS));
    let words: Vec<OsString> = words.collect();
    let shown: Vec<String> = words.iter().map(|word| word.to_string_lossy().into()).collect();
    if stands_in || vmfa_cli::recognises(&shown) {
        return ExitCode::from(aws_compatible(if stands_in { AWS } else { "vmfa" }, words));
    }
    let outcome = match Arguments::parse().verb {
        Verb::Serve(arguments) => serve::run(arguments).map(|()| 0),
        Verb::Account(arguments) => account::run(&arguments).map(|()| 0),
        Verb::Sql(arguments) => sql::run(arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` joins the causes. Nothing is left to tell a failure to.
            let _ = writeln!(io::stderr(), "vmfa: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn aws_compatible(program: &str, words: Vec<OsString>) -> u8 {
    // Standard error is not held: `--debug` writes there from wherever it happens.
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let words: Result<Vec<String>, _> = words.into_iter().map(OsString::into_string).collect();
    let Ok(words) = words else {
        let _ = writeln!(err, "{program}: an argument is not UTF-8");
        return 252;
    };
    let connect = || {
        let calls = connect(program, None);
        calls.map_err(|error| format!("{error:#}"))
    };
    let variable = |name: &str| environment::get(name);
    let now = environment::moment();
    let person = System(now);
    let log = Arc::new(Log::new(|line| drop(io::stderr().write_all(line.as_bytes())), now));
    let mut around = Surroundings {
        program,
        variable: &variable,
        out: &mut out,
        err: &mut err,
        terminal: Terminal::of(&person),
        log,
    };
    vmfa_cli::run(words, connect, &mut around)
}

/// The way to the data directory, as whoever the environment says. Every door that makes calls
/// gets it here.
fn connect(command: &str, data_dir: Option<PathBuf>) -> anyhow::Result<Box<dyn Calls>> {
    let directory = environment::directory(data_dir, None)?;
    let means = environment::means()?;
    Ok(vmfa_client::open(&directory, command, &means, environment::access_key()?)?)
}

/// Whoever was reading has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// What the AWS CLI is called.
const AWS: &str = "aws";
