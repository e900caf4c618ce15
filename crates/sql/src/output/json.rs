//! Rows as JSON objects.

use std::io::{self, Write};

use data_encoding::BASE64;
use serde_json::{Map, Value as Json};

use super::plain;
use crate::sink::{Cell, Heading, Type};

/// An array whose elements are written as they come.
#[derive(Default)]
pub(super) struct Array {
    begun: bool,
}

impl Array {
    pub(super) fn row(&mut self, object: &str, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.begun { b"," } else { b"[" })?;
        self.begun = true;
        out.write_all(object.as_bytes())
    }

    /// Ends it. StackQL ends no line, and writes `null` for an array of nothing.
    pub(super) fn end(self, compatible: bool, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(match (self.begun, compatible) {
            (true, true) => b"]",
            (true, false) => b"]\n",
            (false, true) => b"null",
            (false, false) => b"[]\n",
        })
    }
}

/// A row as an object: with the types that its values have, and keys in the order of the columns;
/// or, compatibly, with text for every value, keys in the order of their bytes, and the characters
/// escaped that Go escapes for HTML.
pub(super) fn object<'a>(
    row: impl Iterator<Item = (&'a Heading, &'a Cell)>,
    compatible: bool,
) -> String {
    if !compatible {
        let object: Map<String, Json> =
            row.map(|(column, cell)| (column.name.clone(), value(column, cell))).collect();
        return Json::Object(object).to_string();
    }
    let mut members: Vec<(&str, String)> =
        row.map(|(column, cell)| (column.name.as_str(), plain(column, cell, true))).collect();
    // Stable, so that the last of several with the same name stays the last, which is kept.
    members.sort_by_key(|(name, _)| *name);
    let object: Map<String, Json> =
        members.into_iter().map(|(name, value)| (name.to_owned(), Json::from(value))).collect();
    for_html(&Json::Object(object).to_string())
}

/// Text that is a JSON list or structure, spread over lines.
pub(super) fn pretty(text: &str) -> Option<String> {
    if !text.starts_with(['[', '{']) {
        return None;
    }
    let json: Json = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&json).ok()
}

fn value(column: &Heading, cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Integer(number) if column.kind == Type::Boolean => Json::from(*number != 0),
        Cell::Integer(number) => Json::from(*number),
        Cell::Real(number) => Json::from(*number),
        Cell::Text(text) if column.kind == Type::Json => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.as_str()))
        }
        Cell::Text(text) => Json::from(text.as_str()),
        Cell::Blob(bytes) => Json::from(BASE64.encode(bytes)),
    }
}

fn for_html(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '&' => escaped.push_str("\\u0026"),
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}
