//! Development tasks: `cargo xtask bench`, `races`, `crashes`.
//!
//! Each starts `vmfa serve` in a temporary data directory, on a free loopback port, and ends it by
//! its process id.

mod api;
mod bench;
mod binary;
mod child;
mod clock;
mod crashes;
mod devices;
mod http;
mod races;
mod random;
mod report;
mod wire;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The allocator of the `vmfa` binary, whose code is measured in this process too.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Development tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run benchmarks: compare each figure with a limit measured in the same run
    Bench(bench::Arguments),
    /// Send one code over 64 connections at once, and check that it is accepted once
    Races(races::Arguments),
    /// Kill the server during writes, and check that no acknowledged write is lost
    Crashes(crashes::Arguments),
    /// Answer every request with the bytes of a file: the limit for reads in `bench`
    #[command(hide = true)]
    Bare(bench::bare::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().verb {
        Task::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Task::Races(arguments) => races::run(&arguments),
        Task::Crashes(arguments) => crashes::run(&arguments),
        Task::Bare(arguments) => bench::bare::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}
