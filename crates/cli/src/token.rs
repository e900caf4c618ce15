//! Pagination tokens of the AWS CLI (`--starting-token`, `NextToken`).
//!
//! A token is base64 of JSON in Python's notation, since tokens are exchanged with the AWS CLI. Two
//! older notations are read as well: `MARKER___SKIP`, and the bare marker.

use data_encoding::{BASE64, Encoding, Specification};
use serde_json::{Map, Value};
use vmfa_iam::PagedReply;
use vmfa_render::json_line;

use crate::{
    error::{CliError, Result},
    json,
};

/// A parsed token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StartingToken {
    /// The members of the input; `null` removes a member.
    pub(crate) members: Map<String, Value>,
    /// The number of items of the first page to skip; negative counts from its end. `None` if the
    /// token has no number.
    pub(crate) skip: Option<i64>,
}

/// The member of a token with the number of items that were shown.
pub(crate) const SHOWN: &str = "boto_truncate_amount";

impl StartingToken {
    /// Parses any of the notations.
    pub(crate) fn parse(token: &str) -> Result<Self> {
        match decoded(token) {
            Some(Value::Object(mut members)) => {
                members.remove("boto_encoded_keys");
                // The marker keeps its position, as in Python.
                let skip = members.shift_remove(SHOWN).map_or(Some(0), |amount| match amount {
                    Value::Null => Some(0),
                    Value::Bool(truth) => Some(i64::from(truth)),
                    Value::Number(number) if number.is_u64() => {
                        Some(number.as_i64().unwrap_or(i64::MAX))
                    }
                    Value::Number(number) => number.as_i64(),
                    _ => None,
                });
                Ok(Self { members, skip })
            }
            Some(Value::String(_)) => Err(no_pop("str")),
            Some(Value::Number(number)) if number.is_f64() => Err(no_pop("float")),
            Some(Value::Number(_)) => Err(no_pop("int")),
            Some(Value::Bool(_)) => Err(no_pop("bool")),
            Some(Value::Null) => Err(no_pop("NoneType")),
            Some(Value::Array(_)) | None => Self::old(token),
        }
    }

    /// Parses the notations from before tokens were JSON.
    fn old(token: &str) -> Result<Self> {
        let parts: Vec<&str> = token.split("___").collect();
        let (marker, skip) = match parts.as_slice() {
            [marker, skip] => match skip.trim().parse() {
                Ok(skip) => (*marker, skip),
                Err(_) => (token, 0),
            },
            [_, _, _, ..] => return Err(CliError::Other(format!("Bad starting token: {token}"))),
            _ => (token, 0),
        };
        let marker = if marker == NONE { Value::Null } else { Value::from(marker) };
        Ok(Self { members: marked(marker), skip: Some(skip) })
    }
}

/// The input members for the page at a marker.
pub(crate) fn marked(marker: Value) -> Map<String, Value> {
    Map::from_iter([(PagedReply::MARKER.to_owned(), marker)])
}

pub(crate) fn encode(members: &Map<String, Value>) -> String {
    BASE64.encode(json_line(members).as_bytes())
}

/// Python's `None` in tokens of the older notation.
pub(crate) const NONE: &str = "None";

/// Decodes base64 as leniently as Python: characters outside the alphabet and after the padding are
/// ignored.
fn decoded(token: &str) -> Option<Value> {
    let json = lenient()?.decode(token.as_bytes()).ok()?;
    json::parse(str::from_utf8(&json).ok()?).ok()
}

fn lenient() -> Option<Encoding> {
    let mut specification: Specification = BASE64.specification();
    specification.check_trailing_bits = false;
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    specification.ignore.extend((0..128).filter(|byte| !alphabet(byte)).map(char::from));
    specification.encoding().ok()
}

fn no_pop(class: &str) -> CliError {
    CliError::Other(format!("'{class}' object has no attribute 'pop'"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(token: &str) -> (String, Option<i64>) {
        let start = StartingToken::parse(token).unwrap();
        (Value::Object(start.members).to_string(), start.skip)
    }

    #[test]
    fn tokens_are_written_as_python_writes_them() {
        let mut members = marked(Value::Null);
        members.insert(SHOWN.to_owned(), Value::from(1));
        let token = "eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ==";
        assert_eq!(encode(&members), token);
        assert_eq!(parse(token), (r#"{"Marker":null}"#.to_owned(), Some(1)));

        let strange = marked(json!("é😀\"\u{7f}\n"));
        let json = BASE64.decode(encode(&strange).as_bytes()).unwrap();
        assert_eq!(json, b"{\"Marker\": \"\\u00e9\\ud83d\\ude00\\\"\\u007f\\n\"}");
        assert_eq!(StartingToken::parse(&encode(&strange)).unwrap().members, strange);
    }

    #[test]
    fn every_notation_is_read() {
        let marker = |marker: &str| json!({ "Marker": marker }).to_string();
        for (token, members, skip) in [
            ("MARK-2", marker("MARK-2"), 0),
            ("", marker(""), 0),
            ("MARK-2___3", marker("MARK-2"), 3),
            ("None___2", r#"{"Marker":null}"#.to_owned(), 2),
            ("None", r#"{"Marker":null}"#.to_owned(), 0),
            ("a___b", marker("a___b"), 0),
            // `{nope`, and a list
            ("e25vcGU=", marker("e25vcGU="), 0),
            ("WzFd", marker("WzFd"), 0),
            // `{"Marker": "a"}` with a line break and a star in it
            ("eyJNYXJr\nZXIiOiAi*YSJ9", marker("a"), 0),
        ] {
            assert_eq!(parse(token), (members, Some(skip)), "{token}");
        }
    }

    #[test]
    fn json_that_is_not_a_token_is_refused_as_in_python() {
        for (json, class) in [
            ("1", "int"),
            ("1.5", "float"),
            ("\"x\"", "str"),
            ("null", "NoneType"),
            ("true", "bool"),
        ] {
            let failure = StartingToken::parse(&BASE64.encode(json.as_bytes())).unwrap_err();
            let expected = format!("'{class}' object has no attribute 'pop'");
            assert!(failure.text("p").contains(&expected), "{json}");
        }
        let twice = StartingToken::parse("a___b___1").unwrap_err();
        assert!(twice.text("p").contains("Bad starting token: a___b___1"));
        let odd = encode(&Map::from_iter([(SHOWN.to_owned(), json!("x"))]));
        assert_eq!(StartingToken::parse(&odd).unwrap().skip, None);
    }
}
