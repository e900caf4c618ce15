//! JSON as Python's `json.dumps` writes it: with `indent=4`, as output is, or on one line.

use std::slice;

use serde_json::{Map, Value, map};

use crate::python::{append, separate, write_number};

/// A response, with a newline at its end. An empty object, the response of an operation without
/// output, prints nothing.
pub fn json(document: &Value) -> String {
    if is_empty_answer(document) {
        return String::new();
    }
    lay_out(document, Escaping::All)
}

/// Like [`json`], but escapes non-ASCII characters and prints empty objects: the form of skeletons.
pub fn json_ascii(document: &Value) -> String {
    lay_out(document, Escaping::Ascii)
}

/// A string with quotation marks; non-ASCII characters are escaped, as by `json.dumps`.
pub fn json_string(text: &str) -> String {
    let mut out = String::new();
    write_string(&mut out, text, Escaping::Ascii);
    out
}

/// An object on one line with the defaults of `json.dumps`: a blank after each comma and colon,
/// non-ASCII characters escaped.
pub fn json_line(members: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_members(&mut out, members);
    out
}

fn write_members(out: &mut String, members: &Map<String, Value>) {
    out.push('{');
    for (place, (name, value)) in members.iter().enumerate() {
        separate(out, place);
        write_string(out, name, Escaping::Ascii);
        out.push_str(": ");
        write_line(out, value);
    }
    out.push('}');
}

fn write_line(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => write_members(out, members),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(out, place);
                write_line(out, item);
            }
            out.push(']');
        }
        leaf => write_leaf(out, leaf, Escaping::Ascii),
    }
}

pub(crate) fn is_empty_answer(document: &Value) -> bool {
    document.as_object().is_some_and(Map::is_empty)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escaping {
    All,
    Ascii,
}

/// Iterates with a stack on the heap, so that deep nesting cannot overflow the stack.
fn lay_out(document: &Value, escaping: Escaping) -> String {
    let mut out = String::new();
    let mut open = Vec::new();
    open.extend(begin(&mut out, document, escaping));
    while let Some(inner) = open.last_mut() {
        let begun = inner.begun;
        inner.begun = true;
        if let Some((name, value)) = inner.next() {
            if begun {
                out.push(',');
            }
            new_line(&mut out, open.len());
            if let Some(name) = name {
                write_string(&mut out, name, escaping);
                out.push_str(": ");
            }
            open.extend(begin(&mut out, value, escaping));
        } else {
            let end = inner.end();
            open.pop();
            new_line(&mut out, open.len());
            out.push(end);
        }
    }
    out.push('\n');
    out
}

/// An array or object whose opening bracket is written.
struct OpenContainer<'a> {
    rest: Pending<'a>,
    begun: bool,
}

enum Pending<'a> {
    Items(slice::Iter<'a, Value>),
    Members(map::Iter<'a>),
}

impl<'a> OpenContainer<'a> {
    fn next(&mut self) -> Option<(Option<&'a str>, &'a Value)> {
        match &mut self.rest {
            Pending::Items(items) => items.next().map(|item| (None, item)),
            Pending::Members(members) => {
                members.next().map(|(name, member)| (Some(name.as_str()), member))
            }
        }
    }

    fn end(&self) -> char {
        match self.rest {
            Pending::Items(_) => ']',
            Pending::Members(_) => '}',
        }
    }
}

/// Writes a scalar or an empty collection, or begins a collection.
fn begin<'a>(out: &mut String, value: &'a Value, escaping: Escaping) -> Option<OpenContainer<'a>> {
    let rest = match value {
        Value::Array(items) if !items.is_empty() => Pending::Items(items.iter()),
        Value::Object(members) if !members.is_empty() => Pending::Members(members.iter()),
        _ => {
            write_leaf(out, value, escaping);
            return None;
        }
    };
    out.push(match rest {
        Pending::Items(_) => '[',
        Pending::Members(_) => '{',
    });
    Some(OpenContainer { rest, begun: false })
}

fn write_leaf(out: &mut String, value: &Value, escaping: Escaping) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text, escaping),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

fn write_string(out: &mut String, text: &str, escaping: Escaping) {
    out.push('"');
    // Without early exit, so that the loop is vectorised: most text is plain.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        out.push_str(text);
    } else {
        for letter in text.chars() {
            write_letter(out, letter, escaping);
        }
    }
    out.push('"');
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn write_letter(out: &mut String, letter: char, escaping: Escaping) {
    match letter {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\0'..' ' => append(out, format_args!("\\u{:04x}", u32::from(letter))),
        _ if escaping == Escaping::All || matches!(letter, ' '..='~') => out.push(letter),
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                append(out, format_args!("\\u{unit:04x}"));
            }
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("    ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn skeletons_are_ascii() {
        assert_eq!(json_ascii(&json!({})), "{}\n");
        assert_eq!(
            json_ascii(&json!(["é", "\u{7f}", "😀", "\u{1f}\u{8}"])),
            "[\n    \"\\u00e9\",\n    \"\\u007f\",\n    \"\\ud83d\\ude00\",\n    \"\\u001f\\b\"\n]\n"
        );
    }

    #[test]
    fn one_line_json_is_ascii_with_blanks() {
        let document = json!({"é": [1, 1e16, {"a": null}, [], {}], "\u{7f}": true});
        let Value::Object(members) = document else { panic!("it has members") };
        assert_eq!(
            json_line(&members),
            r#"{"\u00e9": [1, 1e+16, {"a": null}, [], {}], "\u007f": true}"#
        );
    }

    #[test]
    fn scalars_and_empty_collections_stay_on_their_line() {
        assert_eq!(json(&json!({})), "");
        assert_eq!(json(&json!([])), "[]\n");
        assert_eq!(json(&json!(1e16)), "1e+16\n");
        assert_eq!(json(&json!([{}])), "[\n    {}\n]\n");
    }

    #[test]
    fn any_depth_is_printed() {
        let depth = 3000;
        let deep = (1..depth).fold(json!([]), |inner, _| Value::Array(vec![inner]));
        assert_eq!(json(&deep).lines().count(), 2 * depth - 1);
    }
}
