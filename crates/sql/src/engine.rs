//! SQLite, as the engine of queries: a database in memory, with nothing in it but the tables
//! that are shown to it.
//!
//! A query can read those tables and compute; it can reach no file, change nothing, and set
//! nothing: whatever is not on the list of what it may do is refused while it is prepared.

use std::sync::Arc;

use rusqlite::{
    Connection, Error, Statement,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::Value as Cell,
};

use crate::{
    Failure,
    source::Source,
    value::BOOLEAN,
    vtab::{self, Trouble, Unasked},
};

/// The engine of one session.
pub(crate) struct Engine {
    connection: Connection,
    trouble: Arc<Trouble>,
}

/// What a query gave.
pub(crate) struct Answer {
    pub(crate) columns: Vec<Heading>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A column of an answer.
pub(crate) struct Heading {
    pub(crate) name: String,
    /// Whether its numbers are truth values.
    pub(crate) boolean: bool,
}

impl Engine {
    /// A new engine, with no tables.
    pub(crate) fn open() -> Result<Self, Failure> {
        let connection = confined().map_err(|error| Failure::of(message(error)))?;
        Ok(Self { connection, trouble: Arc::default() })
    }

    /// Shows a source as a table of that name.
    pub(crate) fn show(&self, name: &str, source: Arc<dyn Source>) -> Result<(), Failure> {
        let shown = vtab::show(&self.connection, name, source, &self.trouble);
        shown.map_err(|error| Failure::of(message(error)))
    }

    /// Fails where the query could not be run. `known` tells the columns there are.
    pub(crate) fn check(&self, sql: &str, known: impl Fn() -> String) -> Result<(), Failure> {
        self.prepare(sql).map(drop).map_err(|error| self.explain(error, known))
    }

    /// Runs a query to its end.
    pub(crate) fn query(&self, sql: &str, known: impl Fn() -> String) -> Result<Answer, Failure> {
        self.prepare(sql).and_then(collect).map_err(|error| self.explain(error, known))
    }

    fn prepare(&self, sql: &str) -> rusqlite::Result<Statement<'_>> {
        // What was noted before was dealt with, or did not matter.
        self.trouble.take();
        let statement = self.connection.prepare(sql)?;
        match statement.parameter_count() {
            0 => Ok(statement),
            count => Err(Error::InvalidParameterCount(0, count)),
        }
    }

    fn explain(&self, error: Error, known: impl Fn() -> String) -> Failure {
        let (failure, unasked) = self.trouble.take();
        if let Some(failure) = failure {
            return failure;
        }
        let said = message(error);
        match unasked.filter(|_| said == "no query solution") {
            Some(Unasked::Missing(missing)) => return lacking(&missing),
            Some(Unasked::Early(member)) => return early(member),
            None => {}
        }
        if let Some(column) = said.strip_prefix("no such column: ") {
            let known = known();
            return Failure::of(format!("could not locate symbol `{column}`: {known}"));
        }
        if let Some(table) = said.strip_prefix("no such table: ") {
            return Failure::of(format!(
                "there is no table `{table}`: resources have names in three parts, as in \
                 `provider.service.resource`"
            ));
        }
        Failure::of(said)
    }
}

/// The refusal of a statement without the parameters that it must have.
pub(crate) fn lacking(missing: &[&str]) -> Failure {
    let missing = missing.join(", ");
    Failure::of(format!("query cannot be executed, missing required parameters: {{ {missing} }}"))
}

/// The refusal of a join in which a table would be asked before the member is known on which its
/// rows depend.
pub(crate) fn early(member: &str) -> Failure {
    Failure::of(format!(
        "`{member}` must be known before its table is asked: give it by `=`, or turn the join \
         round, to `LEFT JOIN` from `RIGHT JOIN`"
    ))
}

fn confined() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    // What is sorted may be secret: no temporary files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // `"x"` is a name, and never quietly a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST)?;
    connection.authorizer(Some(permitted))?;
    Ok(connection)
}

/// Reading and computing. No function of the engine as we build it reaches a file, but for the
/// one that loads extensions.
fn permitted(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name } if function_name != "load_extension" => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn collect(mut statement: Statement<'_>) -> rusqlite::Result<Answer> {
    let heading = |column: rusqlite::Column<'_>| Heading {
        name: column.name().to_owned(),
        boolean: column.decl_type() == Some(BOOLEAN),
    };
    let columns: Vec<Heading> = statement.columns().map(heading).collect();
    let width = columns.len();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Answer { columns, rows })
}

/// SQLite's message, without values: it may quote a code.
fn message(error: Error) -> String {
    let message = match error {
        Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg,
        Error::InvalidParameterCount(..) => {
            "a parameter such as `?` or `@name` stands where its value must".to_owned()
        }
        other => other.to_string(),
    };
    let Some((before, quoted)) = message.split_once('"') else { return message };
    let value = quoted.starts_with(|c: char| c == '\'' || c.is_ascii_digit());
    match quoted.rsplit_once('"') {
        Some((_, after)) if value => format!("{before}a value{after}"),
        _ => message,
    }
}

/// No text, and no value, has more bytes.
const LONGEST: i32 = 64 << 20;
