//! `vmfa shell`: statements as they are typed, with history, completion, and a count while a long
//! one runs.
//!
//! Not here: what statements do, and what completes them.

mod editor;
mod spinner;

use std::{
    io::{self, BufWriter, IsTerminal as _, Write as _},
    sync::Arc,
};

use rustyline::error::ReadlineError;
use vmfa_iam::Api;
use vmfa_mfa::Destination;
use vmfa_sql::{Failure, Format, Heading, Look, Printer, Session, Setting, Sink};

use self::spinner::Spinner;
use crate::{interrupt::Interrupts, out::Out, sql::Appearance, way};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    appearance: Appearance,
    #[command(flatten)]
    destination: Destination,
}

/// The exit code is that of the last statement where nobody is at a terminal, and 0 otherwise.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let calls = Arc::from(way::calls(&arguments.destination, &Api::ALL, "vmfa shell")?);
    let mut setting = Setting::new(calls);
    setting.views = Arc::new(way::views(&arguments.destination)?);
    let mut session = Session::open(setting)?;
    let _interrupts = Interrupts::each(session.interrupter())?;
    let person = io::stdin().is_terminal();
    let mut editor = editor::open()?;
    if person {
        tell(WELCOME);
    }
    let mut failed = false;
    loop {
        let text = match editor.readline(PROMPT) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        };
        match text.trim().trim_end_matches(';').trim_end() {
            "" => continue,
            "exit" | "quit" | r"\q" => break,
            "help" => {
                tell(HELP);
                continue;
            }
            "clear" => {
                editor.clear_screen()?;
                continue;
            }
            _ => {}
        }
        editor::keep(&mut editor, &text);
        let ran = statements(&mut session, &text, arguments.appearance.look())?;
        failed = ran.is_err();
        if let Err(failure) = ran {
            tell(&format!("{failure}\n"));
        }
    }
    editor::save(&mut editor);
    if let Err(failure) = session.unfinished() {
        failed = true;
        tell(&format!("{failure}\n"));
    }
    Ok(u8::from(failed && !person))
}

/// The error is that of the output.
fn statements(session: &mut Session, text: &str, look: Look) -> io::Result<Result<(), Failure>> {
    let (mut out, mut err) = (BufWriter::new(Out::new()), io::stderr());
    let statements = match Session::split(text) {
        Ok(statements) => statements,
        Err(failure) => return Ok(Err(failure)),
    };
    for statement in statements {
        let mut printer = Printer::new(look, &mut out, &mut err);
        let spinner = Spinner::start();
        let mut watched = Watched { printer: &mut printer, spinner: &spinner, look };
        let ran = session.run(statement, &[], &mut watched);
        spinner.stop();
        printer.end()?;
        match ran {
            Ok(tag) if io::stdin().is_terminal() => tell(&format!("{tag}\n")),
            Ok(_) => {}
            Err(failure) => return Ok(Err(failure)),
        }
    }
    Ok(Ok(()))
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

clear    clears the screen
exit     leaves, as `quit`, `\\q` and Ctrl-D do
Ctrl-C   forgets the line, or stops the statement that runs

Statements with codes or secrets in them are not kept in the history.
";
