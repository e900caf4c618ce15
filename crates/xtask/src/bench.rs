//! `bench`: figures, each as a ratio to a limit that is measured in the same run.
//!
//! A ratio to the best that the same machine can do at the same time depends less on the machine
//! than an absolute figure. A slow result is not a failure.

pub(crate) mod bare;
mod cli;
mod creates;
mod fill;
mod load;
mod pages;
mod psql;
mod qr;
mod raw;
mod reads;
mod sql;
mod start;

use std::{cell::OnceCell, path::PathBuf, time::Duration};

use clap::ValueEnum;

use self::fill::FilledDirectory;
use crate::{
    binary,
    report::{self, ReportRow, line},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run this benchmark
    #[arg(value_enum, default_value = "all")]
    what: Selection,
    /// Measure for this many seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Fill the large store with this many devices
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    devices: u32,
    /// Open this many connections for reads
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Compare with this `aws` [default: target/venv/bin/aws, installed by `scripts/test stories`]
    #[arg(long, value_name = "PATH")]
    aws: Option<PathBuf>,
    #[command(flatten)]
    binary: binary::BinaryArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Selection {
    /// All benchmarks
    All,
    /// Reads over HTTP, compared with a bare HTTP server that sends the same responses
    Reads,
    /// A page of a large list, compared with a page of a list of a thousand
    Pages,
    /// Durable creation, compared with a bare SQLite writer of the same rows
    Creates,
    /// Start-up time and memory
    Start,
    /// Encoding a QR code
    Qr,
    /// Short commands, compared with the real `aws` on the same server
    Cli,
    /// Queries, compared with the same queries on a plain SQLite table
    Sql,
}

type Benchmark = fn(&Bench) -> anyhow::Result<Vec<ReportRow>>;

/// Settings of all benchmarks.
struct Bench {
    vmfa: PathBuf,
    aws: Option<PathBuf>,
    time: Duration,
    connections: usize,
    devices: usize,
    /// The large store, filled by the first benchmark that needs it.
    large: OnceCell<FilledDirectory>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let bench = Bench {
        vmfa: arguments.binary.program()?,
        aws: cli::aws(arguments.aws.as_deref()),
        time: Duration::try_from_secs_f64(arguments.seconds)?,
        connections: usize::try_from(arguments.connections)?,
        devices: usize::try_from(arguments.devices)?,
        large: OnceCell::new(),
    };
    line(format_args!("load average before: {}", report::load_average()));
    let mut rows: Vec<ReportRow> = Vec::new();
    let parts: [(Selection, Benchmark); 7] = [
        (Selection::Qr, |_| qr::run()),
        (Selection::Reads, reads::run),
        (Selection::Creates, creates::run),
        (Selection::Pages, pages::run),
        (Selection::Start, start::run),
        (Selection::Cli, cli::run),
        (Selection::Sql, sql::run),
    ];
    for (what, part) in parts {
        if arguments.what == Selection::All || arguments.what == what {
            rows.extend(part(&bench)?);
        }
    }
    line(format_args!("\nload average after: {}\n", report::load_average()));
    report::table(&rows);
    Ok(())
}

impl Bench {
    fn large(&self) -> anyhow::Result<&FilledDirectory> {
        if let Some(large) = self.large.get() {
            return Ok(large);
        }
        let large = FilledDirectory::new(self.devices)?;
        Ok(self.large.get_or_init(|| large))
    }
}

fn median<T: Copy + PartialOrd + Default>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    micros(time) / 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
