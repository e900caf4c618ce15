//! Name and value pairs as they came.
//!
//! Not here: what names mean.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use vmfa_model::{Fault, FaultKind};

/// The parameters of a request, decoded, in order: those of the query string, then those of the
/// body.
///
/// Of parameters with one name the last counts, in the query string and the body alike, which is
/// how a map fills; what AWS does is not recorded. There is no `Debug`, since values may be codes.
pub struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// More parameters than any call of the APIs has room for: fifty tags make a hundred.
pub const MOST_PARAMETERS: usize = 4096;

impl<'a> Parameters<'a> {
    /// Reads the query string, without its question mark, and the body, which is a form or empty.
    ///
    /// What follows a percent sign and is not two digits stands for itself, as in browsers. The
    /// refusals are `MalformedQueryString` for what is not UTF-8, and `MalformedInput` for more
    /// than [`MOST_PARAMETERS`].
    pub fn read(query: &'a str, body: &'a [u8]) -> Result<Self, Fault> {
        let mut parameters = Vec::new();
        let parts = [query.as_bytes(), body].into_iter().flat_map(|form| form.split(is(b'&')));
        for pair in parts.filter(|pair| !pair.is_empty()) {
            if parameters.len() == MOST_PARAMETERS {
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

    /// The pairs in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The last value of that name.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(n, _)| n == name).map(|(_, value)| &**value)
    }
}

fn is(sign: u8) -> impl Fn(&u8) -> bool {
    move |byte| *byte == sign
}

/// The text that stands so in a form, borrowed where it stands for itself.
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
