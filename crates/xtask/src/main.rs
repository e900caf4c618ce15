//! Development tasks: `cargo xtask new-action`, `reference`, `bench`, `races`, `crashes`.
//!
//! `bench`, `races` and `crashes` run in the release profile. They start `vmfa serve` in a temporary
//! data directory, on a free loopback port, and end it by its process id.

mod api;
mod bench;
mod binary;
mod child;
mod clock;
mod crashes;
mod devices;
mod http;
mod new_action;
mod races;
mod random;
mod reference;
mod report;
mod wire;

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// The allocator of the `vmfa` binary, whose code is measured in this process too.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Development tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Create the skeleton of an action and of its story, and print what to do next
    NewAction(new_action::Arguments),
    /// Generate docs/actions.md from the action table
    Reference,
    /// Run benchmarks: compare each figure with a limit measured in the same run
    Bench(bench::Arguments),
    /// Send one code over 64 connections at once, and check that it is accepted once
    Races(races::Arguments),
    /// Kill the server during writes, and check that no acknowledged write is lost
    Crashes(crashes::Arguments),
    /// Respond to every request with the bytes of a file: the limit for reads in `bench`
    #[command(hide = true)]
    Bare(bench::bare::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    let task = Arguments::parse().task;
    if cfg!(debug_assertions) && task.needs_release() {
        return run_in_release();
    }
    match task {
        Task::NewAction(arguments) => new_action::run(&arguments).map(|()| ExitCode::SUCCESS),
        Task::Reference => reference::run().map(|()| ExitCode::SUCCESS),
        Task::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Task::Races(arguments) => races::run(&arguments),
        Task::Crashes(arguments) => crashes::run(&arguments),
        Task::Bare(arguments) => bench::bare::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}

impl Task {
    /// Whether the task runs code whose speed matters.
    const fn needs_release(&self) -> bool {
        match self {
            Self::Bench(_) | Self::Races(_) | Self::Crashes(_) | Self::Bare(_) => true,
            Self::NewAction(_) | Self::Reference => false,
        }
    }
}

/// Runs the same command line with this program built in the release profile.
fn run_in_release() -> anyhow::Result<ExitCode> {
    let status = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args(["run", "--quiet", "--release", "--locked", "--package", "xtask", "--"])
        .args(std::env::args_os().skip(1))
        .status()
        .context("cannot run cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// The release profile does not check this when it parses.
    #[test]
    fn the_names_of_arguments_are_unique() {
        Arguments::command().debug_assert();
    }
}
