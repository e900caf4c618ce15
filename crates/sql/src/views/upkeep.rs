//! Gives room back to the file system: pages of the file that nothing uses, and the log.
//!
//! It has a connection of its own, whose memory is charged to no session.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{pragma, room};

/// Gives back what can be, until `is_interrupted`. What cannot be now, as another connection
/// writes or still reads, is given back after a later statement.
pub(super) fn give_back(file: &Path, is_interrupted: impl Fn() -> bool) {
    let done = vmfa_sqlite::uncharged(|| shrink(file, is_interrupted));
    if let Err(error) = done {
        tracing::debug!(%error, file = %file.display(), "room was not given back");
    }
}

fn shrink(file: &Path, is_interrupted: impl Fn() -> bool) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let number = |text| pragma(&connection, "main", text);
    if number("auto_vacuum")? == 0 {
        let (page, unused) = (number("page_size")?, number("freelist_count")?);
        let used = number("page_count")?.saturating_sub(unused).saturating_mul(page);
        // It is written to a temporary file, and from there to the log.
        let is_worth_it = unused.saturating_mul(page) >= used.max(SMALLEST);
        let has_room = room::spare(file).is_some_and(|spare| used <= spare / 2);
        if is_worth_it && has_room && used <= LARGEST {
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
        }
    } else {
        // In pieces, so that the log stays short.
        while number("freelist_count")? > 0 && !is_interrupted() {
            let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PIECE})"))?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            drop(rows);
            checkpoint(&connection, "PASSIVE")?;
        }
    }
    checkpoint(&connection, "TRUNCATE")
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}

/// So long another connection is waited for.
const PATIENCE: Duration = Duration::from_millis(100);
/// Pages that are moved at a time.
const PIECE: u32 = 1024;
/// Bytes that are worth it to write a whole file again.
const SMALLEST: u64 = 1 << 20;
/// Bytes of a file that is written again while its user waits.
const LARGEST: u64 = 64 << 20;
