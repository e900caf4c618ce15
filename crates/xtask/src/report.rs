//! What is printed: lines as they come, a table of figures, and the closing line of a count.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use tempfile::TempDir;

/// A figure beside its limit.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) figure: String,
    pub(crate) limit: String,
    /// Figure to limit.
    pub(crate) ratio: f64,
    pub(crate) target: Target,
}

impl Row {
    /// A figure that is to stay within its limit.
    pub(crate) fn within(name: String, figure: f64, limit: f64, unit: &str) -> Self {
        Self {
            name,
            figure: format!("{figure:.1} {unit}"),
            limit: format!("{limit} {unit}"),
            ratio: figure / limit,
            target: Target::AtMost(1.0),
        }
    }
}

/// What the ratio is to be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// Prints a line. Nobody may be reading; that ends nothing.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints the table.
pub(crate) fn table(rows: &[Row]) {
    let head = ["name", "figure", "limit", "ratio", "target", "met"].map(str::to_owned);
    let cells = |row: &Row| {
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

/// Prints the closing line, and fails where something failed or nothing was tried. The data
/// directory of a failure is kept.
pub(crate) fn close(directory: TempDir, passed: u32, failed: u32) -> ExitCode {
    if failed > 0 {
        line(format_args!("the data directory is kept: {}", directory.keep().display()));
    }
    line(format_args!("{passed} passed, {failed} failed"));
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The load of the machine, for whoever judges figures.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// As a floating-point number, for ratios and rates.
pub(crate) fn float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// Kibibytes in mebibytes.
pub(crate) fn mebibytes(kibibytes: u64) -> f64 {
    u32::try_from(kibibytes).map_or(f64::INFINITY, f64::from) / 1024.0
}

impl Target {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(target) => ratio >= target,
            Self::AtMost(target) => ratio <= target,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(target) => write!(f, ">= {target}"),
            Self::AtMost(target) => write!(f, "<= {target}"),
        }
    }
}
