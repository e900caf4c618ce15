//! Inputs and outputs as `--debug` shows them: as Python shows a dictionary, and without what is
//! secret by its type.
//!
//! Not here: who shows them.

use std::fmt::Write as _;

use vmfa_model::{Record, Shape, Value};

use super::STRUCK;

/// A structure, as Python shows a dictionary.
pub(super) fn shown(record: &Record) -> String {
    entries(record.iter())
}

/// Text, as Python shows it.
pub(super) fn python(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::with_capacity(text.len().saturating_add(2));
    shown.push(quote);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if character == quote => shown.extend(['\\', quote]),
            // Writing to a string does not fail.
            _ if character.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown.push(quote);
    shown
}

/// Whether values of a shape may hold a secret at any depth.
pub(super) fn is_secret(shape: &Shape) -> bool {
    match shape {
        Shape::List(list) => is_secret(&list.element),
        Shape::Map(shape) => is_secret(shape),
        Shape::Structure(shape) => shape.members.iter().any(|member| is_secret(&member.shape)),
        shape => shape.is_secret(),
    }
}

fn one(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Text(text) => python(text),
        Value::Secret(_) | Value::Blob(_) => STRUCK.to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(true) => "True".to_owned(),
        Value::Boolean(false) => "False".to_owned(),
        Value::Time(time) => python(&time.to_string()),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(one).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Structure(record) => shown(record),
        Value::Map(members) => entries(members.iter().map(|(key, value)| (key.as_str(), value))),
    }
}

fn entries<'k, 'v>(members: impl Iterator<Item = (&'k str, &'v Value)>) -> String {
    let members = members.map(|(key, value)| format!("{}: {}", python(key), one(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use vmfa_model::{Blob, Secret};

    use super::*;

    #[test]
    fn shown_as_python_shows_it() {
        for (text, shown) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("it's \"x\"", "'it\\'s \"x\"'"),
            ("a\\\n\t\u{1}é", "'a\\\\\\n\\t\\x01é'"),
        ] {
            assert_eq!(python(text), shown);
        }
        let inner = Record::from_iter([
            ("Code", Value::Secret(Secret::new("123456".into()))),
            ("Png", Value::Blob(Blob::new(vec![1]))),
        ]);
        let record = Record::from_iter([
            ("A", Value::List(vec![Value::Integer(1), Value::Boolean(true)])),
            ("B", Value::Structure(inner)),
        ]);
        assert_eq!(shown(&record), "{'A': [1, True], 'B': {'Code': ***, 'Png': ***}}");
    }
}
