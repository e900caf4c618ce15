//! `vmfa sql`: runs StackQL's statements.

use std::{
    io::{self, BufWriter, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use vmfa_sql::{Format, Look, Setting};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Statements of StackQL, each but the last ended by `;`
    #[arg(required_unless_present = "infile", allow_hyphen_values = true)]
    query: Option<String>,
    /// Read the statements from a file, or from standard input for `-`
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    infile: Option<PathBuf>,
    /// The form of the output: `json`
    #[arg(short, long, value_name = "FORMAT", default_value = "json")]
    output: Format,
    /// Where the account is kept [default: as for `vmfa serve`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// The exit code is 1 where a statement failed; what the statements before it did stays.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<u8> {
    let Arguments { query, infile, output, data_dir } = arguments;
    let query = match infile {
        Some(file) => read(&file).with_context(|| format!("`{}`", file.display()))?,
        None => query.unwrap_or_default(),
    };
    let calls = Arc::from(crate::connect("vmfa sql", data_dir)?);
    let mut out = BufWriter::new(io::stdout().lock());
    let look = Look { format: output, ..Look::default() };
    let setting = Setting::new(calls);
    let ended = vmfa_sql::run(&query, look, setting, &mut out, &mut io::stderr().lock())?;
    Ok(ended.code())
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}
