//! What a write rule returns: its one transaction, and how its result becomes the output.
//!
//! The service runs it, so a rule cannot write twice, nor write after its output is made; and the
//! caller decides whether to block until the commit or to be called back. The output is made by the
//! thread that takes the outcome, never by the store's, so that what it costs delays no other write.

use std::sync::{Arc, Mutex, PoisonError};

use vmfa_model::{AccountId, Fault, Record};
use vmfa_store::{Job, Store, Verdict, Write};

use crate::{Refusal, refusal::InternalError};

/// At most one transaction, and the output that follows from it.
pub(crate) enum Change<T> {
    /// Nothing is written.
    None(T),
    Transaction {
        job: Job,
        output: CommittedOutput<T>,
    },
}

/// Makes the output of what the job's last run returned. Called after the commit.
type CommittedOutput<T> = Box<dyn FnOnce() -> Result<T, Refusal> + Send>;

/// A call that has run: if it writes, its write is durable or has failed.
pub struct CallOutcome(RunCall);

enum RunCall {
    Refused(Refusal),
    Unwritten(Record),
    Committed(CommittedOutput<Record>),
}

impl CallOutcome {
    pub(crate) const fn refused(refusal: Refusal) -> Self {
        Self(RunCall::Refused(refusal))
    }

    /// Makes the output. An internal error is logged with `request`, and hidden from the caller.
    pub fn finish(self, request: &str) -> Result<Record, Fault> {
        let output = match self.0 {
            RunCall::Refused(refusal) => Err(refusal),
            RunCall::Unwritten(output) => Ok(output),
            RunCall::Committed(output) => output(),
        };
        output.map_err(|refusal| refusal.into_fault(request))
    }
}

impl<T: Send + 'static> Change<T> {
    /// A transaction. The job may run more than once; only its last run counts. What it wrote is
    /// undone where it refuses, except by [`Refusal::Kept`].
    pub(crate) fn transaction(
        mut job: impl FnMut(&mut dyn Write) -> Result<T, Refusal> + Send + 'static,
    ) -> Self {
        let slot = Arc::new(Mutex::new(None));
        let written = Arc::clone(&slot);
        let job = move |tx: &mut dyn Write| {
            let outcome = job(tx);
            let verdict = match outcome {
                Ok(_) | Err(Refusal::Kept(_)) => Verdict::Keep,
                // The store knows best what to do about its own errors: a full disk may be mended.
                Err(Refusal::Internal(InternalError::Store(error))) => return Err(error),
                Err(Refusal::Fault(_) | Refusal::Internal(_)) => Verdict::Undo,
            };
            *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            Ok(verdict)
        };
        let output = move || {
            let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            outcome.unwrap_or(Err(Refusal::Internal(InternalError::Impossible(
                "the store ran no job",
            ))))
        };
        Self::Transaction { job: Box::new(job), output: Box::new(output) }
    }

    /// Makes the output of what the transaction returned, once it is committed.
    pub(crate) fn then<U>(self, finish: impl FnOnce(T) -> U + Send + 'static) -> Change<U> {
        match self {
            Self::None(result) => Change::None(finish(result)),
            Self::Transaction { job, output } => {
                Change::Transaction { job, output: Box::new(move || output().map(finish)) }
            }
        }
    }

    /// Runs the transaction, and returns when it is durable.
    pub(crate) fn apply(self, store: &dyn Store, account: AccountId) -> Result<T, Refusal> {
        match self {
            Self::None(result) => Ok(result),
            Self::Transaction { job, output } => {
                store.write_and_wait(account, job)?;
                output()
            }
        }
    }
}

impl Change<Record> {
    /// Queues the transaction, and calls `done` after its commit, on the store's thread; at once
    /// where nothing is written.
    pub(crate) fn start(
        self,
        store: &dyn Store,
        account: AccountId,
        done: impl FnOnce(CallOutcome) + Send + 'static,
    ) {
        match self {
            Self::None(output) => done(CallOutcome(RunCall::Unwritten(output))),
            Self::Transaction { job, output } => {
                let completion = |committed: Result<(), vmfa_store::Error>| {
                    done(CallOutcome(match committed {
                        Ok(()) => RunCall::Committed(output),
                        Err(error) => RunCall::Refused(error.into()),
                    }));
                };
                store.write(account, job, Box::new(completion));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use vmfa_model::Timestamp;
    use vmfa_store::{NewAccount, sqlite::Sqlite};

    use super::*;
    use crate::refuse;

    #[test]
    fn only_a_kept_refusal_keeps_what_the_job_wrote() {
        type Job = fn() -> Result<(), Refusal>;
        let directory = tempfile::tempdir().unwrap();
        let jobs: [(Job, bool); 4] = [
            (|| Ok(()), true),
            (|| Err(Refusal::Kept(refuse::wrong_code())), true),
            (|| Err(Refusal::Fault(refuse::wrong_code())), false),
            (|| Err(Refusal::Internal(InternalError::Impossible("a test"))), false),
        ];
        for (number, (job, kept)) in jobs.into_iter().enumerate() {
            let store = Sqlite::open(&directory.path().join(number.to_string())).unwrap();
            let id = AccountId::parse("123456789012").unwrap();
            let account = NewAccount { id, created: Timestamp::from_unix(0) };
            let change = Change::transaction(move |tx| {
                tx.insert_account(&account)?;
                job()
            });
            assert_eq!(change.apply(&store, id).is_ok(), job().is_ok());
            let mut stored = None;
            let read = store.read(&mut |view| {
                stored = view.account(id)?;
                Ok(())
            });
            read.unwrap();
            assert_eq!(stored.is_some(), kept, "{:?}", job());
        }
    }
}
