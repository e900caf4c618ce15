//! Limits the size of the values that an evaluation creates.

use std::cell::Cell;

use crate::error::{Error, ErrorKind};

/// The remaining size of one evaluation. An expression such as `[@,@]|[@,@]|…` is cheap to evaluate,
/// because data is shared, but its output grows exponentially.
#[derive(Debug)]
pub(crate) struct Budget {
    values: Cell<usize>,
}

impl Budget {
    pub(crate) const fn new(values: usize) -> Self {
        Self { values: Cell::new(values) }
    }

    /// For values that nothing multiplies, such as a literal in a message.
    pub(crate) const fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Spends a number of values.
    ///
    /// # Errors
    /// The result is too large.
    pub(crate) fn spend(&self, values: usize) -> Result<(), Error> {
        let left = self.values.get().checked_sub(values).ok_or(ErrorKind::TooLarge)?;
        self.values.set(left);
        Ok(())
    }

    /// Like [`spend`](Self::spend), for a new string.
    pub(crate) fn spend_text(&self, bytes: usize) -> Result<(), Error> {
        self.spend((bytes / 64).saturating_add(1))
    }
}
