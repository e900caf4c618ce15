//! Python's `str()`, `repr()`, `bool()` and type names for JSON values, which the AWS CLI's formats
//! print.

use std::fmt::Write;

use serde_json::{Number, Value};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::unprintable::PythonError;

/// Refuses a document that is nested too deeply for the recursive formats. Python fails near a
/// thousand levels with the same message; parsed JSON has at most 128.
pub(crate) fn reachable(document: &Value) -> Result<(), PythonError> {
    if deeper_than(document, DEEPEST) {
        return Err(PythonError::TooDeep);
    }
    Ok(())
}

fn deeper_than(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper_than(item, below)),
        Value::Object(members) => members.values().any(|member| deeper_than(member, below)),
        _ => false,
    }
}

/// Whether the value is neither a list nor a dictionary.
pub(crate) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// `bool(value)`.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// `repr(value)`.
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

/// `repr(text)`.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    write_quoted(&mut out, text);
    out
}

/// `repr(float)` of a finite one.
pub fn float(float: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, float);
    out
}

/// `type(value).__name__`.
pub fn kind(value: &Value) -> &'static str {
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

/// Appends `str(value)`.
pub(crate) fn write_str(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(text),
        _ => write_repr(out, value),
    }
}

/// Appends `repr(value)`.
fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(out, place);
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (name, member)) in members.iter().enumerate() {
                separate(out, place);
                write_quoted(out, name);
                out.push_str(": ");
                write_repr(out, member);
            }
            out.push('}');
        }
    }
}

/// Writes the separator before all items but the first.
pub(crate) fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push_str(", ");
    }
}

/// Appends a number as `repr()` and `json.dumps` do.
pub(crate) fn write_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => write_float(out, float),
        _ => append(out, format_args!("{number}")),
    }
}

/// The shortest digits that round-trip, in fixed point from 1e-4 to below 1e16. Of two candidates at
/// equal distance Python takes the one with the even digit, which Rust's shortest form does not.
fn write_float(out: &mut String, float: f64) {
    let shortest = format!("{float:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
    let reads_back = |shown: &String| shown.parse() == Ok(float);
    if (-4..16).contains(&exponent) {
        let moved = i32::try_from(places).unwrap_or(i32::MAX).saturating_sub(exponent);
        let places = usize::try_from(moved).unwrap_or(0).max(1);
        let fixed = Some(format!("{float:.places$}")).filter(reads_back);
        out.push_str(&fixed.unwrap_or_else(|| float.to_string()));
        return;
    }
    let rounded = Some(format!("{float:.places$e}")).filter(reads_back);
    let shown = rounded.unwrap_or(shortest);
    let digits = shown.split_once('e').map_or(shown.as_str(), |(digits, _)| digits);
    let sign = if exponent < 0 { '-' } else { '+' };
    let size = exponent.unsigned_abs();
    append(out, format_args!("{digits}e{sign}{size:02}"));
}

fn write_quoted(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if letter == quote => out.extend(['\\', quote]),
            _ if is_printable(letter) => out.push(letter),
            _ => match u32::from(letter) {
                code @ ..=0xff => append(out, format_args!("\\x{code:02x}")),
                code @ ..=0xffff => append(out, format_args!("\\u{code:04x}")),
                code => append(out, format_args!("\\U{code:08x}")),
            },
        }
    }
    out.push(quote);
}

/// `str.isprintable` of one character.
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_control();
    }
    !matches!(
        letter.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::SpaceSeparator
    )
}

/// Appends formatted text. Writing to a `String` cannot fail.
pub(crate) fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

const DEEPEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn repr(value: &Value) -> String {
        let mut out = String::new();
        write_repr(&mut out, value);
        out
    }

    #[test]
    fn floats_are_those_of_python() {
        for (float, shown) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (2.0, "2.0"),
            (1.5, "1.5"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000_012_5, "1.25e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (-5e-324, "-5e-324"),
            (123_456_789.125, "123456789.125"),
            (601_720_244_261_921.0 / 8.0, "75215030532740.12"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (5e-324, "5e-324"),
            (2.225_073_858_507_201_4e-308, "2.2250738585072014e-308"),
        ] {
            assert_eq!(repr(&json!(float)), shown);
        }
    }

    #[test]
    fn nested_values_are_shown_by_repr() {
        assert_eq!(
            repr(&json!({"a": [1, null, true, 1.0], "it's": "say \"x\""})),
            r#"{'a': [1, None, True, 1.0], "it's": 'say "x"'}"#
        );
        assert_eq!(
            repr(&json!("'\"\\\n\r\t\u{0}\u{7f}\u{a0}\u{ad}\u{200b}\u{e000}\u{e0001}é日😀")),
            r#"'\'"\\\n\r\t\x00\x7f\xa0\xad\u200b\ue000\U000e0001é日😀'"#
        );
    }

    #[test]
    fn truth_is_that_of_python() {
        for falsy in [json!(null), json!(0), json!(0.0), json!(""), json!([]), json!({})] {
            assert!(!is_true(&falsy), "{falsy}");
        }
        for truthy in [json!(1), json!(-0.5), json!("0"), json!([null]), json!(true)] {
            assert!(is_true(&truthy), "{truthy}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nest = |levels| (1..levels).fold(json!([]), |inner, _| Value::Array(vec![inner]));
        assert_eq!(reachable(&nest(DEEPEST)), Ok(()));
        assert_eq!(reachable(&nest(DEEPEST + 1)), Err(PythonError::TooDeep));
    }
}
