//! The tables, and how an older file is brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// Applies the steps that the file lacks, all in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    if found < known {
        tx.pragma_update(None, "user_version", known)?;
    }
    tx.commit()?;
    Ok(())
}

/// Whether the file has the present schema, so that it can be read as it is.
pub(super) fn is_present(connection: &Connection) -> Result<bool, Error> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known { Err(Error::Newer { found, known }) } else { Ok(found == known) }
}

/// The steps from nothing to the present schema. A step that was released is never changed.
const STEPS: &[&str] = &[include_str!("schema/001.sql")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_is_refused_and_left_as_it_is() {
        vmfa_sqlite::install().unwrap();
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut connection);
        assert!(matches!(refused, Err(Error::Newer { found: 99, known: 1 })), "{refused:?}");
    }
}
