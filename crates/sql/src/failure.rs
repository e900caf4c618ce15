//! Why a statement failed, and what that is in SQL's codes.

use std::{borrow::Cow, io};

use vmfa_client::CallError;
use vmfa_model::FaultKind;

/// Why a statement failed. Displayed as what standard error gets: AWS's code and message where
/// the service refused, and our own words otherwise. Neither ever holds a value that was given.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    why: Why,
    position: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
enum Why {
    /// A call that the statement made was refused, or nobody could be asked.
    #[error(transparent)]
    Call(CallError),
    /// The statement itself cannot be run.
    #[error("{1}")]
    Statement(State, String),
    /// What it gives cannot be written.
    #[error(transparent)]
    Output(io::Error),
}

impl Failure {
    /// A statement that is not written as statements are.
    pub(crate) fn of(message: impl Into<String>) -> Self {
        Self::because(State::Syntax, message)
    }

    /// A statement that cannot be run, and in which way.
    pub(crate) fn because(state: State, message: impl Into<String>) -> Self {
        Self { why: Why::Statement(state, message.into()), position: None }
    }

    /// The same, at a character of the statement, counted from 1.
    pub(crate) fn at(self, position: Option<usize>) -> Self {
        Self { position: self.position.or(position), ..self }
    }

    /// Whether the statement cannot be run in that way.
    pub(crate) fn is(&self, state: State) -> bool {
        matches!(&self.why, Why::Statement(found, _) if *found == state)
    }

    /// AWS's code, such as `NoSuchEntity`, where the service refused.
    pub fn code(&self) -> Option<Cow<'static, str>> {
        match &self.why {
            Why::Call(CallError::Refused(fault)) => Some(fault.kind.code()),
            _ => None,
        }
    }

    /// What is said besides the code. Empty where AWS says nothing.
    pub fn message(&self) -> String {
        match &self.why {
            Why::Call(CallError::Refused(fault)) => {
                fault.message.as_deref().unwrap_or_default().to_owned()
            }
            why => why.to_string(),
        }
    }

    /// The five characters of `PostgreSQL`'s appendix A for it.
    pub fn sqlstate(&self) -> &'static str {
        match &self.why {
            Why::Call(CallError::Refused(fault)) => of_kind(&fault.kind),
            Why::Call(_) => "08006",
            Why::Statement(state, _) => state.code(),
            Why::Output(_) => "58030",
        }
    }

    /// Where in the statement it was noticed: a character, counted from 1.
    pub const fn position(&self) -> Option<usize> {
        self.position
    }

    /// The error of the writer, where that is why.
    pub(crate) fn output(self) -> Result<io::Error, Self> {
        match self.why {
            Why::Output(error) => Ok(error),
            _ => Err(self),
        }
    }
}

impl From<CallError> for Failure {
    fn from(failed: CallError) -> Self {
        Self { why: Why::Call(failed), position: None }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { why: Why::Output(error), position: None }
    }
}

/// In which way a statement cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is not written as statements are.
    Syntax,
    /// It names a table, resource, service or provider that is not there.
    UndefinedTable,
    /// It names a column or a parameter of an action that is not there.
    UndefinedColumn,
    /// It names a function or a method that is not there.
    UndefinedFunction,
    /// A name could mean two columns.
    AmbiguousColumn,
    /// A name is taken.
    DuplicateTable,
    /// A value does not fit, or one that is required is missing.
    InvalidParameter,
    /// Not as many values came as parameters stand in it.
    WrongParameters,
    /// There is no such statement here, or not in this place.
    Unsupported,
    /// It would read or write what it may not.
    Forbidden,
    /// It is too deep, too long or too wide.
    TooComplex,
    /// An earlier statement of the transaction failed.
    FailedTransaction,
    /// It needs more memory than its session may take.
    OutOfMemory,
    /// A constraint of a table does not hold.
    Constraint,
    /// Somebody else holds the tables for too long.
    Locked,
    /// It was interrupted.
    Canceled,
    /// There is no room on the disk for views and tables.
    DiskFull,
    /// The file of views and tables cannot be used.
    Damaged,
    /// The engine failed.
    Internal,
}

impl State {
    const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "42601",
            Self::UndefinedTable => "42P01",
            Self::UndefinedColumn => "42703",
            Self::UndefinedFunction => "42883",
            Self::AmbiguousColumn => "42702",
            Self::DuplicateTable => "42P07",
            Self::InvalidParameter => "22023",
            Self::WrongParameters => "08P01",
            Self::Unsupported => "0A000",
            Self::Forbidden => "42501",
            Self::TooComplex => "54001",
            Self::FailedTransaction => "25P02",
            Self::Constraint => "23000",
            Self::Locked => "55P03",
            Self::Canceled => "57014",
            Self::DiskFull => "53100",
            Self::OutOfMemory => "53200",
            Self::Damaged => "58030",
            Self::Internal => "XX000",
        }
    }
}

/// The code for a refusal of the service.
fn of_kind(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::AccessDenied => "42501",
        FaultKind::ExpiredToken
        | FaultKind::IncompleteSignature
        | FaultKind::InvalidClientTokenId
        | FaultKind::MissingAuthenticationToken
        | FaultKind::SignatureDoesNotMatch => "28000",
        FaultKind::InvalidAuthenticationCode => "28P01",
        FaultKind::NoSuchEntity
        | FaultKind::ReportExpired
        | FaultKind::ReportInProgress
        | FaultKind::ReportNotPresent => "P0002",
        FaultKind::EntityAlreadyExists => "23505",
        FaultKind::DeleteConflict => "2BP01",
        FaultKind::ConcurrentModification | FaultKind::EntityTemporarilyUnmodifiable => "40001",
        FaultKind::LimitExceeded => "53400",
        FaultKind::Throttling => "53000",
        FaultKind::RequestTimeout | FaultKind::ServiceUnavailable => "08006",
        FaultKind::InternalFailure | FaultKind::ServiceFailure => "XX000",
        FaultKind::Foreign { status, .. } => match status {
            401 => "28000",
            403 => "42501",
            404 => "P0002",
            500.. => "XX000",
            _ => "22023",
        },
        FaultKind::InvalidAction
        | FaultKind::InvalidInput
        | FaultKind::MalformedInput
        | FaultKind::MalformedQueryString
        | FaultKind::MissingAction
        | FaultKind::RequestEntityTooLarge
        | FaultKind::ValidationError => "22023",
    }
}
