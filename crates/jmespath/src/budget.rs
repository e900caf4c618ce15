//! How much an expression may still make.
//!
//! Not responsible for depth: nodes and data know their own.

use std::cell::Cell;

use crate::error::{Error, Reason};

/// Counts down what one search makes. An expression such as `[@,@]|[@,@]|…` is cheap to evaluate,
/// because data is shared, and has no end when it is printed.
#[derive(Debug)]
pub(crate) struct Budget {
    parts: Cell<usize>,
}

impl Budget {
    pub(crate) const fn new(parts: usize) -> Self {
        Self { parts: Cell::new(parts) }
    }

    /// For what nothing multiplies, such as a literal in a message.
    pub(crate) const fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Takes so many values, or says that the answer grows too large.
    pub(crate) fn spend(&self, parts: usize) -> Result<(), Error> {
        let left = self.parts.get().checked_sub(parts).ok_or(Reason::TooLarge)?;
        self.parts.set(left);
        Ok(())
    }

    /// As [`spend`](Self::spend), for a string that is made.
    pub(crate) fn spend_text(&self, bytes: usize) -> Result<(), Error> {
        self.spend((bytes / 64).saturating_add(1))
    }
}
