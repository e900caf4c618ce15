//! How a rule ends early.

use vmfa_model::{Fault, FaultKind, ShapeMismatch};
use vmfa_store::Error;

use crate::refuse;

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
    Mismatch(#[from] ShapeMismatch),
    /// Something that cannot be, named.
    #[error("{0}")]
    Impossible(&'static str),
}

impl Refusal {
    /// What the caller is told. What broke is logged under `request`, and told as no more than
    /// that.
    pub fn into_fault(self, request: &str) -> Fault {
        let broken = match self {
            Self::Fault(fault) | Self::Kept(fault) => return fault,
            Self::Broken(broken) => broken,
        };
        tracing::error!(request, error = with_causes(&broken), "the service failed");
        let full = matches!(&broken, Broken::Store(error) if error.is_full());
        let kind = if full { FaultKind::ServiceUnavailable } else { FaultKind::ServiceFailure };
        refuse::broken(kind, request)
    }
}

/// An error and what caused it, for a line of the log.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
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

impl From<ShapeMismatch> for Refusal {
    fn from(mismatch: ShapeMismatch) -> Self {
        Self::Broken(mismatch.into())
    }
}
