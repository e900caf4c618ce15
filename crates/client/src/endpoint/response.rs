//! Reads responses of an endpoint as botocore does.
//!
//! Not here: the documents of the API themselves.

use std::fmt::Write as _;

use vmfa_model::{Fault, FaultKind, Record, Shape, StructureShape};
use vmfa_query::response::{self, ResponseError};

use crate::{ClientError, http::HttpResponse};

/// Why an attempt has no output.
pub(super) enum AttemptError {
    /// The service refused the call.
    Refused {
        /// The HTTP status.
        status: u16,
        fault: Fault,
    },
    /// No response, or one that is not of the API.
    Client(ClientError),
}

impl From<ClientError> for AttemptError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// Reads the output of the action `name`.
pub(super) fn read(
    name: &str,
    output: Option<&'static StructureShape>,
    response: &HttpResponse,
) -> Result<Record, AttemptError> {
    let (status, body) = (response.status, response.body.as_slice());
    let refused = status >= 300;
    let start = body.trim_ascii_start();
    if status >= 500 && (body.is_empty() || start.starts_with(b"<html>")) {
        let kind = FaultKind::Foreign { code: status.to_string(), status };
        return Err(AttemptError::Refused { status, fault: Fault::new(kind, reason(status)) });
    }
    response::read_output(name, output, status, body).map_err(|unanswered| match unanswered {
        ResponseError::Refused(fault) => AttemptError::Refused { status, fault },
        ResponseError::Unreadable(_) if !response::is_xml(body) => {
            let secret = !refused && output.is_some_and(holds_secrets);
            let shown = if secret { "(not shown)".to_owned() } else { python(body) };
            AttemptError::Client(ClientError::Unreadable(format!(
                "Unable to parse response ({}), invalid XML received. Further retries may \
                 succeed:\n{shown}",
                expat(body),
            )))
        }
        ResponseError::Unreadable(_) if refused => {
            let kind = FaultKind::Foreign { code: "Unknown".to_owned(), status };
            AttemptError::Refused { status, fault: Fault::without_message(kind) }
        }
        ResponseError::Unreadable(problem) => {
            AttemptError::Client(ClientError::Unreadable(problem))
        }
    })
}

/// Whether a structure has a secret member, at any depth.
pub(super) fn holds_secrets(shape: &StructureShape) -> bool {
    shape.members.iter().any(|member| is_secret(&member.shape))
}

/// Whether a shape is secret, or has a secret member.
pub(super) fn is_secret(shape: &Shape) -> bool {
    match shape {
        Shape::Structure(shape) => holds_secrets(shape),
        Shape::List(list) => is_secret(&list.element),
        Shape::Map(shape) => is_secret(shape),
        shape => shape.is_secret(),
    }
}

/// The error of Expat, the AWS CLI's parser, for a body that is not XML or is cut off.
fn expat(body: &[u8]) -> String {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(body.len());
    let begins = body.get(start..).unwrap_or_default();
    // Expat reads a word before the document as a syntax error, other characters as invalid tokens.
    let in_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-._:".contains(byte);
    let word = begins.iter().take_while(|byte| in_word(byte)).count();
    let after = begins.get(word);
    let stray = after.filter(|byte| !byte.is_ascii_whitespace() && !b"\"'%(),<>[]|".contains(byte));
    let unclosed = body
        .iter()
        .rposition(|byte| *byte == b'<')
        .filter(|at| !body.get(*at..).unwrap_or_default().contains(&b'>'));
    let (problem, at) = match begins {
        [] => ("no element found", body.len()),
        [b'<', b'!', ..] => ("syntax error", start),
        [b'<', ..] => match unclosed {
            Some(at) => ("unclosed token", at),
            None => ("no element found", body.len()),
        },
        _ if stray.is_some() => ("not well-formed (invalid token)", start.saturating_add(word)),
        _ => ("syntax error", start),
    };
    let before = body.get(..at).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().len();
    format!("{problem}: line {line}, column {column}")
}

/// The `repr` of bytes in Python.
pub(super) fn python(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut shown = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            b' '..=b'~' if char::from(*byte) == quote => {
                shown.push('\\');
                shown.push(quote);
            }
            b' '..=b'~' => shown.push(char::from(*byte)),
            byte => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\x{byte:02x}");
            }
        }
    }
    shown.push(quote);
    shown
}

/// The reason phrase of a status.
fn reason(status: u16) -> &'static str {
    ureq::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec().into() }
    }

    /// What a response to `ListUsers` is read as.
    fn told(status: u16, body: &str) -> String {
        let action = vmfa_iam::find(vmfa_iam::Api::Iam, "ListUsers").unwrap();
        match read(action.name, action.output(), &response(status, body)) {
            Ok(record) => format!("{record:?}"),
            Err(AttemptError::Refused { fault, .. }) => {
                format!("({}) {:?}", fault.kind.code(), fault.message)
            }
            Err(AttemptError::Client(error)) => error.to_string(),
        }
    }

    #[test]
    fn other_responses_are_reported_as_by_botocore() {
        let unreadable = |problem: &str, shown: &str| {
            format!(
                "Unable to parse response ({problem}), invalid XML received. Further retries may \
                 succeed:\n{shown}"
            )
        };
        let syntax = "syntax error: line 1, column 0";
        for (status, body, expected) in [
            (503, "<html><body/></html>", "(503) Some(\"Service Unavailable\")".to_owned()),
            (500, "", "(500) Some(\"Internal Server Error\")".to_owned()),
            (404, "<html/>", "(Unknown) None".to_owned()),
            (200, "this is not xml", unreadable(syntax, "b'this is not xml'")),
            (500, "<!doctype html>\n", unreadable(syntax, "b'<!doctype html>\\n'")),
            (403, "it's\t\u{e9}", unreadable(syntax, "b\"it's\\t\\xc3\\xa9\"")),
            (200, "<a>\n<b", unreadable("unclosed token: line 2, column 0", "b'<a>\\n<b'")),
            (200, "<a>\nb", unreadable("no element found: line 2, column 1", "b'<a>\\nb'")),
            (200, " {}", unreadable("not well-formed (invalid token): line 1, column 1", "b' {}'")),
            (200, "a=1", unreadable("not well-formed (invalid token): line 1, column 1", "b'a=1'")),
            (200, "", unreadable("no element found: line 1, column 0", "b''")),
            (404, "", unreadable("no element found: line 1, column 0", "b''")),
        ] {
            assert_eq!(told(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_broken_response_that_may_hold_a_seed_is_not_shown() {
        let action = vmfa_iam::find(vmfa_iam::Api::Iam, "CreateVirtualMFADevice").unwrap();
        let broken = response(200, "<CreateVirtualMFADeviceResponse><Base32StringSeed>ABC");
        let Err(AttemptError::Client(error)) = read(action.name, action.output(), &broken) else {
            panic!("it was read");
        };
        assert!(error.to_string().ends_with("(not shown)"), "{error}");
    }
}
