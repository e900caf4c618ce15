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

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rusqlite::{Connection, limits::Limit};

use super::{
    arrays,
    brake::Brake,
    desk::Stopped,
    lexer::{Kind, Token},
    report::Report,
};
use crate::{Cell, Heading, Sink, Thing, Type};

/// The catalogue as a connection sees it.
pub(super) struct Catalog {
    connection: Connection,
    facts: functions::Shared,
    /// What the user's own part was filled with.
    filled: Option<State>,
    steps: Arc<AtomicU64>,
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
    /// A catalogue with nothing in it.
    pub(super) fn open(brake: Arc<Brake>) -> Result<Self, Report> {
        let steps = Arc::new(AtomicU64::new(0));
        let facts = functions::Shared::default();
        let counted = Arc::clone(&steps);
        let open = || -> rusqlite::Result<Connection> {
            vmfa_sqlite::install()
                .map_err(|late| rusqlite::Error::UserFunctionError(late.into()))?;
            let mut connection = Connection::open_in_memory()?;
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
            connection.execute_batch(
                "ATTACH ':memory:' AS pg_catalog; ATTACH ':memory:' AS information_schema;",
            )?;
            connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 2)?;
            connection.execute_batch(include_str!("catalog/schema.sql"))?;
            functions::register(&connection, &facts)?;
            // A query that never ends ends here.
            connection.progress_handler(
                STRIDE,
                Some(move || {
                    brake.is_pulled() || counted.fetch_add(1, Ordering::Relaxed) > MOST_STRIDES
                }),
            )?;
            Ok(connection)
        };
        let connection = open().map_err(|error| broken(&error))?;
        Ok(Self { connection, facts, filled: None, steps })
    }

    /// Fills it, where something has changed.
    pub(super) fn update(&mut self, state: State) -> Result<(), Report> {
        if self.filled.as_ref() == Some(&state) {
            return Ok(());
        }
        self.steps.store(0, Ordering::Relaxed);
        let filled = self.connection.pragma_update(None, "query_only", false).and_then(|()| {
            fill::fill(&self.connection, &state, &self.facts)?;
            self.connection.pragma_update(None, "query_only", true)
        });
        filled.map_err(|error| broken(&error))?;
        self.filled = Some(state);
        Ok(())
    }

    /// The columns of a query.
    pub(super) fn columns(&self, tokens: &[Token]) -> Result<Vec<Heading>, Report> {
        let sql = written(tokens);
        let statement = self.connection.prepare(&sql).map_err(|error| told(&error))?;
        Ok(headings(&statement))
    }

    /// Runs a query.
    pub(super) fn run(
        &self,
        tokens: &[Token],
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        self.steps.store(0, Ordering::Relaxed);
        let sql = written(tokens);
        let failed = |error: rusqlite::Error| Stopped::Report(told(&error));
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut columns = headings(&statement);
        let width = columns.len();
        for number in 1..=statement.parameter_count() {
            let value = parameters.get(number.saturating_sub(1));
            statement.raw_bind_parameter(number, value).map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        let mut all: Vec<Vec<Cell>> = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let cells = (0..width).map(|at| row.get(at).map(as_array)).collect::<Result<_, _>>();
            all.push(cells.map_err(failed)?);
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
        Cell::Text(text) if text.starts_with('[') => {
            Cell::Text(arrays::shown(&text).unwrap_or(text))
        }
        cell => cell,
    }
}

fn headings(statement: &rusqlite::Statement<'_>) -> Vec<Heading> {
    let heading = |column: rusqlite::Column<'_>| Heading {
        name: column.name().to_owned(),
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
        () if said.starts_with("interrupted") => "57014",
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

/// Bytes of a text or value.
const LONGEST: i32 = 16 << 20;
/// Rows of an answer, which are all kept until the last.
const MOST_ROWS: usize = 100_000;
/// So many steps of SQLite's between two looks at their number.
const STRIDE: i32 = 100_000;
/// So many of these, some seconds, a query may take.
const MOST_STRIDES: u64 = 2_000;
