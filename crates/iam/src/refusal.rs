//! How a rule ends early.

use vmfa_model::{Fault, FaultKind, ShapeMismatch};
use vmfa_store::Error;

use crate::refuse;

/// Why a rule did not finish.
#[derive(Debug)]
pub enum Refusal {
    /// The call is refused, and its writes are rolled back.
    Fault(Fault),
    /// The call is refused, and its writes are committed: a counted attempt.
    Kept(Fault),
    /// An internal error, whose cause only the log shows.
    Internal(InternalError),
}

/// A failure that no caller caused.
#[derive(Debug, thiserror::Error)]
pub enum InternalError {
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
    /// A value that passed validation did not convert: the table is wrong.
    #[error(transparent)]
    Mismatch(#[from] ShapeMismatch),
    /// A state that cannot occur.
    #[error("{0}")]
    Impossible(&'static str),
}

impl Refusal {
    /// The error for the caller. An internal error is logged with `request`, and hidden from the
    /// caller.
    pub fn into_fault(self, request: &str) -> Fault {
        let error = match self {
            Self::Fault(fault) | Self::Kept(fault) => return fault,
            Self::Internal(error) => error,
        };
        tracing::error!(request, error = with_causes(&error), "the service failed");
        let full = matches!(&error, InternalError::Store(error) if error.is_full());
        let kind = if full { FaultKind::ServiceUnavailable } else { FaultKind::ServiceFailure };
        refuse::internal_error(kind, request)
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
        Self::Internal(error.into())
    }
}

impl From<ShapeMismatch> for Refusal {
    fn from(mismatch: ShapeMismatch) -> Self {
        Self::Internal(mismatch.into())
    }
}
