//! Short commands, compared with AWS's `aws` (version 1, from `PyPI`) on the same server, and with
//! only requesting the same pages from that server.
//!
//! Each run starts a process, whose output is discarded.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::Context as _;

use super::{Bench, FilledDirectory, median, millis};
use crate::{
    api::ApiClient,
    child::{self, ServerProcess, Vmfa, clean},
    report::{RatioTarget, ReportRow, line, mebibytes},
    wire::{ROOT_ID, ROOT_SECRET, RequestSigner},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    line(format_args!("\ncli: medians of {ROUNDS} runs, {SLOW_ROUNDS} for the real `aws`"));
    let home = tempfile::tempdir()?;
    let (empty, full) = (tempfile::tempdir()?, FilledDirectory::new(DEVICES)?);
    let (empty_server, full_server) = (
        Vmfa::new(&bench.vmfa, empty.path()).serve()?,
        Vmfa::new(&bench.vmfa, full.path()).serve()?,
    );
    let aws = bench.aws.as_deref();
    if aws.is_none() {
        line(
            "  the real `aws` is missing: run `scripts/test stories` to install it, or pass --aws",
        );
    }
    let local = Program { path: &bench.vmfa, home: home.path(), server: None };
    let mut rows = Vec::new();
    for (name, server, words) in [
        ("--version", None, vec!["--version"]),
        ("empty list, own data", None, vec!["iam", "list-virtual-mfa-devices"]),
        ("empty list, of a server", Some(&empty_server), vec!["iam", "list-virtual-mfa-devices"]),
        (
            "get-caller-identity, of a server",
            Some(&empty_server),
            vec!["sts", "get-caller-identity"],
        ),
    ] {
        let ours = Program { server, ..local }.cost(&words)?;
        // The real `aws` has no embedded store.
        let compared = server.is_some() || words.len() == 1;
        let theirs =
            aws.filter(|_| compared).map(|path| Program { path, server, ..local }.cost(&words));
        rows.extend(small(name, ours, theirs.transpose()?));
    }
    // The first walk warms up the server.
    let mut walks = Vec::new();
    for _ in 0..=SLOW_ROUNDS {
        walks.push(walk(&full_server)?);
    }
    let walk = median(walks.get(1..).unwrap_or_default());
    line(format_args!("  only requesting the pages of {DEVICES} devices: {walk:.1} ms"));
    for format in ["json", "text", "table", "yaml", "yaml-stream"] {
        let words = ["iam", "list-virtual-mfa-devices", "--output", format];
        let ours = Program { server: Some(&full_server), ..local }.cost(&words)?;
        let theirs = aws.filter(|_| !format.starts_with("yaml"));
        let theirs =
            theirs.map(|path| Program { path, server: Some(&full_server), ..local }.cost(&words));
        rows.push(list(format, ours, theirs.transpose()?, walk));
    }
    Ok(rows)
}

/// A program that is run with a temporary home directory.
#[derive(Clone, Copy)]
struct Program<'a> {
    path: &'a Path,
    home: &'a Path,
    /// The endpoint of its calls; `None` for the embedded store.
    server: Option<&'a ServerProcess>,
}

/// The cost of a run.
#[derive(Clone, Copy)]
struct Cost {
    millis: f64,
    /// Peak resident memory in MiB.
    memory: f64,
}

impl Program<'_> {
    fn cost(self, words: &[&str]) -> anyhow::Result<Cost> {
        let rounds = if self.path.ends_with("aws") { SLOW_ROUNDS } else { ROUNDS };
        let mut times = Vec::new();
        // The first run is not counted: it creates the data directory.
        for round in 0..=rounds {
            let mut command = self.command(words);
            let began = Instant::now();
            let done = command.status().with_context(|| format!("`{}`", self.path.display()))?;
            if round > 0 {
                times.push(millis(began.elapsed()));
            }
            anyhow::ensure!(done.success(), "`{} {}` failed", self.path.display(), words.join(" "));
        }
        let mut most = 0;
        for _ in 0..MEMORY_RUNS {
            most = child::most_memory(&mut self.command(words))?.max(most);
        }
        Ok(Cost { millis: median(&times), memory: mebibytes(most) })
    }

    fn command(self, words: &[&str]) -> Command {
        let mut command = clean(self.path);
        command.args(words).stdout(Stdio::null());
        command.env("HOME", self.home).env("VMFA_DATA_DIR", self.home.join("data"));
        if let Some(server) = self.server {
            command
                .env("AWS_ENDPOINT_URL", format!("http://{}", server.address))
                .env("AWS_ACCESS_KEY_ID", ROOT_ID)
                .env("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
                .env("AWS_DEFAULT_REGION", "us-east-1");
        }
        command
    }
}

/// Milliseconds to request all pages on one connection: the lower bound of listing them.
fn walk(server: &ServerProcess) -> anyhow::Result<f64> {
    let began = Instant::now();
    let devices =
        ApiClient::new(server.address, RequestSigner::root()).all("ListVirtualMFADevices", &[])?;
    anyhow::ensure!(devices.len() == DEVICES, "the list has {} devices", devices.len());
    Ok(millis(began.elapsed()))
}

fn small(name: &str, ours: Cost, theirs: Option<Cost>) -> [ReportRow; 2] {
    line(format_args!("  {name}: {}{}", describe(ours), compare(ours, theirs)));
    let row = |what: &str, figure, limit, unit| {
        ReportRow::within(format!("cli: {name}, {what}"), figure, limit, unit)
    };
    [row("time", ours.millis, MOST_MILLIS, "ms"), row("memory", ours.memory, MOST_MEBIBYTES, "MiB")]
}

fn list(format: &str, ours: Cost, theirs: Option<Cost>, walk: f64) -> ReportRow {
    line(format_args!(
        "  {DEVICES} devices, {format}: {}{}",
        describe(ours),
        compare(ours, theirs)
    ));
    ReportRow {
        name: format!("cli: {DEVICES} devices as {format}"),
        figure: format!("{:.1} ms", ours.millis),
        limit: format!("{walk:.1} ms"),
        ratio: ours.millis / walk,
        target: RatioTarget::AtMost(BOUND),
    }
}

fn describe(cost: Cost) -> String {
    format!("{:.1} ms, {:.1} MiB", cost.millis, cost.memory)
}

fn compare(ours: Cost, theirs: Option<Cost>) -> String {
    theirs.map_or_else(String::new, |theirs| {
        format!("; aws {}, {:.0} times as long", describe(theirs), theirs.millis / ours.millis)
    })
}

/// The path of the real `aws`: the given one, or where `scripts/test stories` installs it.
pub(super) fn aws(named: Option<&Path>) -> Option<PathBuf> {
    let found = named.map_or_else(|| PathBuf::from("target/venv/bin/aws"), Path::to_owned);
    std::path::absolute(found).ok().filter(|path| path.exists())
}

const ROUNDS: usize = 20;
/// Runs that measure memory.
const MEMORY_RUNS: usize = 3;
/// Of the real `aws`; each takes most of a second.
const SLOW_ROUNDS: usize = 5;
const DEVICES: usize = 10_000;
/// Limit of a whole command.
const MOST_MILLIS: f64 = 10.0;
const MOST_MEBIBYTES: f64 = 12.0;
/// Bound by the server: the command itself adds at most as much time again.
const BOUND: f64 = 2.0;
