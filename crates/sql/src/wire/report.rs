//! What clients are told that is not rows: errors and notices, with their codes.

use pgwire::messages::{
    PgWireBackendMessage,
    response::{ErrorResponse, NoticeResponse},
};

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

    /// As it is sent.
    pub(super) fn message(&self) -> PgWireBackendMessage {
        let severity = if self.fatal { "FATAL" } else { "ERROR" };
        let mut fields = vec![
            (b'S', severity.to_owned()),
            (b'V', severity.to_owned()),
            (b'C', self.code.to_owned()),
            (b'M', plain(&self.message)),
        ];
        fields.extend(self.detail.as_ref().map(|detail| (b'D', plain(detail))));
        fields.extend(self.hint.as_ref().map(|hint| (b'H', plain(hint))));
        fields.extend(self.position.map(|position| (b'P', position.to_string())));
        PgWireBackendMessage::ErrorResponse(ErrorResponse::new(fields))
    }
}

/// The detail is AWS's code, where the service refused.
impl From<&Failure> for Report {
    fn from(failure: &Failure) -> Self {
        let code = failure.code().map(std::borrow::Cow::into_owned);
        let said = failure.message();
        // AWS says nothing beside some codes, and a client must be told something.
        let message = if said.is_empty() { code.clone().unwrap_or_default() } else { said };
        Self { detail: code, ..Self::new(failure.sqlstate(), message) }
    }
}

/// A notice.
pub(super) fn notice(note: &str) -> PgWireBackendMessage {
    let fields = [(b'S', "NOTICE"), (b'V', "NOTICE"), (b'C', "00000")];
    let mut fields: Vec<_> = fields.map(|(kind, text)| (kind, text.to_owned())).into();
    fields.push((b'M', plain(note)));
    PgWireBackendMessage::NoticeResponse(NoticeResponse::new(fields))
}

/// A zero would end a field.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}
