//! Resolves YAML scalars by the rules of YAML 1.2 in ruamel.yaml: unquoted digits are numbers, with
//! or without leading zeros, and `yes` is a string. Dates, which ruamel.yaml converts, are strings
//! here.

use saphyr_parser::Tag;
use serde_json::{Number, Value};

/// The value of a scalar, by its tag if it has one; `None` if the text is invalid for the tag.
pub(super) fn scalar(text: &str, plain: bool, tag: Option<&Tag>) -> Option<Value> {
    let Some(tag) = tag else {
        return Some(if plain { resolved(text) } else { Value::from(text) });
    };
    match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
        (true, "str") | (false, "") => Some(Value::from(text)),
        (true, "null") => Some(Value::Null),
        (true, "int") => integer(text).map(Value::from),
        (true, "float") => {
            let whole = || Number::from_f64(integer(text)?.as_f64()?);
            float(text).or_else(whole).map(Value::from)
        }
        (true, "bool") => truth(&text.to_ascii_lowercase()).map(Value::from),
        _ => None,
    }
}

fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        _ => {}
    }
    truth(text)
        .map(Value::from)
        .or_else(|| float(text).map(Value::from))
        .or_else(|| integer(text).map(Value::from))
        .unwrap_or_else(|| Value::from(text))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Digits with an optional sign and underscores; binary, octal and hexadecimal by prefix. Leading
/// zeros have no meaning.
fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, radix) = match digits.split_at_checked(2) {
        Some(("0b", digits)) => (digits, 2),
        Some(("0o", digits)) => (digits, 8),
        Some(("0x", digits)) => (digits, 16),
        _ => (digits, 10),
    };
    // Underscores separate digits; they do not start a number.
    if text.starts_with('_') {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(number) => Some(Number::from(number)),
        // Out of range for all members, but still a number.
        Err(_) => Number::from_f64(digits.parse().unwrap_or(f64::MAX)),
    }
}

fn float(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let exponent_is_one = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let marked = mantissa.contains('.') || exponent.is_some();
    let begins = match whole.bytes().next() {
        Some(first) => first.is_ascii_digit(),
        None => !part.is_empty(),
    };
    if !(marked && begins && exponent_is_one && is_digits(whole) && is_digits(part)) {
        return None;
    }
    text.replace('_', "").parse().ok().and_then(Number::from_f64)
}
