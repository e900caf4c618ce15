//! Errors of the text and table formats, which fail on some documents that `--query` can make. The
//! messages are those of the Python exceptions that the AWS CLI prints.

/// A document that a format cannot print; displays as the AWS CLI's message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unprintable {
    reason: PythonError,
    printed: String,
}

impl Unprintable {
    pub(crate) fn after(printed: String, reason: PythonError) -> Self {
        Self { reason, printed }
    }

    /// The output before the failure, which is printed as well. Empty for tables, which are printed
    /// when they are complete.
    pub fn printed(&self) -> &str {
        &self.printed
    }
}

/// The Python exceptions. `kind` is the name of a Python type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PythonError {
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
