//! Connections for readers, each on the thread that asks.
//!
//! A reader sees one moment: everything it asks is answered from one snapshot. To take a snapshot
//! costs system calls and a lock that all readers share, so a reader keeps its own until something
//! was committed since. What is kept while nobody reads is let go before the log is checkpointed:
//! a snapshot holds on to all that was logged after it.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::Connection;

use super::{connection::Place, read::View};
use crate::{Error, Read};

/// The readers of one file.
pub(super) struct Readers {
    place: Place,
    idle: Mutex<Vec<Reader>>,
    /// Counts commits.
    commits: AtomicU64,
}

struct Reader {
    connection: Connection,
    /// The count of commits when its snapshot was asked for.
    snapshot: Option<u64>,
}

impl Readers {
    pub(super) fn new(file: &Path) -> Self {
        Self { place: Place::new(file), idle: Mutex::default(), commits: AtomicU64::new(0) }
    }

    /// Gives a view to `look`: of one moment, with all that was committed before. Its memory is
    /// charged to no account: the thread may be one that runs a statement of the SQL door.
    pub(super) fn read(
        &self,
        look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>,
    ) -> Result<(), Error> {
        vmfa_sqlite::uncharged(|| self.read_uncharged(look))
    }

    fn read_uncharged(
        &self,
        look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // Counted before the snapshot is taken, which may then have more in it, but never less.
        let commits = self.commits.load(Ordering::Acquire);
        let mut reader = self.reader()?;
        reader.renew(commits)?;
        let outcome = look(&View::new(&reader.connection));
        if outcome.is_ok() {
            self.put_back(reader);
        }
        outcome
    }

    /// To be called after each commit, before anybody is told of it.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    /// Ends the snapshots that nobody is looking at.
    pub(super) fn let_go(&self) {
        self.lock().iter_mut().for_each(Reader::let_go);
    }

    fn reader(&self) -> Result<Reader, Error> {
        let idle = self.lock().pop();
        let new = || Ok(Reader { connection: self.place.for_reading()?, snapshot: None });
        idle.map_or_else(new, Ok)
    }

    fn put_back(&self, reader: Reader) {
        let mut idle = self.lock();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn renew(&mut self, commits: u64) -> Result<(), Error> {
        if self.snapshot == Some(commits) {
            return Ok(());
        }
        self.let_go();
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.snapshot = Some(commits);
        Ok(())
    }

    fn let_go(&mut self) {
        if self.snapshot.take().is_some() {
            // A transaction that read and wrote nothing ends whatever happens.
            let _ = self.connection.execute_batch("COMMIT");
        }
    }
}

/// Connections kept for readers to come. Each holds up to its page cache in memory.
const IDLE_READERS: usize = 16;
