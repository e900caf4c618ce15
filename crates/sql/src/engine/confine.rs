//! What a statement may do to the engine: which functions it may call, which tables it may read,
//! and how large its values may be. All that is not allowed is refused while it is prepared.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{
    Connection, Error,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use super::length::{LONGEST, ValueLimit};
use crate::{Failure, catalog::catalog, columns::BYTES, failure::State, functions, vtab::Trouble};

/// How far a statement may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Liberty {
    /// It reads and computes.
    #[default]
    Read,
    /// It reads what will be kept, and so nothing secret.
    Keep,
    /// It changes rows of tables of the user's own.
    Change,
    /// It makes and drops tables of the user's own.
    Define,
    /// It is ours.
    Ours,
}

/// What the authorizer goes by, and what it noted of the statement that was prepared last.
#[derive(Clone, Default)]
pub(super) struct Leash(Arc<Mutex<Rules>>);

#[derive(Default)]
struct Rules {
    liberty: Liberty,
    /// The tables of the engine that a statement may read.
    tables: HashSet<String>,
    /// The longest value that the functions of the statement leave.
    limit: ValueLimit,
}

impl Leash {
    pub(super) fn get(&self) -> Liberty {
        self.rules().liberty
    }

    pub(super) fn set(&self, liberty: Liberty) {
        self.rules().liberty = liberty;
    }

    /// Lets statements read that table of the engine.
    pub(super) fn allow(&self, table: &str) {
        let mut rules = self.rules();
        if !rules.tables.contains(table) {
            rules.tables.insert(table.to_owned());
        }
    }

    /// A statement is about to be prepared.
    pub(super) fn forget_costs(&self) {
        self.rules().limit = ValueLimit::default();
    }

    /// The longest value that the functions leave of the statement that was prepared last.
    pub(super) fn limit(&self) -> ValueLimit {
        self.rules().limit.clone()
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A database in memory on that leash.
pub(super) fn confined(leash: &Leash, trouble: &Arc<Trouble>) -> rusqlite::Result<Connection> {
    let mut connection = harden()?;
    for name in TABLE_FUNCTIONS {
        leash.allow(name);
    }
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1)?;
    connection.busy_timeout(PATIENCE)?;
    vmfa_sqlite::add_byte_collation(&connection, BYTES)?;
    let (leash, trouble) = (leash.clone(), Arc::clone(trouble));
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        permitted(&mut leash.rules(), &trouble, &context)
    }))?;
    Ok(connection)
}

/// A database in memory with the settings and limits of every connection that runs statements of
/// users. It stops where the account of its thread is interrupted.
pub(crate) fn harden() -> rusqlite::Result<Connection> {
    vmfa_sqlite::install().map_err(|late| Error::UserFunctionError(late.into()))?;
    let mut connection = vmfa_sqlite::open_in_memory(TABLE_FUNCTIONS)?;
    // `"x"` is a name, and never quietly a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // The schema of a file is not ours to trust, and not for statements to write.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT)?;
    connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    connection.progress_handler(STRIDE, Some(vmfa_sqlite::interrupted))?;
    Ok(connection)
}

fn permitted(rules: &mut Rules, trouble: &Trouble, context: &AuthContext<'_>) -> Authorization {
    let own = context.database_name == Some(KEPT);
    let liberty = rules.liberty;
    let allowed = match context.action {
        AuthAction::Function { function_name } => {
            rules.limit.with_function(function_name);
            functions::is_allowed(function_name)
        }
        _ if liberty == Liberty::Ours => true,
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Read { table_name, column_name } => {
            if liberty != Liberty::Read && is_secret(table_name, column_name) {
                trouble.note(secret(column_name));
                return Authorization::Deny;
            }
            if !own && TABLE_FUNCTIONS.contains(&table_name) {
                rules.limit.with_function(table_name);
            }
            if own {
                // To make a table, SQLite looks up its row in the schema.
                let looked_up = liberty == Liberty::Define && column_name == "ROWID";
                table_name != DEFINITIONS && (looked_up || !is_engines(table_name))
            } else if column_name.is_empty() {
                // No column is read, as in `SELECT 1 FROM t`; the name may be one that the
                // statement defines by WITH. There are no virtual tables but ours and those of
                // pragmas.
                !is_engines(table_name) && !is_pragma(table_name)
            } else {
                rules.tables.contains(table_name)
            }
        }
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name } => {
            own && table_name != DEFINITIONS
                && match liberty {
                    Liberty::Define => true,
                    Liberty::Change => !is_engines(table_name),
                    _ => false,
                }
        }
        AuthAction::CreateTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::CreateIndex { table_name, .. } => {
            own && liberty == Liberty::Define && table_name != DEFINITIONS
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// Whether a table is one of SQLite's own, such as `sqlite_master`.
pub(crate) fn is_engines(table: &str) -> bool {
    table.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

/// Whether a table is the result of a pragma, such as `pragma_table_info`.
pub(crate) fn is_pragma(table: &str) -> bool {
    table.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("pragma_"))
}

/// Whether a column of a resource is secret, or one that `EXEC` answers may be. Tables of the
/// user's own hold nothing secret, since nothing secret comes into them.
fn is_secret(table: &str, column: &str) -> bool {
    let answered = table.starts_with(ANSWERED);
    let mut resources = catalog().resources().iter();
    resources.any(|resource| (answered || resource.path == table) && resource.is_secret(column))
}

fn secret(column: &str) -> Failure {
    Failure::because(
        State::Forbidden,
        format!("`{column}` is secret and is not kept in a table: name the other columns"),
    )
}

/// The virtual tables of SQLite's that statements may read.
pub(crate) const TABLE_FUNCTIONS: &[&str] = &["json_each", "json_tree"];

/// How the names of tables begin that hold what `EXEC` answered, be it secret or not.
pub(crate) const ANSWERED: &str = "answers of EXEC";

/// The database of what is kept.
pub(crate) const KEPT: &str = "kept";

/// The table in it that holds the definitions of views. No table of the user's own can have this
/// name.
pub(crate) const DEFINITIONS: &str = "vmfa definitions";

/// Bytes of a statement.
const LONGEST_STATEMENT: i32 = 1 << 20;

/// Instructions of a program between two checks for an interruption, where it has jumps. Each may
/// copy a long value.
const STRIDE: i32 = 64;

/// So long another process is waited for that is writing to the file of views and tables.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

#[cfg(test)]
mod tests;
