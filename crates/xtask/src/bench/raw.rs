//! The limit for creation: the same rows, written by bare SQLite into the same schema with the same
//! durability and group commit, without service, seed, encryption and QR code.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender, SyncSender},
    },
};

use anyhow::Context as _;
use rusqlite::{Connection, params};
use vmfa_store::sqlite::Sqlite;

use super::fill::SEAL;

/// A writer thread. It ends when this is dropped.
pub(super) struct BareWriter {
    queue: Mutex<Sender<QueuedRow>>,
}

struct QueuedRow {
    name: String,
    written: SyncSender<bool>,
}

impl BareWriter {
    pub(super) fn start(file: &Path) -> anyhow::Result<Self> {
        // Creates the schema, and closes the file.
        drop(Sqlite::open(file)?);
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192;
             INSERT INTO account (id, created) VALUES (1, 0);",
        )?;
        let (queue, rows) = mpsc::channel();
        std::thread::spawn(move || serve(&connection, &rows));
        Ok(Self { queue: Mutex::new(queue) })
    }

    pub(super) fn queue(&self) -> Queue {
        Queue(self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// One caller's handle of the writer thread.
pub(super) struct Queue(Sender<QueuedRow>);

impl Queue {
    /// Returns after the commit.
    pub(super) fn write(&self, name: String) -> anyhow::Result<()> {
        let (written, wait) = mpsc::sync_channel(1);
        self.0.send(QueuedRow { name, written }).ok().context("the writer has ended")?;
        anyhow::ensure!(wait.recv()?, "a row was not written");
        Ok(())
    }
}

fn serve(connection: &Connection, rows: &Receiver<QueuedRow>) {
    let mut last = 0;
    while let Ok(first) = rows.recv() {
        let waiting = rows.try_iter().take(BATCH.saturating_sub(1));
        let batch: Vec<QueuedRow> = std::iter::once(first).chain(waiting).collect();
        let written = commit(connection, &batch, &mut last).is_ok();
        for row in batch {
            // The caller may have ended.
            let _ = row.written.send(written);
        }
    }
}

fn commit(connection: &Connection, batch: &[QueuedRow], last: &mut i64) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for row in batch {
        *last = last.saturating_add(1);
        connection
            .prepare_cached(
                "INSERT INTO device (account, id, resource, generation, seed)
                 VALUES (1, ?1, ?2, ?3, ?4)",
            )?
            .execute(params![*last, row.name, *last, [7_u8; SEAL]])?;
        connection
            .prepare_cached(
                "UPDATE account SET devices = devices + 1, next_device = next_device + 1
                 WHERE id = 1",
            )?
            .execute([])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// The batch limit of vmfa's writer thread.
const BATCH: usize = 512;
