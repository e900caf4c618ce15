//! What went wrong, with its code, as clients are told.
//!
//! Not here: how it is written.

use vmfa_sqlite::Exhausted;

use crate::Failure;

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    fatal: bool,
    code: &'static str,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    position: Option<usize>,
}

impl Report {
    /// A statement that failed.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { fatal: false, code, message, detail: None, hint: None, position: None }
    }

    /// The end of the connection.
    pub(super) fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::new(code, message) }
    }

    /// The same, with what to do.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, at a character of the statement, counted from 1.
    pub(super) fn at(self, position: Option<usize>) -> Self {
        Self { position, ..self }
    }

    /// Whether it has that code.
    pub(super) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The same, in other words, to which no hint belongs.
    pub(super) fn reworded(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, ..self }
    }

    /// Its fields, as they are sent.
    pub(super) fn fields(&self, mut tell: impl FnMut(u8, &str)) {
        let severity = if self.fatal { "FATAL" } else { "ERROR" };
        tell(b'S', severity);
        tell(b'V', severity);
        tell(b'C', self.code);
        tell(b'M', &self.message);
        if let Some(detail) = &self.detail {
            tell(b'D', detail);
        }
        if let Some(hint) = &self.hint {
            tell(b'H', hint);
        }
        if let Some(position) = self.position {
            tell(b'P', &position.to_string());
        }
    }
}

/// The detail is AWS's code, where the service refused.
impl From<Exhausted> for Report {
    fn from(exhausted: Exhausted) -> Self {
        Self::from(&Failure::from(exhausted))
    }
}

impl From<&Failure> for Report {
    fn from(failure: &Failure) -> Self {
        let code = failure.code().map(std::borrow::Cow::into_owned);
        let said = failure.message();
        // AWS says nothing beside some codes, and a client must be told something.
        let message = if said.is_empty() { code.clone().unwrap_or_default() } else { said };
        Self { detail: code, ..Self::new(failure.sqlstate(), message) }
    }
}
