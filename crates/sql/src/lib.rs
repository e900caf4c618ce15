//! The SQL door: StackQL's resources and statements over the action table.
//!
//! `SELECT` runs in SQLite, to which each resource is a table that makes calls when it is asked
//! for rows. `INSERT`, `UPDATE`, `DELETE` and `EXEC` are calls, whose parameters SQLite
//! evaluates; what they answer can be queried again, by `RETURNING`. Which resources, columns
//! and methods there are is read from the table; none is named here.
//!
//! What a blob's column holds is what the API's wire holds, base64 text; so the seed of a device
//! is the base64 of its Base32 text.
//!
//! Not here: what a call means, and where it goes.

mod asking;
mod catalog;
mod columns;
pub mod completion;
mod cursor;
mod engine;
mod failure;
mod fan;
mod foresight;
mod functions;
mod given;
mod held;
mod index;
mod language;
pub mod memory;
mod outer;
mod output;
mod scan;
mod session;
mod sink;
mod source;
mod spelling;
pub mod template;
mod value;
mod views;
mod vtab;
pub mod wire;

use std::io::{self, Write};

pub use engine::Interrupter;
pub use failure::Failure;
pub use output::{Format, Look, Printer};
pub use session::{Session, Setting, State};
pub use sink::{Cell, Description, Heading, Sink, Tag, Thing, Type};
pub use views::Views;
pub use vmfa_sqlite::MemoryAccount;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every statement was run: exit code 0.
    Well,
    /// A statement failed, and those after it were not run: exit code 1.
    Failed,
}

impl Ended {
    /// The exit code of a command.
    pub const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
        }
    }
}

/// Runs the statements of a query in a session of their own, as [`run_in`] does.
pub fn run(
    query: &str,
    look: Look,
    setting: Setting,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Ended> {
    match Session::open(setting) {
        Ok(mut session) => run_in(&mut session, query, look, out, err),
        Err(failure) => {
            writeln!(err, "{failure}")?;
            Ok(Ended::Failed)
        }
    }
}

/// Runs the statements of a query, which `;` ends, one after the other.
///
/// Rows go to `out`; all else goes to `err`. The first statement that fails is the last that is
/// run: AWS's code and message, or our own words, go to `err`. What was done and written before
/// stays. A failed `SELECT` writes no rows; of a failed mutation of many rows, what `RETURNING`
/// says of those that were done before is written. Text that cannot be cut into statements runs
/// none. What still waits for `COMMIT` at the end is not run, which is a failure. The error is
/// that of a writer.
pub fn run_in(
    session: &mut Session,
    query: &str,
    look: Look,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Ended> {
    match statements(session, query, look, out, err) {
        Ok(()) => Ok(Ended::Well),
        Err(failure) => {
            let failure = match failure.output() {
                Ok(error) => return Err(error),
                Err(failure) => failure,
            };
            writeln!(err, "{failure}")?;
            Ok(Ended::Failed)
        }
    }
}

/// Writes rows that no statement gave.
pub fn print(
    look: Look,
    columns: &[Heading],
    rows: impl IntoIterator<Item = Vec<Cell>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut unheard = io::sink();
    let mut printer = Printer::new(look, out, &mut unheard);
    printer.head(columns)?;
    for row in rows {
        printer.row(&row)?;
    }
    printer.end()
}

fn statements(
    session: &mut Session,
    query: &str,
    look: Look,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let statements = Session::split(query)?;
    let mut printer = Printer::new(look, out, err);
    for statement in statements {
        let ran = session.run(statement, &[], &mut printer);
        printer.end()?;
        ran?;
    }
    session.unfinished()
}
