//! Why a document cannot be printed.
//!
//! The text and table formats were made for the answers of services, and fail on some shapes that
//! a `--query` can make. The messages are those of the Python exceptions that the AWS CLI lets
//! through. Not responsible for the exit code.

/// A document that a format cannot show; displays as the original's message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unprintable {
    reason: Reason,
    printed: String,
}

impl Unprintable {
    pub(crate) fn after(printed: String, reason: Reason) -> Self {
        Self { reason, printed }
    }

    /// What stands on standard output already when the failure is noticed: text is printed as it
    /// goes, a table only when it is complete.
    pub fn printed(&self) -> &str {
        &self.printed
    }
}

/// The failures, each the message of a Python exception. `kind` is the Python type's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("'{kind}' object has no attribute '{attribute}'")]
    NoAttribute { kind: &'static str, attribute: &'static str },
    #[error("'{kind}' object is not iterable")]
    NotIterable { kind: &'static str },
    #[error("list indices must be integers or slices, not {kind}")]
    ListIndex { kind: &'static str },
    #[error("string indices must be integers, not 'str'")]
    StringIndex,
    #[error("list index out of range")]
    OutOfRange,
    #[error("cannot fit 'int' into an index-sized integer")]
    HugeIndex,
    #[error("'<' not supported between instances of 'int' and 'str'")]
    Unordered,
    #[error("Row should have {expected} elements, instead it has {found}")]
    Ragged { expected: usize, found: usize },
    #[error("maximum recursion depth exceeded")]
    TooDeep,
}
