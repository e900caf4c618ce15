//! The one thread that writes, with group commit.
//!
//! It takes the job that waits and all that have queued behind it, runs each in a savepoint of
//! one transaction, commits once, and only then answers them all. There is no timer: while one
//! commit waits for the disk, the next batch gathers.
//!
//! Where the disk is full, a piece of the reserve is given up and the batch is run again.

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

use super::{engine_error, readers::Readers, reserve::Reserve, write::Transaction};
use crate::{Completion, EngineError, Error, Verdict};

/// The queue to the writing thread. Dropping it ends the thread when its queue is empty.
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

/// What the writing thread works with beside its connection.
struct Means {
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
        let means = Means { readers, revision, reserve };
        let (snapshots, room) = (Arc::clone(&means.readers), Arc::clone(&means.reserve));
        connection.wal_hook(Some(move |log: &mut Wal, pages| {
            if pages >= LONGEST_LOG {
                snapshots.let_go();
                // The database may have to grow. What is still being read stays in the log until
                // the next commit asks again.
                while let Err(error) = log.checkpoint() {
                    if !Error::from(error).needs_room() || !lock(&room).give_up_piece() {
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
                serve(&connection, &jobs, &means);
                // The readers end before the last connection that may remove the log.
                drop(means);
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
            // A writer that panicked has already failed those who waited for it.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, jobs: &Receiver<Queued>, means: &Means) {
    while let Ok(first) = jobs.recv() {
        let waiting = jobs.try_iter().take(BATCH.saturating_sub(1));
        let mut batch: Vec<Queued> = std::iter::once(first).chain(waiting).collect();
        while !batch.is_empty() {
            let outcomes = commit(connection, &mut batch, means);
            let is_full = outcomes.iter().any(lacks_room);
            let again = is_full && lock(&means.reserve).give_up_piece();
            batch = answer(batch, outcomes, again);
        }
        lock(&means.reserve).refill();
    }
    // Leaves a file without a log behind; if it fails, the log is replayed at the next start.
    means.readers.let_go();
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
}

/// Answers the jobs of a batch. Those that a full disk made fail are left where they are to be run
/// again: nothing of them was kept.
fn answer(batch: Vec<Queued>, outcomes: Vec<Result<(), Error>>, again: bool) -> Vec<Queued> {
    let answered = batch.into_iter().zip(outcomes).filter_map(|(mut queued, outcome)| {
        if again && (lacks_room(&outcome) || matches!(outcome, Err(Error::Undone))) {
            return Some(queued);
        }
        queued.complete(outcome);
        None
    });
    answered.collect()
}

/// Runs and commits a batch. The outcome of each job.
fn commit(connection: &Connection, batch: &mut [Queued], means: &Means) -> Vec<Result<(), Error>> {
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
    let committed = if begun.is_ok() { finish(connection, &means.readers) } else { Ok(()) };
    means.readers.committed();
    if transaction.credentials_changed {
        means.revision.fetch_add(1, Ordering::Release);
    }
    let answered = |outcome: Result<(), Error>| {
        outcome.and_then(|()| match &committed {
            Ok(()) => Ok(()),
            Err(Some(cause)) => Err(Error::Uncommitted(cause.clone())),
            Err(None) => Err(Error::Undone),
        })
    };
    outcomes.into_iter().map(answered).collect()
}

fn lacks_room(outcome: &Result<(), Error>) -> bool {
    outcome.as_ref().is_err_and(Error::needs_room)
}

/// Commits. The error has the cause, unless the transaction was gone already: the engine ends it
/// by itself when the disk is full or fails, and with it goes what the batch had written.
fn finish(connection: &Connection, readers: &Readers) -> Result<(), Option<EngineError>> {
    if connection.is_autocommit() {
        return Err(None);
    }
    connection.execute_batch("COMMIT").map_err(|cause| {
        // Where undoing fails, there is nothing left to undo. Moving the log into the database
        // lets the log begin anew, which is all the room that a full disk may still have.
        readers.let_go();
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
    // An engine may have ended the transaction with its first error, whatever the job made of it.
    let outcome = transaction.take_error().map_or(outcome, Err);
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
