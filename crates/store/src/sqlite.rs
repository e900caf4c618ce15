//! The embedded store: SQLite in WAL mode with full synchronisation.
//!
//! Readers take a connection of their own from a pool and read on the thread that asked (see
//! `readers`). All writing goes to one thread, which drains its queue into one transaction (see
//! `writer`), and has room on the disk of its own (see `reserve`).
//!
//! Not here: the lock on the data directory; who opens the store holds it.

mod connection;
mod read;
mod readers;
mod reserve;
mod schema;
mod write;
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
    connection::Place, readers::Readers, reserve::Reserve, write::Transaction, writer::Writer,
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
    /// Opens the store in `file`, making it or bringing its schema up to date where needed.
    ///
    /// # Errors
    /// [`Error::Newer`] where a newer program wrote it; [`Error::Engine`] where it cannot be used.
    pub fn open(file: &Path) -> Result<Self, Error> {
        vmfa_sqlite::uncharged(|| {
            let mut reserve = Reserve::beside(file);
            let mut connection = prepared(file);
            // The index of the log takes room while the file is open.
            while connection.as_ref().is_err_and(Error::needs_room) && reserve.give_up_piece() {
                connection = prepared(file);
            }
            let connection = connection?;
            reserve.refill();
            Self::over(file, connection, reserve)
        })
    }

    fn over(file: &Path, writing: rusqlite::Connection, reserve: Reserve) -> Result<Self, Error> {
        let readers = Arc::new(Readers::new(file));
        let revision = Arc::new(AtomicU64::new(0));
        let writer = Writer::start(writing, Arc::clone(&readers), Arc::clone(&revision), reserve)?;
        Ok(Self { readers, writer, revision })
    }

    /// Looks into the store in `file` without opening it: for one who may not hold the data
    /// directory and has nothing to write. `None` where there is no store yet.
    ///
    /// # Errors
    /// [`Error::Newer`] where a newer program wrote it; [`Error::Engine`] where it cannot be read.
    pub fn glance<T>(
        file: &Path,
        look: impl FnOnce(&dyn Read) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if !file.exists() {
            return Ok(None);
        }
        let connection = Place::new(file).for_reading()?;
        if !schema::is_present(&connection)? {
            return Ok(None);
        }
        look(&read::View::new(&connection)).map(Some)
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

/// What SQLite's error means, with SQLite's message.
fn engine_error(error: rusqlite::Error) -> EngineError {
    let code = error.sqlite_error();
    let condition = match code.map(|code| (code.code, code.extended_code)) {
        Some((ErrorCode::DiskFull, _)) => EngineCondition::DiskFull,
        // A quota, and an index of the log that cannot grow.
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

/// A connection that writes, to a file that has the present schema.
fn prepared(file: &Path) -> Result<rusqlite::Connection, Error> {
    let mut connection = Place::new(file).for_writing()?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
