//! The one thread that writes, with group commit.
//!
//! It takes the job that waits and all that have queued behind it, runs each in a savepoint of
//! one transaction, commits once, and only then answers them all. There is no timer: while one
//! commit waits for the disk, the next batch gathers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread::JoinHandle,
};

use rusqlite::{Connection, hooks::Wal};

use super::{readers::Readers, write::Transaction};
use crate::{Error, Job, Verdict};

/// The queue to the writing thread. Dropping it ends the thread when its queue is empty.
pub(super) struct Writer {
    queue: Option<Sender<Envelope>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Envelope {
    job: Job,
    answer: SyncSender<Result<(), Error>>,
}

/// Who must know of a commit before its jobs are answered.
struct Told {
    readers: Arc<Readers>,
    revision: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        readers: Arc<Readers>,
        revision: Arc<AtomicU64>,
    ) -> Result<Self, Error> {
        let snapshots = Arc::clone(&readers);
        connection.wal_hook(Some(move |log: &mut Wal, pages| {
            if pages >= LONGEST_LOG {
                snapshots.let_go();
                // What is still being read stays in the log until the next commit asks again.
                let _ = log.checkpoint();
            }
            Ok(())
        }))?;
        let (queue, jobs) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("vmfa-writer".to_owned())
            .spawn(move || serve(&connection, &jobs, &Told { readers, revision }))
            .map_err(Error::file("vmfa-writer"))?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)) })
    }

    /// Returns when the job's outcome is durable.
    pub(super) fn run(&self, job: Job) -> Result<(), Error> {
        let (answer, outcome) = mpsc::sync_channel(1);
        let queue = self.queue.as_ref().ok_or(Error::Stopped)?;
        queue.send(Envelope { job, answer }).map_err(|_| Error::Stopped)?;
        outcome.recv().map_err(|_| Error::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has already failed those who waited for it.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, jobs: &Receiver<Envelope>, told: &Told) {
    while let Ok(first) = jobs.recv() {
        let waiting = jobs.try_iter().take(BATCH.saturating_sub(1));
        let batch: Vec<Envelope> = std::iter::once(first).chain(waiting).collect();
        commit(connection, batch, told);
    }
    // Leaves a file without a log behind; if it fails, the log is replayed at the next start.
    told.readers.let_go();
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
}

fn commit(connection: &Connection, batch: Vec<Envelope>, told: &Told) {
    let mut transaction = Transaction::new(connection);
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(Arc::new);
    for Envelope { mut job, answer } in batch {
        // Without the transaction around it, a savepoint would commit by itself.
        outcomes.push(match &begun {
            Ok(()) if connection.is_autocommit() => Err(Error::Undone),
            Ok(()) => attempt(&mut transaction, &mut job),
            Err(cause) => Err(Error::Uncommitted(Arc::clone(cause))),
        });
        answers.push(answer);
    }
    let committed = if begun.is_ok() { finish(connection, &told.readers) } else { Ok(()) };
    told.readers.committed();
    if transaction.credentials_changed {
        told.revision.fetch_add(1, Ordering::Release);
    }
    for (outcome, answer) in outcomes.into_iter().zip(answers) {
        let outcome = outcome.and_then(|()| match &committed {
            Ok(()) => Ok(()),
            Err(Some(cause)) => Err(Error::Uncommitted(Arc::clone(cause))),
            Err(None) => Err(Error::Undone),
        });
        // Whoever asked may have gone; the outcome stands all the same.
        let _ = answer.send(outcome);
    }
}

/// Commits. The error has the cause, unless the transaction was gone already: the engine ends it
/// by itself when the disk is full or fails, and with it goes what the batch had written.
fn finish(connection: &Connection, readers: &Readers) -> Result<(), Option<Arc<rusqlite::Error>>> {
    if connection.is_autocommit() {
        return Err(None);
    }
    connection.execute_batch("COMMIT").map_err(|cause| {
        // Where undoing fails, there is nothing left to undo. Moving the log into the database
        // lets the log begin anew, which is all the room that a full disk may still have.
        readers.let_go();
        let _ = connection.execute_batch("ROLLBACK; PRAGMA wal_checkpoint(PASSIVE);");
        Some(Arc::new(cause))
    })
}

/// One job in a savepoint.
fn attempt(transaction: &mut Transaction<'_>, job: &mut Job) -> Result<(), Error> {
    let connection = transaction.connection;
    connection.prepare_cached("SAVEPOINT call")?.execute([])?;
    let outcome = catch_unwind(AssertUnwindSafe(|| job(transaction)));
    let outcome = outcome.unwrap_or(Err(Error::Panicked));
    let end = || {
        if !matches!(outcome, Ok(Verdict::Keep)) {
            connection.prepare_cached("ROLLBACK TO call")?.execute([])?;
        }
        connection.prepare_cached("RELEASE call")?.execute([])
    };
    // Where the engine has ended the transaction, there is no savepoint to end any more; what made
    // it do so is what counts.
    let ended = end();
    outcome?;
    ended?;
    Ok(())
}

/// The most jobs in one transaction: enough to share the cost of a commit among all who wait,
/// and few enough that the first does not wait long.
const BATCH: usize = 512;

/// Pages of 4 KiB that the log may hold before they are moved into the database. The log is then
/// written from its beginning again.
const LONGEST_LOG: i32 = 4000;
