//! Stops what a connection is running: because a client asks for it, or since its time is over.
//!
//! Not here: how a statement notices.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::Interrupter;

/// The brake of a connection.
#[derive(Default)]
pub(super) struct Brake {
    run: Mutex<Run>,
    /// Heard by whoever waits for a deadline.
    changed: Condvar,
}

/// Why a statement is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody wants it.
    Request,
    /// It has taken as long as it may.
    Timeout,
}

#[derive(Default)]
struct Run {
    /// Of the session, of the cursor that is read, and of the catalogue.
    interrupters: [Option<Interrupter>; 3],
    running: bool,
    cause: Option<Cause>,
    deadline: Option<Instant>,
    /// Whether anybody waits for deadlines, and until when, if not for ever.
    watched: bool,
    wakes: Option<Instant>,
    closed: bool,
}

impl Brake {
    /// A statement begins, which may take so long.
    pub(super) fn begin(self: &Arc<Self>, limit: Option<Duration>) {
        let mut run = self.run();
        (run.running, run.cause) = (true, None);
        run.interrupters.iter().flatten().for_each(Interrupter::reset);
        self.limit(run, limit);
    }

    /// It has ended. Why it was stopped, if it was.
    pub(super) fn end(&self) -> Option<Cause> {
        let mut run = self.run();
        (run.running, run.deadline) = (false, None);
        run.cause.take()
    }

    /// It waits for its client, which is not to count. What is left of its time.
    pub(super) fn rest(&self) -> Option<Duration> {
        let mut run = self.run();
        run.running = false;
        let deadline = run.deadline.take();
        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// It goes on, with what was left of its time.
    pub(super) fn go_on(self: &Arc<Self>, left: Option<Duration>) {
        let mut run = self.run();
        run.running = true;
        self.limit(run, left);
    }

    /// By what statements of the session are stopped.
    pub(super) fn on_session(&self, interrupter: Interrupter) {
        self.connect(0, Some(interrupter));
    }

    /// By what the cursor is stopped that is read now.
    pub(super) fn on_cursor(&self, interrupter: Option<Interrupter>) {
        self.connect(1, interrupter);
    }

    /// By what queries on the catalogue are stopped.
    pub(super) fn on_catalog(&self, interrupter: Interrupter) {
        self.connect(2, Some(interrupter));
    }

    /// Stops the statement that is run, if one is.
    pub(super) fn pull(&self, cause: Cause) {
        self.run().stop(cause);
    }

    /// There will be no more statements.
    pub(super) fn close(&self) {
        self.run().closed = true;
        self.changed.notify_all();
    }

    fn connect(&self, place: usize, interrupter: Option<Interrupter>) {
        let mut run = self.run();
        if let Some(at) = run.interrupters.get_mut(place) {
            *at = interrupter;
        }
        if run.cause.is_some() {
            run.interrupt();
        }
    }

    fn limit(self: &Arc<Self>, mut run: MutexGuard<'_, Run>, limit: Option<Duration>) {
        run.deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let Some(deadline) = run.deadline else { return };
        if run.watched {
            // Whoever wakes earlier than that finds it by itself.
            if run.wakes.is_none_or(|wakes| wakes > deadline) {
                self.changed.notify_all();
            }
            return;
        }
        let brake = Arc::clone(self);
        let builder = thread::Builder::new().name("vmfa-pg-time".to_owned()).stack_size(STACK);
        match builder.spawn(move || brake.watch()) {
            Ok(_) => run.watched = true,
            Err(error) => {
                tracing::warn!(%error, "no thread for timeouts; cancelling the statement");
                run.stop(Cause::Timeout);
            }
        }
    }

    /// Waits for deadlines, until there are no more statements.
    fn watch(&self) {
        let mut run = self.run();
        while !run.closed {
            let left =
                run.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let wait = match left {
                None => {
                    run.wakes = None;
                    run = self.changed.wait(run).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                Some(Duration::ZERO) => {
                    run.stop(Cause::Timeout);
                    // A session that is only about to begin does not hear it the first time.
                    AGAIN
                }
                Some(left) => left,
            };
            run.wakes = Instant::now().checked_add(wait);
            let waited = self.changed.wait_timeout(run, wait);
            run = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Stops the statement, if one runs.
    fn stop(&mut self, cause: Cause) {
        if self.running {
            self.cause.get_or_insert(cause);
            self.interrupt();
        }
    }

    fn interrupt(&self) {
        self.interrupters.iter().flatten().for_each(Interrupter::stop);
    }
}

/// How long until a statement is told again.
const AGAIN: Duration = Duration::from_millis(10);
/// Bytes of the stack of whoever waits.
const STACK: usize = 64 << 10;
