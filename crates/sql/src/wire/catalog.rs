//! The catalogue: `pg_catalog` and `information_schema`, in a database of SQLite's of their own,
//! filled from the resources and from the user's views and tables.
//!
//! Services are schemas, resources are tables, methods for `EXEC` are procedures. Queries on it are
//! rewritten from PostgreSQL's spelling to SQLite's (`rewriting`), and find PostgreSQL's functions
//! (`functions`).
//!
//! Not here: queries on the resources themselves.

mod fill;
mod functions;
mod patterns;
mod rewriting;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{
    Connection, ErrorCode, Statement,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};
use vmfa_sqlite::MemoryAccount;

use super::{
    arrays,
    desk::Stopped,
    lexer::{Kind, Token},
    report::Report,
};
use crate::{
    Cell, Heading, Interrupter, Sink, Thing, Type,
    engine::{self, TABLE_FUNCTIONS, ValueLimit, harden, is_engines, is_pragma, read},
    memory,
};

/// The catalogue as a connection sees it.
pub(super) struct Catalog {
    connection: Connection,
    facts: functions::Shared,
    /// What the user's own part was filled with.
    filled: Option<State>,
    memory: MemoryAccount,
    /// Below `memory`: what SQLite allocates.
    account: MemoryAccount,
    /// Whether it is being filled.
    filling: Arc<AtomicBool>,
    /// The longest value of the statement that was prepared last.
    limit: Arc<Mutex<ValueLimit>>,
}

/// What differs from connection to connection.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) own: Vec<Own>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) user: String,
}

/// A view or table of the user's own.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) name: String,
    pub(super) thing: Thing,
    pub(super) columns: Vec<Heading>,
    /// The query of a view.
    pub(super) query: Option<String>,
}

impl Catalog {
    /// A catalogue with nothing in it. What it allocates is charged to `memory`.
    pub(super) fn open(memory: &MemoryAccount) -> Result<Self, Report> {
        let account = memory.child(usize::MAX);
        let scope = account.enter();
        let facts = functions::Shared::default();
        let filling = Arc::new(AtomicBool::new(true));
        let limit: Arc<Mutex<ValueLimit>> = Arc::default();
        let open = || -> rusqlite::Result<Connection> {
            let mut connection = harden()?;
            connection.execute_batch(
                "ATTACH ':memory:' AS pg_catalog; ATTACH ':memory:' AS information_schema;",
            )?;
            connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 2)?;
            connection.execute_batch(include_str!("catalog/schema.sql"))?;
            functions::register(&connection, &facts)?;
            let own = own_functions(&connection)?;
            let (free, limit) = (Arc::clone(&filling), Arc::clone(&limit));
            connection.authorizer(Some(move |context: AuthContext<'_>| {
                match context.action {
                    AuthAction::Function { function_name: name } => {
                        locked(&limit).with_function(name);
                    }
                    AuthAction::Read { table_name: name, .. }
                        if TABLE_FUNCTIONS.contains(&name) =>
                    {
                        locked(&limit).with_function(name);
                    }
                    _ => {}
                }
                permitted(free.load(Ordering::Acquire), &own, &context)
            }))?;
            Ok(connection)
        };
        let connection = open().map_err(|error| broken(&error))?;
        drop(scope);
        filling.store(false, Ordering::Release);
        let memory = memory.clone();
        Ok(Self { connection, facts, filled: None, memory, account, filling, limit })
    }

    /// Stops the query that is running.
    pub(super) fn interrupter(&self) -> Interrupter {
        Interrupter::of(&self.account)
    }

    /// Fills it, where something has changed.
    pub(super) fn update(&mut self, state: State) -> Result<(), Report> {
        if self.filled.as_ref() == Some(&state) {
            return Ok(());
        }
        let _scope = self.account.enter();
        let limit = ValueLimit::default().bytes;
        self.connection
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, limit)
            .map_err(|error| broken(&error))?;
        self.filling.store(true, Ordering::Release);
        let filled = fill::fill(&self.connection, &state, &self.facts);
        self.filling.store(false, Ordering::Release);
        filled.map_err(|error| told(&error))?;
        self.filled = Some(state);
        Ok(())
    }

    /// The columns of a query.
    pub(super) fn columns(&self, tokens: &[Token]) -> Result<Vec<Heading>, Report> {
        let _scope = self.account.enter();
        let statement = self.prepare(tokens).map_err(|error| self.why(&error))?;
        Ok(headings(&statement))
    }

    /// Runs a query.
    pub(super) fn run(
        &self,
        tokens: &[Token],
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        let _scope = self.account.enter();
        let failed = |error: rusqlite::Error| Stopped::Report(self.why(&error));
        let exhausted = |exhausted: vmfa_sqlite::Exhausted| Stopped::Report(exhausted.into());
        let mut statement = self.prepare(tokens).map_err(failed)?;
        let mut columns = headings(&statement);
        let width = columns.len();
        for number in 1..=statement.parameter_count() {
            let value = parameters.get(number.saturating_sub(1));
            statement.raw_bind_parameter(number, value).map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        let mut all: Vec<Vec<Cell>> = Vec::new();
        // The rows, and a message of one that may be twice as long.
        let (mut held, mut sent) = (self.memory.empty_charge(), self.memory.empty_charge());
        while let Some(row) = rows.next().map_err(failed)? {
            let mut cells = vec![Cell::Null; width];
            let size = read(row, &mut cells).map_err(|stopped| match stopped {
                engine::Stopped::Engine(error) => failed(error),
                engine::Stopped::Memory(error) => exhausted(error),
                engine::Stopped::Row => Stopped::Report(Report::from(&memory::row_too_long())),
            })?;
            let cells: Vec<Cell> = cells.into_iter().map(as_array).collect();
            held.grow(size).map_err(exhausted)?;
            if size.saturating_mul(2) > sent.bytes() {
                sent.resize(size.saturating_mul(2)).map_err(exhausted)?;
            }
            all.push(cells);
            if all.len() > MOST_ROWS {
                let message = "the answer to a query on the catalogue has too many rows";
                return Err(Stopped::Report(Report::new("54000", message)));
            }
        }
        for (at, column) in columns.iter_mut().enumerate() {
            let mut cells = all.iter().filter_map(|row| row.get(at));
            let whole = |cell: &Cell| matches!(cell, Cell::Integer(_) | Cell::Null);
            let any = all.iter().any(|row| matches!(row.get(at), Some(Cell::Integer(_))));
            if column.kind == Type::Any && any && cells.all(whole) {
                column.kind = Type::Integer;
            }
        }
        sink.head(&columns).map_err(|_| Stopped::Sink)?;
        for row in &all {
            sink.row(row).map_err(|_| Stopped::Sink)?;
        }
        Ok(format!("SELECT {}", all.len()))
    }

    fn prepare(&self, tokens: &[Token]) -> rusqlite::Result<Statement<'_>> {
        *locked(&self.limit) = ValueLimit::default();
        let sql = written(tokens);
        let statement = self.connection.prepare(&sql)?;
        let mut limit = locked(&self.limit);
        *limit = std::mem::take(&mut *limit).with_program(&statement, engine::converts(&sql));
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, limit.bytes)?;
        Ok(statement)
    }

    /// Why a query failed. An interruption makes large allocations fail.
    fn why(&self, error: &rusqlite::Error) -> Report {
        if self.account.is_interrupted() {
            return Report::new("57014", "the statement was interrupted");
        }
        if engine::is_too_big(error) {
            return Report::from(&locked(&self.limit).exceeded());
        }
        told(error)
    }
}

fn locked(limit: &Mutex<ValueLimit>) -> MutexGuard<'_, ValueLimit> {
    limit.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The functions that are not SQLite's own.
fn own_functions(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut list = connection.prepare("SELECT name FROM pragma_function_list WHERE NOT builtin")?;
    let names = list.query_map([], |row| row.get(0))?;
    names.collect()
}

fn permitted(filling: bool, own: &HashSet<String>, context: &AuthContext<'_>) -> Authorization {
    let allowed = filling
        || match context.action {
            AuthAction::Select | AuthAction::Recursive => true,
            AuthAction::Function { function_name } => {
                own.contains(function_name) || crate::functions::is_allowed(function_name)
            }
            AuthAction::Read { table_name, column_name } => match context.database_name {
                Some("pg_catalog" | "information_schema") => !is_engines(table_name),
                // No column is read, perhaps of what the query itself defines by WITH.
                _ if column_name.is_empty() => !is_engines(table_name) && !is_pragma(table_name),
                _ => TABLE_FUNCTIONS.contains(&table_name),
            },
            _ => false,
        };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// Whether a query is one on the catalogue: by the tables and functions that it names.
pub(super) fn concerns(said: &[&Token]) -> bool {
    said.iter().enumerate().any(|(at, token)| {
        let Some(name) = token.name().map(|name| name.to_ascii_lowercase()) else { return false };
        let after_dot = at.checked_sub(1).and_then(|at| said.get(at));
        if after_dot.is_some_and(|before| before.is_symbol(".")) {
            return false;
        }
        let next = said.get(at.saturating_add(1));
        let called = next.is_some_and(|next| next.is_symbol("("));
        let schema = name == "information_schema" || name == "pg_catalog";
        (schema && next.is_some_and(|next| next.is_symbol(".")))
            || (name.starts_with("pg_") && !after_dot.is_some_and(|before| before.is("AS")))
            || (called && functions::FACTS.contains(&name.as_str()))
            || (token.kind == Kind::Word && rewriting::BARE.contains(&name.as_str()))
    })
}

/// The type of that name, in small letters, and that of arrays of it.
pub(super) fn type_named(name: &str) -> Option<(u32, u32)> {
    let name = match name {
        "int" => "int4",
        "timestamp" => "timestamp without time zone",
        "decimal" => "numeric",
        name => name,
    };
    let known = fill::TYPES.iter().find(|known| known.name == name || known.shown == name)?;
    Some((u32::try_from(known.oid).ok()?, u32::try_from(known.array).ok()?))
}

/// A query as SQLite reads it.
pub(super) fn written(tokens: &[Token]) -> String {
    rewriting::write(tokens)
}

/// A value, where it is an array as PostgreSQL writes it.
fn as_array(cell: Cell) -> Cell {
    match cell {
        // A longer text is no array of the catalogue's.
        Cell::Text(text) if text.starts_with('[') && text.len() <= LONGEST_ARRAY => {
            Cell::Text(arrays::shown(&text).unwrap_or(text))
        }
        cell => cell,
    }
}

fn headings(statement: &rusqlite::Statement<'_>) -> Vec<Heading> {
    let heading = |column: rusqlite::Column<'_>| Heading {
        name: engine::heading_name(column.name()),
        kind: match column.decl_type() {
            Some("BOOLEAN") => Type::Boolean,
            Some("INTEGER") => Type::Integer,
            Some("REAL") => Type::Real,
            Some("TEXT") => Type::Text,
            _ => Type::Any,
        },
    };
    statement.columns().map(heading).collect()
}

/// Why a query on the catalogue cannot be run.
fn told(error: &rusqlite::Error) -> Report {
    match error.sqlite_error_code() {
        Some(ErrorCode::OutOfMemory) => {
            return vmfa_sqlite::Exhausted.into();
        }
        Some(ErrorCode::OperationInterrupted) => {
            return Report::new("57014", "the statement was interrupted");
        }
        _ => {}
    }
    let said = match error {
        rusqlite::Error::SqlInputError { msg, .. }
        | rusqlite::Error::SqliteFailure(_, Some(msg)) => msg.clone(),
        other => other.to_string(),
    };
    // What only pg_dump asks for, of which there is too much to go along with it.
    if said.contains("tableoid") || said.ends_with("pg_authid") {
        let report = Report::new("0A000", "there is nothing here that pg_dump could dump");
        return report.hint("`COPY (query) TO STDOUT` and psql's `\\copy` export rows");
    }
    let code = match () {
        () if said.starts_with("no such table") => "42P01",
        () if said.starts_with("no such column") => "42703",
        () if said.starts_with("no such function") => "42883",
        () if said.starts_with("not authorized") || said.starts_with("access to ") => "42501",
        () if engine::is_too_complex(&said) => "54001",
        () if engine::is_argument_too_long(&said) => "53200",
        () if said.starts_with("invalid regular expression") => "2201B",
        () => "42601",
    };
    Report::new(code, said).hint(
        "this was run on the catalogue, which knows what common clients ask of it; resources are \
         named `aws.iam.virtual_mfa_devices`",
    )
}

fn broken(error: &rusqlite::Error) -> Report {
    tracing::error!(%error, "the catalogue cannot be made");
    Report::new("XX000", "the catalogue cannot be made")
}

/// Bytes of an array that is shown as PostgreSQL's are.
const LONGEST_ARRAY: usize = 64 << 10;
/// Rows of an answer, which are all kept until the last.
const MOST_ROWS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::ALLOWED;

    fn refused(catalog: &Catalog, sql: &str) -> bool {
        let why = catalog.connection.prepare(sql).err().map(|error| error.to_string());
        let words = ["not authorized", "prohibited", "no such function", "no such table"];
        why.is_some_and(|why| words.iter().any(|words| why.contains(words)))
    }

    #[test]
    fn what_is_not_allowed_on_purpose_is_refused() {
        let catalog = Catalog::open(&MemoryAccount::new(64 << 20)).unwrap();
        let _scope = catalog.account.enter();
        let plain = Connection::open_in_memory().unwrap();
        let names = |sql: &str| {
            let mut statement = plain.prepare(sql).unwrap();
            let names = statement.query_map([], |row| row.get(0)).unwrap();
            names.map(Result::unwrap).collect::<Vec<String>>()
        };
        let own = own_functions(&catalog.connection);
        assert!(own.is_err(), "the list of functions is a pragma");
        let mut functions = names("SELECT DISTINCT name FROM pragma_function_list ORDER BY 1");
        functions.retain(|name| {
            let call = |count| format!("SELECT \"{name}\"({})", vec!["0.5"; count].join(", "));
            let refused = (0..4).any(|count| refused(&catalog, &call(count)));
            !refused && !ALLOWED.contains(&name.as_str())
        });
        // PostgreSQL's operator `~` takes the place of the one for full-text search.
        assert_eq!(functions, ["match"]);
        for name in names("SELECT name FROM pragma_module_list") {
            for sql in [
                format!("SELECT * FROM \"{name}\""),
                format!("SELECT count(*) FROM \"{name}\", pg_catalog.pg_class"),
            ] {
                assert_eq!(refused(&catalog, &sql), !TABLE_FUNCTIONS.contains(&&*name), "{sql}");
            }
        }
        for name in names("SELECT name FROM pragma_pragma_list") {
            for sql in [
                format!("PRAGMA {name}"),
                format!("PRAGMA pg_catalog.{name}"),
                format!("SELECT * FROM pragma_{name}"),
                format!("SELECT count(*) FROM pragma_{name}, pg_catalog.pg_class"),
            ] {
                assert!(refused(&catalog, &sql), "{sql}");
            }
        }
        for sql in [
            "SELECT * FROM pg_catalog.sqlite_master",
            "SELECT sql FROM information_schema.sqlite_schema",
            "SELECT count(*) FROM sqlite_master",
            "INSERT INTO pg_catalog.pg_class DEFAULT VALUES",
            "DELETE FROM pg_catalog.pg_class",
            "UPDATE pg_catalog.pg_class SET relname = ''",
            "CREATE TABLE t (a)",
            "ATTACH ':memory:' AS a",
        ] {
            assert!(refused(&catalog, sql), "{sql}");
        }
    }
}
