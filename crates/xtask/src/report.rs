//! Output: lines, a table of figures, and the summary of passed and failed rounds.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use tempfile::TempDir;

/// A figure and its limit.
pub(crate) struct ReportRow {
    pub(crate) name: String,
    pub(crate) figure: String,
    pub(crate) limit: String,
    /// Figure divided by limit.
    pub(crate) ratio: f64,
    pub(crate) target: RatioTarget,
}

impl ReportRow {
    /// A figure that should not exceed its limit.
    pub(crate) fn within(name: String, figure: f64, limit: f64, unit: &str) -> Self {
        Self {
            name,
            figure: format!("{figure:.1} {unit}"),
            limit: format!("{limit} {unit}"),
            ratio: figure / limit,
            target: RatioTarget::AtMost(1.0),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum RatioTarget {
    AtLeast(f64),
    AtMost(f64),
}

/// Prints a line. A closed standard output is ignored.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

pub(crate) fn table(rows: &[ReportRow]) {
    let head = ["name", "figure", "limit", "ratio", "target", "met"].map(str::to_owned);
    let cells = |row: &ReportRow| {
        [
            row.name.clone(),
            row.figure.clone(),
            row.limit.clone(),
            format!("{:.2}", row.ratio),
            row.target.to_string(),
            if row.target.is_met(row.ratio) { "yes" } else { "no" }.to_owned(),
        ]
    };
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let mut widths = [0; 6];
    for cells in &lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    for cells in &lines {
        let padded: Vec<_> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(padded.join("  ").trim_end());
    }
}

/// Prints the summary. Fails if a round failed or none ran; the data directory of a failure is kept.
pub(crate) fn close(directory: TempDir, passed: u32, failed: u32) -> ExitCode {
    if failed > 0 {
        line(format_args!("kept the data directory: {}", directory.keep().display()));
    }
    line(format_args!("{passed} passed, {failed} failed"));
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The machine's load average over 1, 5 and 15 minutes.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// For ratios and rates; infinite beyond `u32`.
pub(crate) fn float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

pub(crate) fn mebibytes(kibibytes: u64) -> f64 {
    u32::try_from(kibibytes).map_or(f64::INFINITY, f64::from) / 1024.0
}

impl RatioTarget {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(target) => ratio >= target,
            Self::AtMost(target) => ratio <= target,
        }
    }
}

impl fmt::Display for RatioTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(target) => write!(f, ">= {target}"),
            Self::AtMost(target) => write!(f, "<= {target}"),
        }
    }
}
