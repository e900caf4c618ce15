//! The schema and its migrations.

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// Applies the migrations that the file lacks, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(migration)?;
    }
    if found < known {
        tx.pragma_update(None, "user_version", known)?;
    }
    tx.commit()?;
    Ok(())
}

/// Whether the file has the current schema.
pub(super) fn is_current(connection: &Connection) -> Result<bool, Error> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known { Err(Error::Newer { found, known }) } else { Ok(found == known) }
}

/// The migrations from an empty file to the current schema. A released one is never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema/001.sql")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_schema_is_refused() {
        vmfa_sqlite::install().unwrap();
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut connection);
        assert!(matches!(refused, Err(Error::Newer { found: 99, known: 1 })), "{refused:?}");
    }
}
