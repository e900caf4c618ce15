//! Chores: `cargo xtask bench`, `cargo xtask races`, `cargo xtask crashes`.
//!
//! Each starts `vmfa serve` as a user would, in a directory of its own, on a free port of the
//! loopback, and ends it by its process id.
//!
//! Not here: tests that `cargo test` can run.

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

/// That of the binary, whose parts are measured here.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure, each figure beside its limit in the same run; never fails for being slow
    Bench(bench::Arguments),
    /// Let 64 racers try to use one code twice, over and over
    Races(races::Arguments),
    /// Kill the server while it is written to, over and over, and look for what was lost
    Crashes(crashes::Arguments),
    /// Answer every request with the bytes of a file: what `bench` measures against
    #[command(hide = true)]
    Bare(bench::bare::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().verb {
        Verb::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Verb::Races(arguments) => races::run(&arguments),
        Verb::Crashes(arguments) => crashes::run(&arguments),
        Verb::Bare(arguments) => bench::bare::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}
