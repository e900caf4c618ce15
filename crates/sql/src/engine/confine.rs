//! What a statement may do to the engine. Whatever is not on the list is refused while the
//! statement is prepared.
//!
//! Not here: who asks for which liberty.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{
    Connection, Error,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use crate::{Failure, catalog::catalog, columns::BYTES, failure::State, vtab::Trouble};

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

/// The liberty of the moment.
#[derive(Clone, Default)]
pub(super) struct Leash(Arc<Mutex<Liberty>>);

impl Leash {
    pub(super) fn get(&self) -> Liberty {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, liberty: Liberty) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = liberty;
    }
}

/// A database in memory on that leash.
pub(super) fn confined(leash: &Leash, trouble: &Arc<Trouble>) -> rusqlite::Result<Connection> {
    vmfa_sqlite::install().map_err(|late| Error::UserFunctionError(late.into()))?;
    let mut connection = Connection::open_in_memory()?;
    // What is sorted may be secret: no temporary files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // `"x"` is a name, and never quietly a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // The schema of a file is not ours to trust, nor anybody's to write.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST)?;
    connection.busy_timeout(PATIENCE)?;
    connection.create_collation(BYTES, |one, other| one.as_bytes().cmp(other.as_bytes()))?;
    let (leash, trouble) = (leash.clone(), Arc::clone(trouble));
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        permitted(leash.get(), &trouble, &context)
    }))?;
    Ok(connection)
}

fn permitted(liberty: Liberty, trouble: &Trouble, context: &AuthContext<'_>) -> Authorization {
    let own = context.database_name == Some(KEPT);
    let allowed = match context.action {
        AuthAction::Function { function_name } => function_name != "load_extension",
        _ if liberty == Liberty::Ours => true,
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Read { table_name, column_name } => {
            if liberty != Liberty::Read && is_secret(table_name, column_name) {
                trouble.note(secret(column_name));
                return Authorization::Deny;
            }
            // What pragmas tell is told as tables too.
            table_name != DEFINITIONS && !table_name.starts_with("pragma_")
        }
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name } => {
            let engines = table_name.starts_with("sqlite_");
            own && table_name != DEFINITIONS
                && match liberty {
                    Liberty::Define => true,
                    Liberty::Change => !engines,
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

/// How the names of tables begin that hold what `EXEC` answered, be it secret or not.
pub(crate) const ANSWERED: &str = "answers of EXEC";

/// The database of what is kept.
pub(crate) const KEPT: &str = "kept";

/// The table in it that holds the definitions of views. No table of the user's own can have this
/// name.
pub(crate) const DEFINITIONS: &str = "vmfa definitions";

/// No text, and no value, has more bytes.
const LONGEST: i32 = 64 << 20;

/// So long another process is waited for that is writing to the file of views and tables.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
