//! SQLite, as the engine of queries: a database in memory, with nothing in it but the tables
//! that are shown to it.
//!
//! A query can read those tables and compute; it can reach no file, change nothing, and set
//! nothing: whatever is not on the list of what it may do is refused while it is prepared.

mod confine;
mod length;

use std::{
    cell::{Cell as Slot, RefCell},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{Connection, Error, ErrorCode, Rows, Statement, limits::Limit, types::ValueRef};
use vmfa_sqlite::{Charge, MemoryAccount, Scope, unrefused};

pub(crate) use confine::{
    DEFINITIONS, KEPT, Liberty, TABLE_FUNCTIONS, harden, is_engines, is_pragma,
};
pub(crate) use length::{ValueLimit, converts};

use crate::{
    Failure,
    asking::Asking,
    failure::State,
    functions,
    held::{self, Held},
    language::Text,
    memory,
    sink::{Cell, Heading, Sink, Type},
    source::Source,
    vtab::{self, Trouble, Unasked},
};

/// The engine of one session.
pub(crate) struct Engine {
    connection: Connection,
    leash: confine::Leash,
    trouble: Arc<Trouble>,
    asking: Arc<Asking>,
    memory: MemoryAccount,
    /// Below `memory`: what SQLite allocates. It is interrupted to stop a statement.
    account: MemoryAccount,
    running: Arc<AtomicBool>,
    /// The longest value of the statement that runs.
    limit: RefCell<ValueLimit>,
    /// Whether a view that was made may read numbers from texts.
    converts: Slot<bool>,
    /// Sources that are shown until the session ends.
    lasting: RefCell<Vec<String>>,
    /// The values of the parameters of the statement that is run. They may be secret.
    parameters: Vec<Cell>,
}

/// What a query gave.
pub(crate) struct Answer {
    pub(crate) columns: Vec<Heading>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// The memory of the rows.
    pub(crate) charge: Charge,
}

/// Stops the statement that a session is running, from any thread.
#[derive(Clone)]
pub struct Interrupter {
    account: MemoryAccount,
    running: Arc<AtomicBool>,
}

impl Interrupter {
    /// Stops the statement: it fails with the code 57014. What it did before stays done; the call
    /// that it is making is waited for. Does nothing while no statement runs.
    pub fn interrupt(&self) {
        if self.running.load(Ordering::Acquire) {
            self.account.interrupt();
        }
    }

    /// Stops the statement that is running or about to begin, until [`reset`](Self::reset).
    pub(crate) fn stop(&self) {
        self.account.interrupt();
    }

    /// Lets statements run again.
    pub(crate) fn reset(&self) {
        self.account.clear_interrupt();
    }

    /// Of an engine with that account, whose statements always count as running.
    pub(crate) fn of(account: &MemoryAccount) -> Self {
        Self { account: account.clone(), running: Arc::new(AtomicBool::new(true)) }
    }
}

impl Engine {
    /// A new engine, with no tables, that makes so many calls at a time. What it allocates is
    /// charged to `memory`.
    pub(crate) fn open(concurrency: usize, memory: &MemoryAccount) -> Result<Self, Failure> {
        let account = memory.child(usize::MAX);
        let _scope = account.enter();
        let (leash, trouble) = (confine::Leash::default(), Arc::default());
        let connection = confine::confined(&leash, &trouble).map_err(broken)?;
        functions::add(&connection).map_err(broken)?;
        let engine = Self {
            connection,
            leash,
            trouble,
            asking: Arc::new(Asking::new(concurrency)),
            memory: memory.clone(),
            account: account.clone(),
            running: Arc::default(),
            limit: RefCell::default(),
            converts: Slot::new(false),
            lasting: RefCell::default(),
            parameters: Vec::new(),
        };
        for name in functions::TABLES {
            engine.show(name, Arc::new(functions::Elements::new()))?;
        }
        Ok(engine)
    }

    /// Stops what it is doing.
    pub(crate) fn interrupter(&self) -> Interrupter {
        Interrupter { account: self.account.clone(), running: Arc::clone(&self.running) }
    }

    /// Charges what SQLite allocates on this thread to this engine, until the scope is dropped.
    pub(crate) fn enter(&self) -> Scope {
        self.account.enter()
    }

    /// A statement begins, with these values of its parameters.
    pub(crate) fn begin(&mut self, parameters: &[Cell]) {
        self.running.store(true, Ordering::Release);
        self.bind(parameters);
    }

    /// Another part of it has these values.
    pub(crate) fn bind(&mut self, parameters: &[Cell]) {
        self.parameters = parameters.to_vec();
    }

    /// Ends an interruption: for a new statement, or for one that shows what it did before.
    pub(crate) fn resume(&self) {
        self.account.clear_interrupt();
    }

    /// It has ended: its values are forgotten.
    pub(crate) fn end(&mut self) {
        self.running.store(false, Ordering::Release);
        self.parameters.clear();
    }

    /// The value of a parameter, counted from 1.
    pub(crate) fn parameter(&self, number: usize) -> Option<&Cell> {
        self.parameters.get(number.checked_sub(1)?)
    }

    /// Fails where the statement is to be stopped. SQLite asks by itself; whoever makes calls
    /// without it asks here.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        go_on(&self.account)
    }

    /// The account that is interrupted where the statement is to be stopped.
    pub(crate) const fn account(&self) -> &MemoryAccount {
        &self.account
    }

    /// Whether a source is shown as a table of that name until the session ends.
    pub(crate) fn shows(&self, name: &str) -> bool {
        self.lasting.borrow().iter().any(|shown| shown == name)
    }

    /// Shows a source as a table of that name until the session ends.
    pub(crate) fn show_always(&self, name: &str, source: Arc<dyn Source>) -> Result<(), Failure> {
        self.show(name, source)?;
        self.lasting.borrow_mut().push(name.to_owned());
        Ok(())
    }

    /// Shows a source as a table of that name, in place of one that had the name before.
    pub(crate) fn show(&self, name: &str, source: Arc<dyn Source>) -> Result<(), Failure> {
        self.leash.allow(name);
        vtab::show(&self.connection, name, source, &self.trouble, &self.asking).map_err(broken)
    }

    /// Lets statements read a view of the engine, which is made by that statement.
    pub(crate) fn allow(&self, view: &str, made_by: &str) {
        self.leash.allow(view);
        if length::converts(made_by) {
            self.converts.set(true);
        }
    }

    /// Does something with that liberty.
    pub(crate) fn with<T>(&self, liberty: Liberty, work: impl FnOnce() -> T) -> T {
        let before = self.leash.get();
        self.leash.set(liberty);
        let done = work();
        self.leash.set(before);
        done
    }

    /// Does something of ours with the connection itself.
    pub(crate) fn ours<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        // What is kept may be longer than the values that the last statement could have.
        self.connection
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, ValueLimit::default().bytes)
            .map_err(broken)?;
        self.with(Liberty::Ours, || work(&self.connection)).map_err(broken)
    }

    /// Runs a statement of the user's on tables of the user's own. How many rows it changed.
    pub(crate) fn change(
        &self,
        text: &Text,
        sink: &mut dyn Sink,
        known: impl Fn() -> String,
    ) -> Result<u64, Failure> {
        let before = self.connection.total_changes();
        let columns = self.columns(text, &known)?;
        if columns.is_empty() {
            let ran = || {
                let _running = self.asking.run();
                let mut statement = self.prepare(text)?;
                self.start(&mut statement, text)?.next().map(drop)
            };
            ran().map_err(|error| self.explain(error, text, &known))?;
        } else {
            self.stream(text, sink, known)?;
        }
        Ok(self.connection.total_changes().saturating_sub(before))
    }

    /// The columns of a query, which is not run. Fails where it could not be. `known` tells the
    /// columns there are.
    pub(crate) fn columns(
        &self,
        text: &Text,
        known: impl Fn() -> String,
    ) -> Result<Vec<Heading>, Failure> {
        let prepared = self.prepare(text);
        prepared
            .map(|statement| headings(&statement, text))
            .map_err(|e| self.explain(e, text, known))
    }

    /// Runs a query to its end.
    pub(crate) fn query(&self, text: &Text, known: impl Fn() -> String) -> Result<Answer, Failure> {
        let collected = || {
            let _running = self.asking.run();
            let mut statement = self.prepare(text)?;
            let columns = headings(&statement, text);
            let mut charge = self.memory.empty_charge();
            let mut found = self.start(&mut statement, text)?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let mut cells = vec![Cell::Null; columns.len()];
                charge.grow(read(row, &mut cells)?)?;
                rows.push(cells);
            }
            Ok(Answer { columns, rows, charge })
        };
        collected().map_err(|stopped: Stopped| self.explain(stopped, text, known))
    }

    /// Runs a query and gives its rows as they come. How many there were.
    pub(crate) fn stream(
        &self,
        text: &Text,
        sink: &mut dyn Sink,
        known: impl Fn() -> String,
    ) -> Result<u64, Failure> {
        let _running = self.asking.run();
        let explained = |error| self.explain(error, text, &known);
        let mut statement = self.prepare(text).map_err(explained)?;
        let columns = headings(&statement, text);
        // One row for all, whose texts keep their room.
        let mut cells = vec![Cell::Null; columns.len()];
        let mut held = Held::new(sink, columns, &self.memory);
        // The cells, and what the sink makes of them: a value that may be twice as long as it is,
        // and a message that is.
        let mut row_memory = self.memory.empty_charge();
        let mut found = self.start(&mut statement, text).map_err(explained)?;
        while let Some(row) = found.next().map_err(explained)? {
            let size = read(row, &mut cells);
            let size = size.map_err(|stopped| self.explain(stopped, text, &known))?;
            if size.saturating_mul(SENT) > row_memory.bytes() {
                row_memory.resize(size.saturating_mul(SENT))?;
            }
            held.row(&cells)?;
        }
        held.finish()
    }

    fn prepare(&self, text: &Text) -> rusqlite::Result<Statement<'_>> {
        // What was noted before was dealt with, or did not matter.
        self.trouble.take();
        self.leash.forget_costs();
        // A statement may need a schema, or a view, that is longer than values may be.
        let limit = ValueLimit::default().bytes;
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, limit)?;
        self.connection.prepare(&text.sql)
    }

    fn start<'s>(
        &self,
        statement: &'s mut Statement<'_>,
        text: &Text,
    ) -> rusqlite::Result<Rows<'s>> {
        let converts = self.converts.get() || length::converts(&text.sql);
        let limit = self.leash.limit().with_program(statement, converts);
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, limit.bytes)?;
        self.limit.replace(limit);
        for number in 1..=statement.parameter_count() {
            // A statement without values is only looked at; one that is run has them all.
            statement.raw_bind_parameter(number, self.parameter(number))?;
        }
        Ok(statement.raw_query())
    }

    fn explain(
        &self,
        stopped: impl Into<Stopped>,
        text: &Text,
        known: impl Fn() -> String,
    ) -> Failure {
        let (failure, unasked) = self.trouble.take();
        if let Some(failure) = failure {
            return failure;
        }
        let error = match stopped.into() {
            // An interruption makes large allocations fail.
            _ if self.account.is_interrupted() => return interrupted(),
            Stopped::Memory(exhausted) => return exhausted.into(),
            Stopped::Row => return memory::row_too_long(),
            Stopped::Engine(error) => error,
        };
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            return interrupted();
        }
        if is_too_big(&error) {
            return self.limit.borrow().exceeded();
        }
        let position = match &error {
            Error::SqlInputError { offset, .. } => {
                usize::try_from(*offset).ok().and_then(|offset| text.position(offset))
            }
            _ => None,
        };
        let code = error.sqlite_error_code();
        let said = message(error);
        match unasked.filter(|_| said == "no query solution") {
            Some(Unasked::Missing(missing)) => return lacking(&missing),
            Some(Unasked::Early(member)) => return early(member),
            None => {}
        }
        said_by_engine(code, said, known).at(position)
    }
}

/// Why a query stopped.
pub(crate) enum Stopped {
    Engine(Error),
    Memory(vmfa_sqlite::Exhausted),
    /// A row is too long.
    Row,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<vmfa_sqlite::Exhausted> for Stopped {
    fn from(exhausted: vmfa_sqlite::Exhausted) -> Self {
        Self::Memory(exhausted)
    }
}

/// The failure that the engine's words mean.
fn said_by_engine(code: Option<ErrorCode>, said: String, known: impl Fn() -> String) -> Failure {
    if code == Some(ErrorCode::OutOfMemory) {
        return vmfa_sqlite::Exhausted.into();
    }
    if let Some(column) = said.strip_prefix("no such column: ") {
        let known = known();
        // SQLite wonders whether a name in quotes was meant to be a text.
        let column = column.split(" - should this be").next().unwrap_or(column).trim_matches('"');
        let message = format!("could not locate symbol `{column}`: {known}");
        return Failure::because(State::UndefinedColumn, message);
    }
    if let Some(table) = said.strip_prefix("no such table: ") {
        return Failure::because(
            State::UndefinedTable,
            format!(
                "there is no table `{table}`: resources have names in three parts, as in \
                 `provider.service.resource`"
            ),
        );
    }
    let begins = |start: &str| said.starts_with(start);
    let state = match code {
        Some(ErrorCode::ConstraintViolation) => State::Constraint,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => State::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => State::Damaged,
        Some(ErrorCode::DiskFull) => State::DiskFull,
        Some(ErrorCode::AuthorizationForStatementDenied) => State::Forbidden,
        _ if begins("not authorized") || begins("access to ") => State::Forbidden,
        _ if begins("no such function: ") || begins("wrong number of arguments") => {
            State::UndefinedFunction
        }
        _ if begins("ambiguous column name: ") => State::AmbiguousColumn,
        _ if is_too_complex(&said) => State::TooComplex,
        _ if is_argument_too_long(&said) => State::OutOfMemory,
        _ if is_misspelt(&said) => State::Syntax,
        _ => State::InvalidParameter,
    };
    Failure::because(state, said)
}

/// Whether a value is longer than any may be. A function that was stopped by its result says so
/// without the code.
pub(crate) fn is_too_big(error: &Error) -> bool {
    let said = match error {
        Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg,
        _ => "",
    };
    error.sqlite_error_code() == Some(ErrorCode::TooBig) || said == TOO_BIG
}

/// What SQLite says of such a value.
const TOO_BIG: &str = "string or blob too big";

/// Whether one of our functions says so of an argument.
pub(crate) fn is_argument_too_long(said: &str) -> bool {
    said.starts_with('`') && said.ends_with(" bytes at the most")
}

/// Whether SQLite says so of a statement that is too long, too wide or too deep for it.
pub(crate) fn is_too_complex(said: &str) -> bool {
    let starts = [
        "too many",
        "at most 64 tables",
        "parser stack overflow",
        "Recursion limit",
        "Expression tree is too",
    ];
    starts.iter().any(|start| said.starts_with(start)) || said.ends_with("nested too deep")
}

/// Whether SQLite's parser says so of a statement.
fn is_misspelt(said: &str) -> bool {
    let starts = ["near ", "incomplete input", "unrecognized token"];
    starts.iter().any(|start| said.starts_with(start))
}

/// The refusal of a statement without the parameters that it must have.
pub(crate) fn lacking(missing: &[&str]) -> Failure {
    let missing = missing.join(", ");
    Failure::because(
        State::InvalidParameter,
        format!("query cannot be executed, missing required parameters: {{ {missing} }}"),
    )
}

/// The refusal of a join in which a table would be asked before the member is known on which its
/// rows depend.
pub(crate) fn early(member: &str) -> Failure {
    Failure::because(
        State::InvalidParameter,
        format!(
            "`{member}` must be known before its table is asked: give it by `=`, or turn the join \
             round, to `LEFT JOIN` from `RIGHT JOIN`"
        ),
    )
}

/// Fails where the statement is to be stopped.
pub(crate) fn go_on(account: &MemoryAccount) -> Result<(), Failure> {
    if account.is_interrupted() { Err(interrupted()) } else { Ok(()) }
}

/// The failure of a statement that was interrupted.
pub(crate) fn interrupted() -> Failure {
    Failure::because(State::Canceled, "the statement was interrupted")
}

/// Something of ours that the engine could not do.
pub(crate) fn broken(error: Error) -> Failure {
    let code = error.sqlite_error_code();
    let state = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => State::Locked,
        Some(
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::PermissionDenied,
        ) => State::Damaged,
        Some(ErrorCode::DiskFull) => State::DiskFull,
        Some(ErrorCode::OperationInterrupted) => return interrupted(),
        Some(ErrorCode::OutOfMemory) => return vmfa_sqlite::Exhausted.into(),
        Some(ErrorCode::TooBig) => return ValueLimit::default().exceeded(),
        _ => State::Internal,
    };
    let said = message(error);
    // The text of a view is the user's.
    let state = match state {
        State::Internal if is_too_complex(&said) => State::TooComplex,
        State::Internal if is_misspelt(&said) => State::Syntax,
        state => state,
    };
    Failure::because(state, said)
}

/// Reads the cells of a row. How many bytes they take.
///
/// A value that cannot be read for want of memory would end in a panic, so reading is never
/// refused; no more is read than a row may have.
pub(crate) fn read(row: &rusqlite::Row<'_>, cells: &mut [Cell]) -> Result<usize, Stopped> {
    let mut size = size_of_val(cells);
    for (at, cell) in cells.iter_mut().enumerate() {
        unrefused(|| row.get_ref(at).and_then(|value| fill(cell, value)))?;
        size = size.saturating_add(memory::size(cell));
        if size > memory::ROW {
            return Err(Stopped::Row);
        }
    }
    Ok(size)
}

fn fill(cell: &mut Cell, value: ValueRef<'_>) -> rusqlite::Result<()> {
    match value {
        ValueRef::Text(bytes) => held::put(cell, str::from_utf8(bytes)?),
        value => *cell = value.try_into()?,
    }
    Ok(())
}

fn headings(statement: &Statement<'_>, text: &Text) -> Vec<Heading> {
    let guessed = |at: usize| {
        let all = text.kinds.len() == statement.column_count();
        text.kinds.get(at).copied().filter(|_| all).unwrap_or(Type::Any)
    };
    let heading = |(at, column): (usize, rusqlite::Column<'_>)| Heading {
        name: heading_name(column.name()),
        kind: match Type::declared(column.decl_type()) {
            Type::Any => guessed(at),
            declared => declared,
        },
    };
    statement.columns().enumerate().map(heading).collect()
}

/// A heading, cut to the length that the longest expression has as one.
pub(crate) fn heading_name(name: &str) -> String {
    let end = (0..=LONGEST_HEADING).rev().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or(0)).unwrap_or(name).to_owned()
}

/// Bytes of a heading.
const LONGEST_HEADING: usize = 1_000;

/// SQLite's message, without values: it may quote a code.
fn message(error: Error) -> String {
    let message = match error {
        Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg,
        other => other.to_string(),
    };
    let Some((before, quoted)) = message.split_once('"') else { return message };
    let value = quoted.starts_with(|c: char| c == '\'' || c.is_ascii_digit());
    match quoted.rsplit_once('"') {
        Some((_, after)) if value => format!("{before}a value{after}"),
        _ => message,
    }
}

/// How many times as long as its cells a row is, with what a sink makes of it.
const SENT: usize = 4;
