//! `BEGIN`, `COMMIT` and `ROLLBACK`: what changes anything waits in a queue between them.
//!
//! Calls cannot be taken back; so none is made before `COMMIT`, and one that fails then leaves
//! those before it done. Queries, and definitions of views and tables, are run at once.

use vmfa_iam::SqlVerb;
use vmfa_sqlite::Charge;

use super::{Code, Session, State, methods, mutation::secrets, read};
use crate::{
    Failure,
    language::{Statement, parse},
    memory,
    sink::{Cell, Sink, Tag},
};

/// A statement that waits. Its values may be secret: no `Debug`.
pub(super) struct Queued {
    statement: String,
    parameters: Vec<Cell>,
    _charge: Charge,
}

impl Session {
    pub(super) fn begin(&mut self, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        if self.state == State::Idle {
            self.state = State::InTransaction;
        } else {
            sink.note("there is already a transaction in progress")?;
        }
        Ok(Tag::Begin)
    }

    /// Runs what waits. After a failure in the transaction nothing is run.
    pub(super) fn commit(&mut self, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        let queue = std::mem::take(&mut self.queue);
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {
                sink.note("there is no transaction in progress")?;
                return Ok(Tag::Commit);
            }
            State::Failed => {
                sink.note("Rollback OK")?;
                return Ok(Tag::Rollback);
            }
            State::InTransaction => {}
        }
        let total = queue.len();
        for (done, Queued { statement, parameters, _charge }) in queue.into_iter().enumerate() {
            self.engine.go_on()?;
            let ran = self.resume(&statement, &parameters, sink);
            if let Err(failure) = ran {
                let left = total.saturating_sub(done).saturating_sub(1);
                sink.note(&format!(
                    "of {total} queued statements, those before this stay done: {done}; those \
                     after it were not run: {left}"
                ))?;
                return Err(failure);
            }
        }
        Ok(Tag::Commit)
    }

    /// How many statements wait for `COMMIT`.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Takes back what waits for `COMMIT`, but for so many statements, and the failure of one.
    pub(crate) fn take_back(&mut self, but: usize) {
        self.queue.truncate(but);
        if self.state == State::Failed {
            self.state = State::InTransaction;
        }
    }

    /// Fails where something waits for `COMMIT`, and says that it was not run.
    pub fn unfinished(&self) -> Result<(), Failure> {
        let waiting = self.queue.len();
        if waiting == 0 || self.state == State::Failed {
            return Ok(());
        }
        let message = format!(
            "the transaction was not ended by `COMMIT`: none of {waiting} queued statements was run"
        );
        Err(Failure::because(Code::FailedTransaction, message))
    }

    pub(super) fn rollback(&mut self, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        self.queue.clear();
        let note = match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => "there is no transaction in progress",
            State::InTransaction | State::Failed => "Rollback OK",
        };
        sink.note(note)?;
        Ok(Tag::Rollback)
    }

    /// Puts a statement into the queue, after a look at what can be seen beforehand.
    pub(super) fn queue(
        &mut self,
        statement: &str,
        parsed: &Statement<'_>,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        if self.described(parsed)?.is_some() {
            let message = "what waits for `COMMIT` returns nothing: leave out `RETURNING`, or run \
                           the statement outside of the transaction";
            return Err(Failure::because(Code::Unsupported, message));
        }
        if let Statement::Insert { path, .. } = parsed
            && let Some(list) = secrets(&methods(path, SqlVerb::Insert)?)
        {
            sink.note(&format!(
                "{list}: `COMMIT` will not show it, and no call shows it again; to have it, run \
                 the statement outside of the transaction with `RETURNING {list}`"
            ))?;
        }
        let size = memory::row_size(parameters).saturating_add(statement.len());
        let charge = self.setting.kept.charge(size.saturating_add(size_of::<Queued>()))?;
        let (statement, parameters) = (statement.to_owned(), parameters.to_vec());
        self.queue.push(Queued { statement, parameters, _charge: charge });
        sink.note("mutating statement queued")?;
        Ok(parsed.tag())
    }

    /// Runs a statement that waited.
    fn resume(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let _reading = memory::reading(&self.setting.memory, statement.len())?;
        let (tokens, _) = read(statement, self.provider.is_some())?;
        self.engine.bind(parameters);
        self.execute(parse(&tokens)?, sink)
    }
}

/// The refusal of any statement but the end of a transaction in which one failed.
pub(super) fn aborted() -> Failure {
    let message = "current transaction is aborted, commands ignored until end of transaction block";
    Failure::because(Code::FailedTransaction, message)
}
