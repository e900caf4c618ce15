//! The decoded name and value pairs of a request.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use vmfa_model::{Fault, FaultKind};

/// The parameters of a request in order: those of the query string, then those of the body.
///
/// Of several parameters with the same name the last counts, wherever they are; what AWS does is
/// not recorded. There is no `Debug`, since values may be codes.
pub struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Parameters per request. No call needs as many: fifty tags are a hundred parameters.
pub const MAX_PARAMETERS: usize = 4096;

impl<'a> Parameters<'a> {
    /// Reads the query string, without its question mark, and the body, which is a form or empty.
    ///
    /// A percent sign that is not followed by two hexadecimal digits is kept, as browsers do.
    /// Refuses what is not UTF-8 with `MalformedQueryString`, and more than [`MAX_PARAMETERS`] with
    /// `MalformedInput`.
    pub fn read(query: &'a str, body: &'a [u8]) -> Result<Self, Fault> {
        let mut parameters = Vec::new();
        let parts = [query.as_bytes(), body].into_iter().flat_map(|form| form.split(is(b'&')));
        for pair in parts.filter(|pair| !pair.is_empty()) {
            if parameters.len() == MAX_PARAMETERS {
                return Err(Fault::new(FaultKind::MalformedInput, TOO_MANY));
            }
            let mut halves = pair.splitn(2, is(b'='));
            let mut half = || decoded(halves.next().unwrap_or_default());
            let (Some(name), Some(value)) = (half(), half()) else {
                return Err(Fault::new(FaultKind::MalformedQueryString, NOT_UTF_8));
            };
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(n, _)| n == name).map(|(_, value)| &**value)
    }
}

fn is(sign: u8) -> impl Fn(&u8) -> bool {
    move |byte| *byte == sign
}

/// Percent-decodes; borrows where nothing is encoded.
fn decoded(encoded: &[u8]) -> Option<Cow<'_, str>> {
    if !encoded.contains(&b'+') {
        return percent_decode(encoded).decode_utf8().ok();
    }
    let spaced: Vec<u8> = encoded.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let text = percent_decode(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(text.into_owned()))
}

const TOO_MANY: &str = "the request has more than 4096 parameters";
const NOT_UTF_8: &str = "a parameter is not UTF-8: encode it as UTF-8, then percent-encode it";
