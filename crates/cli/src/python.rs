//! Python's conversions between text and values, as far as the AWS CLI depends on them.
//!
//! Not here: JSON (see `json`).

use std::fmt::Write as _;

use serde_json::Value;
pub(crate) use vmfa_render::{kind as class, quoted, repr};

/// `int(text)`, saturating at 64 bits.
pub(crate) fn int(text: &str) -> Option<i64> {
    let text = text.trim();
    let (digits, negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let groups = digits.split('_');
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    if !groups.clone().all(is_number) {
        return None;
    }
    let digits: String = groups.collect();
    let signed = if negative { format!("-{digits}") } else { digits };
    Some(signed.parse().unwrap_or(if negative { i64::MIN } else { i64::MAX }))
}

/// The message of `int(text)` for invalid text.
pub(crate) fn no_int(text: &str) -> String {
    format!("invalid literal for int() with base 10: {}", quoted(text))
}

/// `str(value)`.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(bytes)`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut written = format!("b{quote}");
    for byte in bytes {
        match char::from(*byte) {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c if c == quote => written.extend(['\\', c]),
            c if c == ' ' || c.is_ascii_graphic() => written.push(c),
            // Writing to a string does not fail.
            _ => drop(write!(written, "\\x{byte:02x}")),
        }
    }
    written.push(quote);
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, number) in [
            ("1", Some(1)),
            (" -12\n", Some(-12)),
            ("+1_000", Some(1000)),
            ("007", Some(7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(i64::MIN)),
            ("", None),
            ("1_", None),
            ("1__0", None),
            ("1.0", None),
            ("--1", None),
            ("abc", None),
        ] {
            assert_eq!(int(text), number, "{text:?}");
        }
    }

    #[test]
    fn values_are_shown_as_python_shows_them() {
        let value = json!({"a": [1, true, null, "it's", 1.5, "\"'\n\u{1}"]});
        assert_eq!(repr(&value), r#"{'a': [1, True, None, "it's", 1.5, '"\'\n\x01']}"#);
        assert_eq!(shown(&json!("it's")), "it's");
        assert_eq!(bytes(b"a'\x00\xff\n"), r#"b"a'\x00\xff\n""#);
    }
}
