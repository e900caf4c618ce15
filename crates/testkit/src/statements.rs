//! Views and transactions that count the calls of their methods, and fail one of them.

use std::cell::{Cell, RefCell};

use vmfa_store::{Error, ForwardRead, ForwardWrite, Read, Write};

use crate::Failure;

/// The statements of one view or transaction.
pub(crate) struct Statements {
    /// The statement to fail, counted from 1.
    fail: Option<(usize, Failure)>,
    reads: Cell<usize>,
    writes: Cell<usize>,
    failed: RefCell<Option<Error>>,
}

impl Statements {
    pub(crate) fn new(fail: Option<(usize, Failure)>) -> Self {
        Self { fail, reads: Cell::new(0), writes: Cell::new(0), failed: RefCell::new(None) }
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.reads.get(), self.writes.get())
    }

    pub(crate) fn failed(&self) -> Option<Error> {
        self.failed.borrow().clone()
    }

    fn count(&self, kind: &Cell<usize>) -> Result<(), Error> {
        kind.set(kind.get() + 1);
        let number = self.reads.get() + self.writes.get();
        match self.fail {
            Some((at, failure))
                if at == number || (at < number && failure == Failure::DiskFull) =>
            {
                let error = failure.error();
                *self.failed.borrow_mut() = Some(error.clone());
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

pub(crate) struct CountedView<'v> {
    pub(crate) view: &'v dyn Read,
    pub(crate) statements: &'v Statements,
}

impl ForwardRead for CountedView<'_> {
    fn reader(&self) -> Result<&dyn Read, Error> {
        self.statements.count(&self.statements.reads)?;
        Ok(self.view)
    }
}

/// A transaction, which is its own view: both count together.
pub(crate) struct CountedTransaction<'t> {
    pub(crate) transaction: &'t mut dyn Write,
    pub(crate) statements: &'t Statements,
}

impl ForwardRead for CountedTransaction<'_> {
    fn reader(&self) -> Result<&dyn Read, Error> {
        self.statements.count(&self.statements.reads)?;
        Ok(self.transaction.view())
    }
}

impl ForwardWrite for CountedTransaction<'_> {
    fn writer(&mut self) -> Result<&mut dyn Write, Error> {
        self.statements.count(&self.statements.writes)?;
        Ok(self.transaction)
    }
}

impl Write for CountedTransaction<'_> {
    fn view(&self) -> &dyn Read {
        self
    }
}
