//! `bench`: what things cost, each beside its limit in the same run.
//!
//! A figure alone says more of the machine than of vmfa; a ratio to what the same machine does at
//! the best in the same minutes says what is vmfa's part. Nothing here fails for being slow.

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

use self::fill::Filled;
use crate::{
    binary,
    report::{self, Row, line},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// How long each single measurement lasts, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Devices in the large store
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    devices: u32,
    /// Connections that load the server with reads
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// The real `aws`, in place of the one that the tests install
    #[arg(long, value_name = "PATH")]
    aws: Option<PathBuf>,
    #[command(flatten)]
    binary: binary::Arguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Everything
    All,
    /// Reads over HTTP, against a bare HTTP server with the same answers
    Reads,
    /// A page among many devices, against one among a thousand
    Pages,
    /// Durable creation, against a bare SQLite writer with the same rows
    Creates,
    /// Start-up and memory
    Start,
    /// Drawing a QR code
    Qr,
    /// Short commands, beside the real `aws` on the same server
    Cli,
    /// Queries, beside the same ones on a plain SQLite table
    Sql,
}

/// A part of the benchmark, with its rows of the table.
type Part = fn(&Bench) -> anyhow::Result<Vec<Row>>;

/// What all measurements share.
struct Bench {
    vmfa: PathBuf,
    /// The real `aws`, where there is one.
    aws: Option<PathBuf>,
    time: Duration,
    connections: usize,
    devices: usize,
    /// The large store, made once where it is needed.
    large: OnceCell<Filled>,
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
    let mut rows: Vec<Row> = Vec::new();
    let parts: [(What, Part); 7] = [
        (What::Qr, |_| qr::run()),
        (What::Reads, reads::run),
        (What::Creates, creates::run),
        (What::Pages, pages::run),
        (What::Start, start::run),
        (What::Cli, cli::run),
        (What::Sql, sql::run),
    ];
    for (what, part) in parts {
        if arguments.what == What::All || arguments.what == what {
            rows.extend(part(&bench)?);
        }
    }
    line(format_args!("\nload average after: {}\n", report::load_average()));
    report::table(&rows);
    Ok(())
}

impl Bench {
    /// The large store.
    fn large(&self) -> anyhow::Result<&Filled> {
        if let Some(large) = self.large.get() {
            return Ok(large);
        }
        let large = Filled::new(self.devices)?;
        Ok(self.large.get_or_init(|| large))
    }
}

/// The middle of several values.
fn median<T: Copy + PartialOrd + Default>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// A time in milliseconds.
fn millis(time: Duration) -> f64 {
    micros(time) / 1e3
}

/// A time in microseconds.
fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
