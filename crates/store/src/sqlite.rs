//! The embedded store: SQLite in WAL mode with full synchronisation.
//!
//! Readers take a connection from a pool and read on their own thread (see `readers`). One writer
//! thread runs the queued jobs in batches, a transaction each (see `writer`). A reserve file keeps
//! room on the disk for its commits (see `reserve`).
//!
//! One file per entity holds its queries and changes; what they share is in `view`, `transaction`
//! and `columns`.
//!
//! Not here: the lock on the data directory (see `vmfa_client`).

mod access_key;
mod account;
mod attempts;
mod columns;
mod connection;
mod credential_report;
mod device;
mod key_check;
mod readers;
mod reserve;
mod schema;
mod transaction;
mod user;
mod view;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::{ErrorCode, ffi};
use vmfa_model::AccountId;

use self::{
    connection::DatabaseFile, readers::Readers, reserve::Reserve, transaction::Transaction,
    writer::Writer,
};
use crate::{
    Completion, EngineCondition, EngineError, Error, Job, Read, Sealed, Store, Verdict, wait_for,
};

/// A store in one file, with its write-ahead log beside it.
pub struct Sqlite {
    readers: Arc<Readers>,
    writer: Writer,
    revision: Arc<AtomicU64>,
}

impl Sqlite {
    /// Opens the store in `file`. Creates the file and migrates its schema where needed.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer program wrote the file; [`Error::Engine`] if it cannot be used.
    pub fn open(file: &Path) -> Result<Self, Error> {
        vmfa_sqlite::uncharged(|| {
            let mut reserve = Reserve::beside(file);
            let mut connection = open_for_writing(file);
            // While the database is open, the index of its log takes room on the disk.
            while connection.as_ref().is_err_and(Error::needs_room) && reserve.free_piece() {
                connection = open_for_writing(file);
            }
            let connection = connection?;
            reserve.refill();
            Self::with_connection(file, connection, reserve)
        })
    }

    fn with_connection(
        file: &Path,
        connection: rusqlite::Connection,
        reserve: Reserve,
    ) -> Result<Self, Error> {
        let readers = Arc::new(Readers::new(file));
        let revision = Arc::new(AtomicU64::new(0));
        let writer =
            Writer::start(connection, Arc::clone(&readers), Arc::clone(&revision), reserve)?;
        Ok(Self { readers, writer, revision })
    }

    /// Reads from `file` without opening the store, while another process may hold the data
    /// directory. `None` if the file does not exist or has no schema yet.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer program wrote the file; [`Error::Engine`] if it cannot be read.
    pub fn peek<T>(
        file: &Path,
        look: impl FnOnce(&dyn Read) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if !file.exists() {
            return Ok(None);
        }
        let connection = DatabaseFile::new(file).for_reading()?;
        if !schema::is_current(&connection)? {
            return Ok(None);
        }
        look(&view::View::new(&connection)).map(Some)
    }
}

impl Store for Sqlite {
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error> {
        self.readers.read(look)
    }

    fn reads_inline(&self) -> bool {
        true
    }

    fn write(&self, account: AccountId, mut job: Job, completion: Completion) {
        self.writer.queue(Some(account), Box::new(move |tx| job(tx)), completion);
    }

    fn credentials_revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    fn set_key_check(&self, seal: Sealed) -> Result<(), Error> {
        let job = move |tx: &mut Transaction<'_>| {
            tx.set_key_check(&seal)?;
            Ok(Verdict::Keep)
        };
        wait_for(|completion| self.writer.queue(None, Box::new(job), completion))
    }
}

/// Classifies an error of SQLite.
fn engine_error(error: rusqlite::Error) -> EngineError {
    let code = error.sqlite_error();
    let condition = match code.map(|code| (code.code, code.extended_code)) {
        Some((ErrorCode::DiskFull, _)) => EngineCondition::DiskFull,
        // An exceeded quota; an index of the log that cannot grow.
        Some((_, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE)) => {
            EngineCondition::WriteFailed
        }
        Some((ErrorCode::NotADatabase, _)) => EngineCondition::NotADatabase,
        _ => EngineCondition::Other,
    };
    EngineError::new(condition, error)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(engine_error(error))
    }
}

/// A connection that writes, to a file with the current schema.
fn open_for_writing(file: &Path) -> Result<rusqlite::Connection, Error> {
    let mut connection = DatabaseFile::new(file).for_writing()?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
