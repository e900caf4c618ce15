//! Opens connections, all with the same settings.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::Error;

pub(super) struct DatabaseFile(PathBuf);

impl DatabaseFile {
    pub(super) fn new(file: &Path) -> Self {
        Self(file.to_owned())
    }

    /// The one connection that writes. A commit returns when the log is synced to the disk.
    pub(super) fn for_writing(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = self.open(flags)?;
        // The log keeps its size and is overwritten: appending to a growing file costs a second
        // flush, of its metadata, each time. Savepoint journals stay in memory, because the
        // directory for temporary files may be full.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA temp_store = MEMORY;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cache_size = -8192;",
        )?;
        prepared(connection)
    }

    /// A connection that cannot write.
    pub(super) fn for_reading(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = self.open(flags)?;
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2048;",
        )?;
        prepared(connection)
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, Error> {
        vmfa_sqlite::install()?;
        Ok(Connection::open_with_flags(&self.0, flags)?)
    }
}

/// Configures that each statement is prepared once per connection. Without the stability guarantee,
/// SQLite plans a statement again for every value that a partial index might depend on, which costs
/// ten times as much as running it. The cache needs no bound: `View::prepare` takes constants only.
fn prepared(connection: Connection) -> Result<Connection, Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(usize::MAX);
    Ok(connection)
}
