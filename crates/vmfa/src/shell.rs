//! `vmfa shell`: an interactive shell with history, completion, and a row counter for statements
//! that take long.
//!
//! Not here: the statements and their completion (see `vmfa_sql`).

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

use self::{commands::ShellCommand, input::ShellInput, spinner::Spinner};
use crate::{destination, interrupt::Interrupts, out::StandardOutput, sql::OutputArguments};

#[derive(clap::Args)]
pub(crate) struct ShellArguments {
    #[command(flatten)]
    appearance: OutputArguments,
    #[command(flatten)]
    destination: Destination,
}

/// Returns the exit code of the last statement if standard input is not a terminal, and else 0.
pub(crate) fn run(arguments: &ShellArguments) -> anyhow::Result<u8> {
    let resolved = destination::resolve(&arguments.destination, &Api::AWS, "vmfa shell")?;
    let mut setting = Setting::new(Arc::from(resolved.calls()?));
    setting.views = Arc::new(resolved.views()?);
    let mut session = Session::open(setting)?;
    let _interrupts = Interrupts::each(session.interrupter())?;
    let interactive = io::stdin().is_terminal();
    let mut input = ShellInput::open()?;
    if interactive {
        write_error(WELCOME);
    }
    let mut failed = false;
    while let Some(text) = input.next(PROMPT)? {
        let look = arguments.appearance.look();
        let text = match ShellCommand::parse(&text) {
            _ if text.trim().is_empty() => continue,
            None => text,
            Some(ShellCommand::Statement(statement)) => statement,
            Some(ShellCommand::Exit) => break,
            Some(ShellCommand::Help) => {
                write_error(HELP);
                continue;
            }
            Some(ShellCommand::Clear) => {
                input.clear()?;
                continue;
            }
            Some(ShellCommand::Invalid(why)) => {
                failed = true;
                write_error(&format!("{why}\n"));
                continue;
            }
            Some(ShellCommand::List) => {
                let listed = commands::listed(&mut session);
                failed = listed.is_err();
                match listed {
                    Ok(rows) => {
                        vmfa_sql::print(
                            look,
                            &commands::headings(),
                            rows,
                            &mut StandardOutput::new(),
                        )?;
                    }
                    Err(failure) => write_error(&format!("{failure}\n")),
                }
                continue;
            }
        };
        input.add_to_history(&text);
        failed = match statements(&mut session, &text, look) {
            Ok(()) => false,
            Err(StatementError::Failed(failure)) => {
                write_error(&format!("{failure}\n"));
                true
            }
            Err(StatementError::Output(error)) => return Err(error.into()),
        };
    }
    input.end();
    if let Err(failure) = session.unfinished() {
        failed = true;
        write_error(&format!("{failure}\n"));
    }
    Ok(u8::from(failed && !interactive))
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
    let (mut out, mut err) = (BufWriter::new(StandardOutput::new()), io::stderr());
    for statement in Session::split(text).map_err(StatementError::Failed)? {
        let mut printer = Printer::new(look, &mut out, &mut err);
        let spinner = Spinner::start();
        let mut counting = CountingPrinter { printer: &mut printer, spinner: &spinner, look };
        let ran = session.run(statement, &[], &mut counting);
        spinner.stop();
        printer.end().map_err(StatementError::Output)?;
        match ran {
            Ok(tag) if io::stdin().is_terminal() => write_error(&format!("{tag}\n")),
            Ok(_) => {}
            Err(failure) => return Err(StatementError::Failed(failure)),
        }
    }
    Ok(())
}

/// Counts rows on their way to the printer.
struct CountingPrinter<'w, 'p> {
    printer: &'w mut Printer<'p>,
    spinner: &'w Spinner,
    look: Look,
}

impl Sink for CountingPrinter<'_, '_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.printer.head(columns)
    }

    fn row(&mut self, row: &[vmfa_sql::Cell]) -> io::Result<()> {
        // A table is printed at its end, other formats row by row.
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

/// Writes to standard error. A failure has nowhere to be reported.
fn write_error(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

const PROMPT: &str = "vmfa >> ";
const WELCOME: &str = "End statements with `;`. Tab completes, `help` lists commands, `exit` or Ctrl-D ends the shell.\n";
const HELP: &str = "\
SHOW RESOURCES IN aws.iam;                       list the resources
DESCRIBE aws.iam.virtual_mfa_devices;            show the fields of a resource
SHOW METHODS IN aws.iam_api.mfa_devices;         show its methods
SHOW INSERT INTO aws.iam.virtual_mfa_devices;    print a template of a statement
SELECT SerialNumber, EnableDate FROM aws.iam.virtual_mfa_devices;

\\d       list resources and your views and tables; `\\d NAME` describes one, `\\df NAME`
         shows its methods; `.tables` and `.schema NAME` also work
clear    clear the screen
exit     end the shell; also `quit`, `\\q`, `.quit` and Ctrl-D
Ctrl-C   discard the line, or cancel the running statement

StatementHelper that contain codes or secrets are not written to the history.
";
