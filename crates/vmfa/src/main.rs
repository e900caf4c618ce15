//! The vmfa binary: dispatches arguments to a door.
//!
//! clap parses vmfa's own commands. `iam`, `sts` and `configure` commands go to `vmfa_cli` unparsed
//! and before any other setup, since they start in milliseconds.

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
/// `vmfa iam …` and `vmfa sts …` accept the arguments of `aws`; `vmfa iam help` lists the commands.
#[derive(Parser)]
#[command(name = "vmfa", version, arg_required_else_help = true)]
struct ProgramArguments {
    #[command(subcommand)]
    command: DoorCommand,
}

/// To add a door, add a variant here and a match arm below.
#[derive(Subcommand)]
enum DoorCommand {
    /// Serve the IAM and STS API over HTTP
    Serve(serve::ServeArguments),
    /// Show the account, or create an access key for its root user
    Account(account::AccountArguments),
    /// Enrol a device, show its codes, check the clock
    Mfa(vmfa_mfa::Arguments),
    /// Run StackQL statements
    Sql(sql::SqlArguments),
    /// Run StackQL statements interactively
    Shell(shell::ShellArguments),
    /// Serve StackQL to PostgreSQL clients
    Srv(srv::SrvArguments),
    /// Print completions for bash, zsh or fish
    Completions(pages::CompletionsArguments),
    /// Write manual pages
    Man(pages::ManArguments),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next().map(PathBuf::from);
    // Through a link named `aws`, vmfa stands in for the AWS CLI and has only its commands.
    let stands_in = program.is_some_and(|path| path.file_name().is_some_and(|n| n == aws::NAME));
    let words: Vec<OsString> = arguments.collect();
    let lossy: Vec<String> = words.iter().map(|word| word.to_string_lossy().into()).collect();
    if stands_in || vmfa_cli::recognises(&lossy, DoorCommand::has_subcommand, &environment::raw) {
        return ExitCode::from(aws::run(words, stands_in));
    }
    let matches = tree::shallow().get_matches();
    let arguments =
        ProgramArguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let outcome = match arguments.command {
        DoorCommand::Serve(arguments) => serve::run(arguments).map(|()| 0),
        DoorCommand::Account(arguments) => account::run(&arguments).map(|()| 0),
        DoorCommand::Mfa(arguments) => mfa::run(&arguments),
        DoorCommand::Sql(arguments) => sql::run(arguments),
        DoorCommand::Shell(arguments) => shell::run(&arguments),
        DoorCommand::Srv(arguments) => srv::run(&arguments).map(|()| 0),
        DoorCommand::Completions(arguments) => pages::completions(&arguments),
        DoorCommand::Man(arguments) => pages::man(&arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` joins the causes. A failure to write has nowhere to be reported.
            let _ = writeln!(io::stderr(), "vmfa: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The reader of standard output has closed it, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
