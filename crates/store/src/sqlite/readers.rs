//! The pool of read connections.
//!
//! A read view is one snapshot. Taking one costs system calls and a lock that all readers share, so
//! an idle connection keeps its snapshot until something was committed. A snapshot prevents the
//! log's checkpoint from passing it, so those of idle connections are ended before a checkpoint.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::Connection;

use super::{connection::DatabaseFile, view::View};
use crate::{Error, Read};

/// The read connections of one file.
pub(super) struct Readers {
    database: DatabaseFile,
    idle: Mutex<Vec<IdleConnection>>,
    commits: AtomicU64,
}

struct IdleConnection {
    connection: Connection,
    /// The number of commits when its snapshot was taken.
    snapshot: Option<u64>,
}

impl Readers {
    pub(super) fn new(file: &Path) -> Self {
        Self {
            database: DatabaseFile::new(file),
            idle: Mutex::default(),
            commits: AtomicU64::new(0),
        }
    }

    /// Shows `look` a snapshot that includes every commit acknowledged before. Its memory is not
    /// charged to the account of a SQL statement that may be running on the thread.
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
        // Loaded before the snapshot is taken, which may include later commits.
        let commits = self.commits.load(Ordering::Acquire);
        let mut reader = self.reader()?;
        reader.renew(commits)?;
        let outcome = look(&View::new(&reader.connection));
        if outcome.is_ok() {
            self.put_back(reader);
        }
        outcome
    }

    /// Must be called after each commit, before it is acknowledged.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    /// Ends the snapshots of idle connections.
    pub(super) fn end_idle_snapshots(&self) {
        self.lock().iter_mut().for_each(IdleConnection::end_snapshot);
    }

    fn reader(&self) -> Result<IdleConnection, Error> {
        let idle = self.lock().pop();
        let new =
            || Ok(IdleConnection { connection: self.database.for_reading()?, snapshot: None });
        idle.map_or_else(new, Ok)
    }

    fn put_back(&self, reader: IdleConnection) {
        let mut idle = self.lock();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<IdleConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdleConnection {
    fn renew(&mut self, commits: u64) -> Result<(), Error> {
        if self.snapshot == Some(commits) {
            return Ok(());
        }
        self.end_snapshot();
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.snapshot = Some(commits);
        Ok(())
    }

    fn end_snapshot(&mut self) {
        if self.snapshot.take().is_some() {
            // A transaction without writes ends in any case.
            let _ = self.connection.execute_batch("COMMIT");
        }
    }
}

/// Idle connections to keep. Each holds up to its page cache in memory.
const IDLE_READERS: usize = 16;
