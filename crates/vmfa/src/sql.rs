//! `vmfa sql`: runs StackQL statements.

use std::{
    fs::File,
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use vmfa_client::Destination;
use vmfa_iam::Api;
use vmfa_sql::{
    Cell, Format, Heading, Look, Session, Setting, Type,
    template::{self, Data},
};

use crate::{destination, interrupt::Interrupts, out::StandardOutput};

#[derive(clap::Args)]
pub(crate) struct SqlArguments {
    /// Run these StackQL statements, separated by `;`
    #[arg(required_unless_present = "infile", allow_hyphen_values = true)]
    query: Option<String>,
    /// Read the statements from this file, or from standard input for `-`
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    infile: Option<PathBuf>,
    /// Write the rows to this file [default: standard output]
    #[arg(short = 'f', long, value_name = "FILE")]
    outfile: Option<PathBuf>,
    #[command(flatten)]
    appearance: OutputArguments,
    /// Set a variable of the statements, which are a Go template; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Read the variables of the statements from this file, as JSON or Jsonnet
    #[arg(short = 'q', long, value_name = "FILE")]
    iqldata: Option<PathBuf>,
    /// Print the expanded template, and run nothing
    #[arg(long)]
    dryrun: bool,
    /// Make up to this many calls at the same time [default: 8 to an endpoint, 1 to the data
    /// directory]
    #[arg(long = "execution.concurrency.limit", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
    #[command(flatten)]
    destination: Destination,
}

/// How rows are printed.
#[derive(clap::Args)]
pub(crate) struct OutputArguments {
    /// Print rows in this format
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = formats())]
    pub(crate) output: Format,
    /// Omit the line of column names in csv and text
    #[arg(short = 'H', long)]
    pub(crate) hideheaders: bool,
    /// Separate the fields of csv and text by this character; `\t` is a tab
    #[arg(short, long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    pub(crate) delimiter: char,
    /// Write the same bytes as StackQL: in JSON, every value is a string, keys are sorted, and no
    /// line break ends the output
    #[arg(long)]
    pub(crate) stackql_compat: bool,
}

/// Returns exit code 1 if a statement fails; the statements before it keep their effect. After
/// Ctrl-C, the rows so far are printed, and the process is killed by SIGINT.
pub(crate) fn run(arguments: SqlArguments) -> anyhow::Result<u8> {
    let query = match &arguments.infile {
        Some(file) => read(file).with_context(|| format!("cannot read `{}`", file.display()))?,
        None => arguments.query.unwrap_or_default(),
    };
    let query = template::expand(&query, &data(arguments.iqldata, &arguments.variables)?)?;
    let look = arguments.appearance.look();
    // Opened before any statement runs.
    let mut out: Box<dyn Write> = if let Some(file) = &arguments.outfile {
        let made =
            File::create(file).with_context(|| format!("cannot create `{}`", file.display()));
        Box::new(BufWriter::new(made?))
    } else {
        let mut out = StandardOutput::new();
        // On a closed standard output no statement runs: a seed that is shown once would be lost.
        out.flush()?;
        Box::new(BufWriter::new(out))
    };
    if arguments.dryrun {
        let columns = [Heading { name: "query".to_owned(), kind: Type::Text }];
        let row = vec![Cell::Text(query)];
        vmfa_sql::print(look, &columns, [row], &mut out)?;
        return Ok(0);
    }
    let resolved = destination::resolve(&arguments.destination, &Api::AWS, "vmfa sql")?;
    let mut setting = Setting::new(Arc::from(resolved.calls()?));
    setting.views = Arc::new(resolved.views()?);
    if let Some(limit) = arguments.concurrency {
        setting.concurrency = usize::from(limit);
    }
    let mut session = Session::open(setting)?;
    let interrupts = Interrupts::once(session.interrupter())?;
    let ended = vmfa_sql::run_in(&mut session, &query, look, &mut out, &mut io::stderr().lock());
    let ended = ended.and_then(|ended| out.flush().map(|()| ended))?;
    interrupts.end()?;
    Ok(ended.code())
}

impl OutputArguments {
    pub(crate) fn look(&self) -> Look {
        Look {
            format: self.output,
            headers: !self.hideheaders,
            delimiter: self.delimiter,
            compatible: self.stackql_compat,
        }
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name));
    names.try_map(|name| name.parse::<Format>())
}

fn delimiter(text: &str) -> Result<char, &'static str> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), Some('t')) if characters.next().is_none() => Ok('\t'),
        (Some(character), None) => Ok(character),
        _ => Err("give one character, or `\\t` for a tab"),
    }
}

fn data(file: Option<PathBuf>, variables: &[String]) -> anyhow::Result<Data> {
    let mut data = Data::default();
    if let Some(file) = file {
        let name = file.display().to_string();
        let text = std::fs::read(&file).with_context(|| format!("cannot read `{name}`"))?;
        data.text = Some((name, text));
    }
    for variable in variables {
        let Some((name, value)) = variable.split_once('=') else {
            bail!("invalid --var `{variable}`: give NAME=VALUE, such as `user=alice`");
        };
        data.variables.push((name.to_owned(), value.to_owned()));
    }
    Ok(data)
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    let text = std::fs::read_to_string(file)?;
    // Editors on Windows write a byte order mark.
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}
