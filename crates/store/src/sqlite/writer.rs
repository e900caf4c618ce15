//! The writer thread, with group commit.
//!
//! It takes the first job of the queue and all that have queued behind it, runs each in a savepoint
//! of one transaction, commits once, and then calls their completions. It needs no timer: while a
//! commit waits for the disk, the next batch gathers.
//!
//! If the disk is full, it frees a piece of the reserve file and runs the batch again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::JoinHandle,
};

use rusqlite::{Connection, hooks::Wal};
use vmfa_model::AccountId;

use super::{engine_error, readers::Readers, reserve::Reserve, transaction::Transaction};
use crate::{Completion, EngineError, Error, Verdict};

/// The queue of the writer thread. Dropping it ends the thread once its queue is empty.
pub(super) struct Writer {
    queue: Option<Sender<Queued>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A job of the writer's thread, of any account or none.
pub(super) type Work = Box<dyn FnMut(&mut Transaction<'_>) -> Result<Verdict, Error> + Send>;

/// A queued job. Its completion is called once: with its outcome, or when it is dropped.
struct Queued {
    account: Option<AccountId>,
    work: Work,
    completion: Option<Completion>,
}

impl Queued {
    fn complete(&mut self, outcome: Result<(), Error>) {
        let Some(completion) = self.completion.take() else { return };
        // The outcome stands, and the panic has been reported by its hook.
        let _ = catch_unwind(AssertUnwindSafe(|| completion(outcome)));
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.complete(Err(Error::Stopped));
    }
}

/// What the writer thread uses beside its connection.
struct WriterContext {
    readers: Arc<Readers>,
    revision: Arc<AtomicU64>,
    reserve: Arc<Mutex<Reserve>>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        readers: Arc<Readers>,
        revision: Arc<AtomicU64>,
        reserve: Reserve,
    ) -> Result<Self, Error> {
        let reserve = Arc::new(Mutex::new(reserve));
        let context = WriterContext { readers, revision, reserve };
        let (snapshots, room) = (Arc::clone(&context.readers), Arc::clone(&context.reserve));
        connection.wal_hook(Some(move |log: &mut Wal, pages| {
            if pages >= LONGEST_LOG {
                snapshots.end_idle_snapshots();
                // The database may have to grow. Pages that a snapshot still needs stay in the log
                // until the checkpoint after the next commit.
                while let Err(error) = log.checkpoint() {
                    if !Error::from(error).needs_room() || !lock(&room).free_piece() {
                        break;
                    }
                }
            }
            Ok(())
        }))?;
        let (queue, jobs) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("vmfa-writer".to_owned())
            .spawn(move || {
                serve(&connection, &jobs, &context);
                // The readers close before this, the last connection, which removes the log.
                drop(context);
            })
            .map_err(Error::file("vmfa-writer"))?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a job. `completion` is called when its outcome is durable.
    pub(super) fn queue(&self, account: Option<AccountId>, work: Work, completion: Completion) {
        let queued = Queued { account, work, completion: Some(completion) };
        if let Some(queue) = &self.queue {
            // A job that cannot be sent is dropped, and so completed.
            let _ = queue.send(queued);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // If it panicked, its jobs were completed with an error when they were dropped.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, jobs: &Receiver<Queued>, context: &WriterContext) {
    while let Ok(first) = jobs.recv() {
        let waiting = jobs.try_iter().take(BATCH.saturating_sub(1));
        let mut batch: Vec<Queued> = std::iter::once(first).chain(waiting).collect();
        while !batch.is_empty() {
            let outcomes = commit(connection, &mut batch, context);
            let is_full = outcomes.iter().any(lacks_room);
            let again = is_full && lock(&context.reserve).free_piece();
            batch = complete(batch, outcomes, again);
        }
        lock(&context.reserve).refill();
    }
    // Removes the log; if that fails, the log is replayed at the next start.
    context.readers.end_idle_snapshots();
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
}

/// Completes the jobs of a batch. Returns those that failed for want of room, to run again.
fn complete(batch: Vec<Queued>, outcomes: Vec<Result<(), Error>>, again: bool) -> Vec<Queued> {
    let failed = batch.into_iter().zip(outcomes).filter_map(|(mut queued, outcome)| {
        if again && (lacks_room(&outcome) || matches!(outcome, Err(Error::Undone))) {
            return Some(queued);
        }
        queued.complete(outcome);
        None
    });
    failed.collect()
}

/// Runs and commits a batch. Returns the outcome of each job.
fn commit(
    connection: &Connection,
    batch: &mut [Queued],
    context: &WriterContext,
) -> Vec<Result<(), Error>> {
    let mut transaction = Transaction::new(connection);
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(engine_error);
    let outcomes: Vec<_> = batch
        .iter_mut()
        .map(|queued| match &begun {
            // Without the transaction around it, a savepoint would commit by itself.
            Ok(()) if connection.is_autocommit() => Err(Error::Undone),
            Ok(()) => attempt(&mut transaction, queued),
            Err(cause) => Err(Error::Uncommitted(cause.clone())),
        })
        .collect();
    let committed = if begun.is_ok() { finish(connection, &context.readers) } else { Ok(()) };
    context.readers.committed();
    if transaction.credentials_changed {
        context.revision.fetch_add(1, Ordering::Release);
    }
    let with_commit = |outcome: Result<(), Error>| {
        outcome.and_then(|()| match &committed {
            Ok(()) => Ok(()),
            Err(Some(cause)) => Err(Error::Uncommitted(cause.clone())),
            Err(None) => Err(Error::Undone),
        })
    };
    outcomes.into_iter().map(with_commit).collect()
}

fn lacks_room(outcome: &Result<(), Error>) -> bool {
    outcome.as_ref().is_err_and(Error::needs_room)
}

/// Commits. The error has no cause if the engine has already rolled the transaction back, as after
/// a full or failed disk.
fn finish(connection: &Connection, readers: &Readers) -> Result<(), Option<EngineError>> {
    if connection.is_autocommit() {
        return Err(None);
    }
    connection.execute_batch("COMMIT").map_err(|cause| {
        // The rollback fails if the engine has already ended the transaction. The checkpoint lets the log
        // start over, which may be all the room that a full disk still has.
        readers.end_idle_snapshots();
        let _ = connection.execute_batch("ROLLBACK");
        let _ = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
        Some(engine_error(cause))
    })
}

fn lock(reserve: &Mutex<Reserve>) -> MutexGuard<'_, Reserve> {
    reserve.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a job in a savepoint.
fn attempt(transaction: &mut Transaction<'_>, queued: &mut Queued) -> Result<(), Error> {
    let connection = transaction.connection;
    connection.prepare_cached("SAVEPOINT call")?.execute([])?;
    transaction.begin(queued.account);
    let outcome = catch_unwind(AssertUnwindSafe(|| (queued.work)(transaction)));
    let outcome = outcome.unwrap_or(Err(Error::Panicked));
    // An engine may have ended the transaction with its first error, whatever the job returned.
    let outcome = transaction.take_error().map_or(outcome, Err);
    let end = || {
        if !matches!(outcome, Ok(Verdict::Keep)) {
            connection.prepare_cached("ROLLBACK TO call")?.execute([])?;
        }
        connection.prepare_cached("RELEASE call")?.execute([])
    };
    // If the engine has ended the transaction, the savepoint is gone; the job's error has the cause.
    let ended = end();
    outcome?;
    ended?;
    Ok(())
}

/// The most jobs in one transaction: enough to share the cost of a commit, few enough that the first
/// need not wait long.
const BATCH: usize = 512;

/// Checkpoint threshold in pages of 4 KiB; the log then restarts at its beginning.
const LONGEST_LOG: i32 = 4000;
