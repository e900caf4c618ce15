//! A store that fails, panics or waits on demand, and counts its calls.

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use vmfa_model::AccountId;
use vmfa_store::{
    Completion, EngineCondition, EngineError, Error, Job, KeyId, LastUse, Read, Sealed, Store,
    Verdict, Write,
};

use crate::statements::{CountedTransaction, CountedView, Statements};

/// Controls a store, and shows what it counted.
#[derive(Debug, Default)]
pub struct Failing {
    panics: AtomicBool,
    fails: AtomicBool,
    blocks: AtomicBool,
    reruns: AtomicBool,
    loses_outcomes: AtomicBool,
    statement: Mutex<Option<(usize, Failure)>>,
    commit: Mutex<Option<Failure>>,
    waits: Mutex<bool>,
    wait_ended: Condvar,
    calls: Mutex<StoreCalls>,
}

/// What is wrong with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full.
    DiskFull,
    /// Anything else.
    Damaged,
}

/// Calls of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCalls {
    /// Read views.
    pub views: usize,
    /// Transactions.
    pub transactions: usize,
    /// Queries, in views and transactions.
    pub reads: usize,
    /// Changes, in transactions.
    pub writes: usize,
    /// Statements and commits that failed on demand.
    pub failures: usize,
}

/// A store under the control of a [`Failing`].
pub(crate) struct FailingStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) failing: Arc<Failing>,
}

impl Failing {
    /// Whether reading and writing panic.
    pub fn panic(&self, panics: bool) {
        self.panics.store(panics, Ordering::SeqCst);
    }

    /// Whether reading and writing fail before they begin.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// Fails the statement of that number, counted from 1 across the views and transactions that
    /// begin after this call. A full disk stays full: every later statement fails too. A statement
    /// is a call of a method of [`Read`] or [`Write`].
    pub fn fail_statement(&self, statement: Option<(usize, Failure)>) {
        *self.statement.lock().unwrap() = statement;
    }

    /// Fails each transaction after its job has run.
    pub fn fail_commits(&self, failure: Option<Failure>) {
        *self.commit.lock().unwrap() = failure;
    }

    /// Whether each job runs in a transaction that is rolled back before it runs in its own.
    pub fn rerun_jobs(&self, reruns: bool) {
        self.reruns.store(reruns, Ordering::SeqCst);
    }

    /// Whether each completion panics after the commit, as an output that cannot be made does.
    pub fn lose_outcomes(&self, loses: bool) {
        self.loses_outcomes.store(loses, Ordering::SeqCst);
    }

    /// Whether writes wait: with `true` until this is called with `false`.
    pub fn pause_writes(&self, pauses: bool) {
        *self.waits.lock().unwrap() = pauses;
        self.wait_ended.notify_all();
    }

    /// Whether reads block, for 50 milliseconds, as those of a store over a network do.
    pub fn block_reads(&self, blocks: bool) {
        self.blocks.store(blocks, Ordering::SeqCst);
    }

    /// The calls since this was last called.
    pub fn take_calls(&self) -> StoreCalls {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn check(&self) -> Result<(), Error> {
        assert!(!self.panics.load(Ordering::SeqCst), "a panic that a test asked for");
        if self.fails.load(Ordering::SeqCst) { Err(Failure::Damaged.error()) } else { Ok(()) }
    }

    fn statements(&self) -> Statements {
        let fail = *self.statement.lock().unwrap();
        Statements::new(fail)
    }

    /// Adds the statements of a view or transaction that ended.
    fn count(&self, statements: &Statements, add: impl FnOnce(&mut StoreCalls)) {
        let mut calls = self.calls.lock().unwrap();
        let (reads, writes) = statements.counts();
        let mut statement = self.statement.lock().unwrap();
        // The next view or transaction counts on.
        *statement = statement.and_then(|(at, failure)| match at.saturating_sub(reads + writes) {
            0 if failure == Failure::Damaged => None,
            rest => Some((rest.max(1), failure)),
        });
        (calls.reads, calls.writes) = (calls.reads + reads, calls.writes + writes);
        calls.failures += usize::from(statements.failed().is_some());
        add(&mut calls);
    }

    /// Runs a job, on the store's thread.
    fn run(&self, job: &mut Job, transaction: &mut dyn Write) -> Result<Verdict, Error> {
        drop(self.wait_ended.wait_while(self.waits.lock().unwrap(), |waits| *waits).unwrap());
        let statements = self.statements();
        let outcome = job(&mut CountedTransaction { transaction, statements: &statements });
        self.count(&statements, |calls| calls.transactions += 1);
        // As in every store, a job that ignores an error fails with it.
        statements.failed().map_or(outcome, Err)
    }

    fn check_commit(&self) -> Result<(), Error> {
        let Some(failure) = *self.commit.lock().unwrap() else { return Ok(()) };
        self.calls.lock().unwrap().failures += 1;
        Err(failure.error())
    }
}

impl Failure {
    pub(crate) fn error(self) -> Error {
        let (condition, message) = match self {
            Self::DiskFull => (EngineCondition::DiskFull, "database or disk is full"),
            Self::Damaged => (EngineCondition::Other, "database disk image is malformed"),
        };
        Error::Engine(EngineError::new(condition, io::Error::other(message)))
    }
}

impl Store for FailingStore {
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error> {
        self.failing.check()?;
        if !self.reads_inline() {
            thread::sleep(Duration::from_millis(50));
        }
        self.store.read(&mut |view| {
            let statements = self.failing.statements();
            let outcome = look(&CountedView { view, statements: &statements });
            self.failing.count(&statements, |calls| calls.views += 1);
            outcome
        })
    }

    fn reads_inline(&self) -> bool {
        !self.failing.blocks.load(Ordering::SeqCst) && self.store.reads_inline()
    }

    fn write(&self, account: AccountId, mut job: Job, completion: Completion) {
        if let Err(error) = self.failing.check() {
            return completion(Err(error));
        }
        let failing = Arc::clone(&self.failing);
        let completion: Completion = if failing.loses_outcomes.load(Ordering::SeqCst) {
            Box::new(move |_| {
                drop(completion);
                panic!("a panic that a test asked for");
            })
        } else {
            completion
        };
        if !failing.reruns.load(Ordering::SeqCst) {
            let job = move |tx: &mut dyn Write| {
                let verdict = failing.run(&mut job, tx)?;
                failing.check_commit().map(|()| verdict)
            };
            return self.store.write(account, Box::new(job), completion);
        }
        let job = Arc::new(Mutex::new(job));
        let (rolled_back, committed) = (Arc::clone(&job), job);
        let first = move |tx: &mut dyn Write| {
            // Its outcome does not count.
            let _ = rolled_back.lock().unwrap()(tx);
            Ok(Verdict::Undo)
        };
        self.store.write(account, Box::new(first), Box::new(|_| ()));
        let second = move |tx: &mut dyn Write| failing.run(&mut committed.lock().unwrap(), tx);
        self.store.write(account, Box::new(second), completion);
    }

    /// Its statements are not counted: the server notes uses in the background.
    fn note_use(&self, account: AccountId, uses: Vec<(KeyId, LastUse)>) -> Result<(), Error> {
        self.failing.check()?;
        self.store.note_use(account, uses)
    }

    fn credentials_revision(&self) -> u64 {
        self.store.credentials_revision()
    }

    fn set_key_check(&self, seal: Sealed) -> Result<(), Error> {
        self.store.set_key_check(seal)
    }
}
