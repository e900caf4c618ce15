//! The vmfa binary: from arguments to a door.
//!
//! Its own commands are read by clap; `iam` and `sts` commands are handed over as they are, before
//! anything else is set up, since they are to start in milliseconds.
//!
//! Not here: anything that a door, a rule or the store does.

mod account;
mod aws;
mod destination;
mod environment;
mod interrupt;
mod mfa;
mod out;
mod pages;
mod serve;
mod shell;
mod sql;
mod srv;
mod tree;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{FromArgMatches as _, Parser, Subcommand};

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Enrol a device, show its codes, check the clock
    Mfa(vmfa_mfa::Arguments),
    /// Run statements of StackQL
    Sql(sql::Arguments),
    /// Run statements of StackQL as they are typed
    Shell(shell::Arguments),
    /// Serve statements of StackQL to clients of PostgreSQL
    Srv(srv::Arguments),
    /// Print completions for a shell: bash, zsh or fish
    Completions(pages::Completions),
    /// Write manual pages
    Man(pages::Pages),
}

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().map(PathBuf::from);
    // Through a link of that name vmfa stands in for the AWS CLI, and has no other commands.
    let stands_in = program.is_some_and(|path| path.file_name().is_some_and(|n| n == aws::NAME));
    let words: Vec<OsString> = words.collect();
    let shown: Vec<String> = words.iter().map(|word| word.to_string_lossy().into()).collect();
    if stands_in || vmfa_cli::recognises(&shown, Verb::has_subcommand, &environment::raw) {
        return ExitCode::from(aws::run(words, stands_in));
    }
    let matches = tree::shallow().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let outcome = match arguments.verb {
        Verb::Serve(arguments) => serve::run(arguments).map(|()| 0),
        Verb::Account(arguments) => account::run(&arguments).map(|()| 0),
        Verb::Mfa(arguments) => mfa::run(&arguments),
        Verb::Sql(arguments) => sql::run(arguments),
        Verb::Shell(arguments) => shell::run(&arguments),
        Verb::Srv(arguments) => srv::run(&arguments).map(|()| 0),
        Verb::Completions(arguments) => pages::completions(&arguments),
        Verb::Man(arguments) => pages::man(&arguments),
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

/// Whoever was reading has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
