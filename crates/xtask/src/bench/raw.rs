//! The limit for creation: the same rows, written by bare SQLite into the same schema, with the
//! same durability, and one commit for all who wait. No service, no seed, no seal, no QR code.

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

/// A writing thread. It ends when this is dropped.
pub(super) struct Raw {
    queue: Mutex<Sender<Row>>,
}

struct Row {
    name: String,
    written: SyncSender<bool>,
}

impl Raw {
    pub(super) fn start(file: &Path) -> anyhow::Result<Self> {
        // Makes the schema, and lets go of the file.
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

    /// A queue of one's own.
    pub(super) fn queue(&self) -> Queue {
        Queue(self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// One caller's way to the writer.
pub(super) struct Queue(Sender<Row>);

impl Queue {
    /// Returns when the row is on the disk.
    pub(super) fn write(&self, name: String) -> anyhow::Result<()> {
        let (written, wait) = mpsc::sync_channel(1);
        self.0.send(Row { name, written }).ok().context("the writer has ended")?;
        anyhow::ensure!(wait.recv()?, "a row was not written");
        Ok(())
    }
}

fn serve(connection: &Connection, rows: &Receiver<Row>) {
    let mut last = 0;
    while let Ok(first) = rows.recv() {
        let waiting = rows.try_iter().take(BATCH.saturating_sub(1));
        let batch: Vec<Row> = std::iter::once(first).chain(waiting).collect();
        let written = commit(connection, &batch, &mut last).is_ok();
        for row in batch {
            // Whoever waited may be gone.
            let _ = row.written.send(written);
        }
    }
}

fn commit(connection: &Connection, batch: &[Row], last: &mut i64) -> rusqlite::Result<()> {
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

/// As many as vmfa's own writer takes.
const BATCH: usize = 512;
