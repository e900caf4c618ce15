//! How a rule ends early.

use vmfa_model::{Fault, Mismatch};
use vmfa_store::Error;

/// Why a rule did not finish.
#[derive(Debug)]
pub enum Refusal {
    /// The caller is refused, and all that the call wrote is undone.
    Fault(Fault),
    /// The caller is refused, and what the call wrote is kept: a counted attempt.
    Kept(Fault),
    /// The service broke. The caller is told no more than that.
    Broken(Broken),
}

/// What broke.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
    /// A value that passed validation did not convert: the table is wrong.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// Something that cannot be, named.
    #[error("{0}")]
    Impossible(&'static str),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Mismatch> for Refusal {
    fn from(mismatch: Mismatch) -> Self {
        Self::Broken(mismatch.into())
    }
}
