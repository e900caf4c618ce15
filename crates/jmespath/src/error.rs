//! Errors with the messages of jmespath.py.

use std::fmt;

use crate::{DEPTH, token::TokenKind};

/// A syntax or evaluation error; displays as the message of jmespath.py's exception. Positions count
/// characters, as in Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<ErrorKind>);

/// One case for each exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Empty,
    Lexer {
        expression: String,
        position: usize,
        message: String,
    },
    Parse {
        expression: String,
        position: usize,
        token: String,
        kind: TokenKind,
        message: String,
    },
    Incomplete {
        expression: String,
    },
    Arity {
        function: &'static str,
        expected: usize,
        at_least: bool,
        received: usize,
    },
    Type {
        function: &'static str,
        value: String,
        expected: &'static str,
        received: &'static str,
    },
    UnknownFunction(String),
    /// An exception of Python itself, for input that jmespath.py does not check.
    Python {
        class: &'static str,
        message: String,
    },
    TooDeep,
    TooLarge,
}

impl Error {
    /// The class of the exception that jmespath.py raises.
    pub fn class(&self) -> &'static str {
        match &*self.0 {
            ErrorKind::Empty => "EmptyExpressionError",
            ErrorKind::Lexer { .. } => "LexerError",
            ErrorKind::Parse { .. } => "ParseError",
            ErrorKind::Incomplete { .. } => "IncompleteExpressionError",
            ErrorKind::Arity { at_least: false, .. } => "ArityError",
            ErrorKind::Arity { at_least: true, .. } => "VariadictArityError",
            ErrorKind::Type { .. } => "JMESPathTypeError",
            ErrorKind::UnknownFunction(_) => "UnknownFunctionError",
            ErrorKind::Python { class, .. } => class,
            ErrorKind::TooDeep => "RecursionError",
            ErrorKind::TooLarge => "MemoryError",
        }
    }

    pub(crate) fn type_error(message: String) -> Self {
        ErrorKind::Python { class: "TypeError", message }.into()
    }

    pub(crate) fn overflow(message: String) -> Self {
        ErrorKind::Python { class: "OverflowError", message }.into()
    }

    pub(crate) fn value_error(message: String) -> Self {
        ErrorKind::Python { class: "ValueError", message }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(reason: ErrorKind) -> Self {
        Self(Box::new(reason))
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ErrorKind::Empty => f.write_str("Invalid JMESPath expression: cannot be empty."),
            ErrorKind::Lexer { expression, position, message } => {
                write!(f, "Bad jmespath expression: {message}:\n{expression}\n")?;
                underline(f, *position)
            }
            ErrorKind::Parse { expression, position, token, kind, message } => {
                let kind = kind.name().to_uppercase();
                write!(f, "{message}: Parse error at column {position}, ")?;
                writeln!(f, "token \"{token}\" ({kind}), for expression:\n\"{expression}\"")?;
                // Plus one for the quotation mark before the expression.
                underline(f, position.saturating_add(1))
            }
            ErrorKind::Incomplete { expression } => {
                f.write_str("Invalid jmespath expression: Incomplete expression:\n")?;
                writeln!(f, "\"{expression}\"")?;
                underline(f, expression.chars().count().saturating_add(1))
            }
            ErrorKind::Arity { function, expected, at_least, received } => {
                let least = if *at_least { "at least " } else { "" };
                let plural = if *expected == 1 { "" } else { "s" };
                write!(
                    f,
                    "Expected {least}{expected} argument{plural} for function {function}(), "
                )?;
                write!(f, "received {received}")
            }
            ErrorKind::Type { function, value, expected, received } => {
                write!(f, "In function {function}(), invalid type for value: {value}, ")?;
                write!(f, "expected one of: {expected}, received: \"{received}\"")
            }
            ErrorKind::UnknownFunction(name) => write!(f, "Unknown function: {name}()"),
            ErrorKind::Python { message, .. } => f.write_str(message),
            ErrorKind::TooDeep => {
                write!(f, "the expression nests more than {DEPTH} levels: make it simpler")
            }
            ErrorKind::TooLarge => f.write_str("the result is too large: select less"),
        }
    }
}

/// A caret under the character at `position`. Not by a format width, which is limited to 16 bits.
fn underline(f: &mut fmt::Formatter<'_>, position: usize) -> fmt::Result {
    for _ in 0..position {
        f.write_str(" ")?;
    }
    f.write_str("^")
}
