//! `vmfa shell`: statements as they are typed, with history, completion, and a count while a long
//! one runs.
//!
//! Not here: what statements do, and what completes them.

mod commands;
mod editor;
mod input;
mod spinner;

use std::{
    io::{self, BufWriter, IsTerminal as _, Write as _},
    sync::Arc,
};

use vmfa_client::Destination;
use vmfa_iam::Api;
use vmfa_sql::{Failure, Format, Heading, Look, Printer, Session, Setting, Sink};

use self::{commands::Command, input::Input, spinner::Spinner};
use crate::{destination, interrupt::Interrupts, out::Out, sql::Appearance};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    appearance: Appearance,
    #[command(flatten)]
    destination: Destination,
}

/// The exit code is that of the last statement where nobody is at a terminal, and 0 otherwise.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let resolved = destination::resolve(&arguments.destination, &Api::ALL, "vmfa shell")?;
    let mut setting = Setting::new(Arc::from(resolved.calls()?));
    setting.views = Arc::new(resolved.views()?);
    let mut session = Session::open(setting)?;
    let _interrupts = Interrupts::each(session.interrupter())?;
    let person = io::stdin().is_terminal();
    let mut input = Input::open()?;
    if person {
        tell(WELCOME);
    }
    let mut failed = false;
    while let Some(text) = input.next(PROMPT)? {
        let look = arguments.appearance.look();
        let text = match Command::read(&text) {
            _ if text.trim().is_empty() => continue,
            None => text,
            Some(Command::Statement(statement)) => statement,
            Some(Command::Leave) => break,
            Some(Command::Help) => {
                tell(HELP);
                continue;
            }
            Some(Command::Clear) => {
                input.clear()?;
                continue;
            }
            Some(Command::Refused(why)) => {
                failed = true;
                tell(&format!("{why}\n"));
                continue;
            }
            Some(Command::List) => {
                let listed = commands::listed(&mut session);
                failed = listed.is_err();
                match listed {
                    Ok(rows) => {
                        vmfa_sql::print(look, &commands::headings(), rows, &mut Out::new())?;
                    }
                    Err(failure) => tell(&format!("{failure}\n")),
                }
                continue;
            }
        };
        input.keep(&text);
        failed = match statements(&mut session, &text, look) {
            Ok(()) => false,
            Err(StatementError::Failed(failure)) => {
                tell(&format!("{failure}\n"));
                true
            }
            Err(StatementError::Output(error)) => return Err(error.into()),
        };
    }
    input.end();
    if let Err(failure) = session.unfinished() {
        failed = true;
        tell(&format!("{failure}\n"));
    }
    Ok(u8::from(failed && !person))
}

/// Why statements were not all run.
enum StatementError {
    /// One failed; those before it took effect.
    Failed(Failure),
    /// Standard output is closed or broken.
    Output(io::Error),
}

/// Runs statements up to the first that fails.
fn statements(session: &mut Session, text: &str, look: Look) -> Result<(), StatementError> {
    let (mut out, mut err) = (BufWriter::new(Out::new()), io::stderr());
    for statement in Session::split(text).map_err(StatementError::Failed)? {
        let mut printer = Printer::new(look, &mut out, &mut err);
        let spinner = Spinner::start();
        let mut watched = Watched { printer: &mut printer, spinner: &spinner, look };
        let ran = session.run(statement, &[], &mut watched);
        spinner.stop();
        printer.end().map_err(StatementError::Output)?;
        match ran {
            Ok(tag) if io::stdin().is_terminal() => tell(&format!("{tag}\n")),
            Ok(_) => {}
            Err(failure) => return Err(StatementError::Failed(failure)),
        }
    }
    Ok(())
}

/// Rows on their way to the printer, counted.
struct Watched<'w, 'p> {
    printer: &'w mut Printer<'p>,
    spinner: &'w Spinner,
    look: Look,
}

impl Sink for Watched<'_, '_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.printer.head(columns)
    }

    fn row(&mut self, row: &[vmfa_sql::Cell]) -> io::Result<()> {
        // A table is drawn at its end; all else shows by itself how far it has come.
        if self.look.format == Format::Table {
            self.spinner.count();
        } else {
            self.spinner.stop();
        }
        self.printer.row(row)
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.printer.note(note)
    }
}

/// Nothing is left to tell a failure to.
fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

const PROMPT: &str = "vmfa >> ";
const WELCOME: &str =
    "Statements end with `;`. Tab completes, `help` tells more, `exit` or Ctrl-D leaves.\n";
const HELP: &str = "\
SHOW RESOURCES IN aws.iam;                       what there is
DESCRIBE aws.iam.virtual_mfa_devices;            the fields of a resource
SHOW METHODS IN aws.iam_api.mfa_devices;         what can be done with it
SHOW INSERT INTO aws.iam.virtual_mfa_devices;    a statement to begin from
SELECT SerialNumber, EnableDate FROM aws.iam.virtual_mfa_devices;

\\d       lists resources, and views and tables of your own; `\\d NAME` describes one,
         and `\\df NAME` shows its methods; `.tables` and `.schema NAME` are understood
clear    clears the screen
exit     leaves, as `quit`, `\\q`, `.quit` and Ctrl-D do
Ctrl-C   forgets the line, or stops the statement that runs

Statements with codes or secrets in them are not kept in the history.
";
