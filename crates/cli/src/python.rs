//! What Python makes of values and of texts, where the AWS CLI shows or reads them as Python does.
//!
//! Not here: JSON, which Python reads in its own way too.

use serde_json::Value;

/// `int(text)`. What is beyond 64 bits is as good as the largest or the smallest of them.
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

/// What `int` says of a text that is no number.
pub(crate) fn no_int(text: &str) -> String {
    format!("invalid literal for int() with base 10: {}", quoted(text))
}

/// The name of a value's type.
pub(crate) fn class(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// `str(value)`.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub(crate) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(_) => vmfa_render::json(value).trim_end().to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(repr).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(members) => {
            let members =
                members.iter().map(|(key, value)| format!("{}: {}", quoted(key), repr(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// `repr(text)`.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut written = String::with_capacity(text.len().saturating_add(2));
    written.push(quote);
    for character in text.chars() {
        match character {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c if c == quote => written.extend(['\\', c]),
            c if c.is_control() => written.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => written.push(c),
        }
    }
    written.push(quote);
    written
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
            _ => written.push_str(&format!("\\x{byte:02x}")),
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
