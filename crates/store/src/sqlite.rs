//! The embedded store: SQLite in WAL mode with full synchronisation.
//!
//! Readers take a connection of their own from a pool and read on the thread that asked. All
//! writing goes to one thread, which drains its queue into one transaction (see `writer`).
//!
//! Not here: the lock on the data directory; who opens the store holds it.

mod connection;
mod read;
mod schema;
mod write;
mod writer;

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::Connection;

use self::{connection::Place, writer::Writer};
use crate::{Error, Job, LastUse, Read, Store, Verdict};

/// A store in one file, with its write-ahead log beside it.
pub struct Sqlite {
    place: Place,
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    revision: std::sync::Arc<AtomicU64>,
}

impl Sqlite {
    /// Opens the store in `file`, making it or bringing its schema up to date where needed.
    ///
    /// # Errors
    /// [`Error::Newer`] where a newer program wrote it; [`Error::Engine`] where it cannot be used.
    pub fn open(file: &Path) -> Result<Self, Error> {
        let place = Place::new(file);
        let mut connection = place.for_writing()?;
        schema::migrate(&mut connection)?;
        let revision = std::sync::Arc::new(AtomicU64::new(0));
        let writer = Writer::start(connection, std::sync::Arc::clone(&revision))?;
        Ok(Self { place, readers: Mutex::new(Vec::new()), writer, revision })
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
        look(&read::View(&connection)).map(Some)
    }

    fn reader(&self) -> Result<Connection, Error> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.place.for_reading(), Ok)
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
    }
}

impl Store for Sqlite {
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error> {
        let connection = self.reader()?;
        let outcome = look(&read::View(&connection));
        self.put_back(connection);
        outcome
    }

    fn write(&self, job: Job) -> Result<(), Error> {
        self.writer.run(job)
    }

    fn credentials_revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    fn note_use(&self, uses: Vec<(String, LastUse)>) -> Result<(), Error> {
        self.write(Box::new(move |tx| {
            for (key, last_use) in &uses {
                tx.set_last_use(key, last_use)?;
            }
            Ok(Verdict::Keep)
        }))
    }
}

/// Connections kept for readers to come. Each holds up to its page cache in memory.
const IDLE_READERS: usize = 8;

#[cfg(test)]
mod tests;
