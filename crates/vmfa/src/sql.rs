//! `vmfa sql`: runs StackQL's statements.

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

use crate::{destination, interrupt::Interrupts, out::Out};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Statements of StackQL, each but the last ended by `;`
    #[arg(required_unless_present = "infile", allow_hyphen_values = true)]
    query: Option<String>,
    /// Read the statements from a file, or from standard input for `-`
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    infile: Option<PathBuf>,
    /// Write the rows to a file in place of standard output
    #[arg(short = 'f', long, value_name = "FILE")]
    outfile: Option<PathBuf>,
    #[command(flatten)]
    appearance: Appearance,
    /// Fill the statements, as a template of Go's form, with a value; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Fill the statements with JSON or Jsonnet from a file
    #[arg(short = 'q', long, value_name = "FILE")]
    iqldata: Option<PathBuf>,
    /// Show the statements as they are when filled, and run none
    #[arg(long)]
    dryrun: bool,
    /// How many calls are made at a time, where several are known beforehand; what suits whom they
    /// go to by default
    #[arg(long = "execution.concurrency.limit", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
    #[command(flatten)]
    destination: Destination,
}

/// How rows are shown.
#[derive(clap::Args)]
pub(crate) struct Appearance {
    /// The form of the output
    #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = formats())]
    pub(crate) output: Format,
    /// Leave out the line of names in csv and text
    #[arg(short = 'H', long)]
    pub(crate) hideheaders: bool,
    /// What stands between the fields of csv and text; `\t` is a tab
    #[arg(short, long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    pub(crate) delimiter: char,
    /// Write the bytes that StackQL would: in JSON every value is text, keys are sorted, and no line
    /// is ended
    #[arg(long)]
    pub(crate) stackql_compat: bool,
}

/// The exit code is 1 where a statement failed; what the statements before it did stays. After
/// Ctrl-C what was made is shown, and the process ends as one that was interrupted.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<u8> {
    let query = match &arguments.infile {
        Some(file) => read(file).with_context(|| format!("`{}`", file.display()))?,
        None => arguments.query.unwrap_or_default(),
    };
    let query = template::expand(&query, &data(arguments.iqldata, &arguments.variables)?)?;
    let look = arguments.appearance.look();
    // Found out before anything is done.
    let mut out: Box<dyn Write> = if let Some(file) = &arguments.outfile {
        let made = File::create(file).with_context(|| format!("`{}`", file.display()));
        Box::new(BufWriter::new(made?))
    } else {
        let mut out = Out::new();
        // Where it is closed nothing is done: what is told once would be lost.
        out.flush()?;
        Box::new(BufWriter::new(out))
    };
    if arguments.dryrun {
        let columns = [Heading { name: "query".to_owned(), kind: Type::Text }];
        let row = vec![Cell::Text(query)];
        vmfa_sql::print(look, &columns, [row], &mut out)?;
        return Ok(0);
    }
    let resolved = destination::resolve(&arguments.destination, &Api::ALL, "vmfa sql")?;
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

impl Appearance {
    pub(crate) fn look(&self) -> Look {
        Look {
            format: self.output,
            headers: !self.hideheaders,
            delimiter: self.delimiter,
            compatible: self.stackql_compat,
        }
    }
}

/// The forms of output, by name.
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
        let text = std::fs::read(&file).with_context(|| format!("`{name}`"))?;
        data.text = Some((name, text));
    }
    for variable in variables {
        let Some((name, value)) = variable.split_once('=') else {
            bail!("--var takes NAME=VALUE, such as `user=alice`, not `{variable}`");
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
    // Editors of Windows begin a file with it.
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}
