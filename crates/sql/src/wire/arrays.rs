//! Arrays as values of parameters, which queries on the catalogue have: they become JSON, as all
//! lists are here.

use super::{
    encoding,
    report::Report,
    types::{self, oid},
};
use crate::Cell;

/// The type of an array of texts.
pub(super) const TEXTS: u32 = 1009;

/// The type of the elements of an array.
pub(super) const fn element(kind: u32) -> Option<u32> {
    Some(match kind {
        1000 => oid::BOOL,
        1002 => oid::CHAR,
        1003 => oid::NAME,
        1005 => oid::INT2,
        1007 => oid::INT4,
        1009 => oid::TEXT,
        1015 => oid::VARCHAR,
        1016 => oid::INT8,
        1022 => oid::FLOAT8,
        1028 => oid::OID,
        _ => return None,
    })
}

/// Reads an array of one dimension.
pub(super) fn read(bytes: &[u8], kind: u32, binary: bool) -> Result<Cell, Report> {
    let elements = if binary {
        of_bytes(bytes)?
    } else {
        let text = encoding::text(bytes)?;
        let element = element(kind).unwrap_or(oid::TEXT);
        let parts = of_text(text).ok_or_else(wrong)?;
        let read = parts.iter().map(|part| match part {
            Some(part) => types::read_text(part, element),
            None => Ok(Cell::Null),
        });
        read.collect::<Result<_, _>>()?
    };
    let json = elements.into_iter().map(|cell| match cell {
        Cell::Integer(number) => number.into(),
        Cell::Real(number) => number.into(),
        Cell::Text(text) => text.into(),
        Cell::Null | Cell::Blob(_) => serde_json::Value::Null,
    });
    Ok(Cell::Text(serde_json::Value::Array(json.collect()).to_string()))
}

/// A list as PostgreSQL writes an array: `{a,"b c",NULL}`. `None` where it is no list of values.
pub(super) fn shown(json: &str) -> Option<String> {
    let elements: Vec<serde_json::Value> = serde_json::from_str(json).ok()?;
    let shown = elements.into_iter().map(|element| match element {
        serde_json::Value::Null => Some("NULL".to_owned()),
        serde_json::Value::Bool(truth) => Some(if truth { "t" } else { "f" }.to_owned()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::String(text) => {
            let special = |c: char| c.is_whitespace() || "{},\"\\".contains(c);
            if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(special) {
                return Some(text);
            }
            Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        }
        _ => None,
    });
    Some(format!("{{{}}}", shown.collect::<Option<Vec<_>>>()?.join(",")))
}

fn of_bytes(mut bytes: &[u8]) -> Result<Vec<Cell>, Report> {
    let mut number = || -> Result<i32, Report> {
        let (number, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        bytes = rest;
        Ok(i32::from_be_bytes(*number))
    };
    let (dimensions, _nulls, kind) = (number()?, number()?, number()?);
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    let (count, _first) = (number()?, number()?);
    if dimensions != 1 {
        return Err(wrong());
    }
    let kind = u32::try_from(kind).map_err(|_| wrong())?;
    let mut cells = Vec::new();
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            cells.push(Cell::Null);
            bytes = rest;
            continue;
        };
        let (value, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
        cells.push(types::read(Some(value), kind, true)?);
        bytes = rest;
    }
    Ok(cells)
}

/// The elements of `{a,"b c",NULL}`.
fn of_text(text: &str) -> Option<Vec<Option<String>>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if inside.trim().is_empty() {
        return Some(elements);
    }
    let (mut part, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut chars = inside.chars();
    let mut push = |part: &mut String, was_quoted: &mut bool| {
        let null = !*was_quoted && part.eq_ignore_ascii_case("null");
        let part = std::mem::take(part);
        elements.push((!null).then_some(part));
        *was_quoted = false;
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => part.push(chars.next()?),
            '"' => (quoted, was_quoted) = (!quoted, true),
            ',' if !quoted => push(&mut part, &mut was_quoted),
            '{' | '}' if !quoted => return None,
            c => part.push(c),
        }
    }
    push(&mut part, &mut was_quoted);
    (!quoted).then_some(elements)
}

fn wrong() -> Report {
    Report::new("22P02", "a parameter's value is not an array of one dimension")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_become_json() {
        let read = |text: &str, kind| match read(text.as_bytes(), kind, false) {
            Ok(Cell::Text(json)) => json,
            _ => "no array".to_owned(),
        };
        assert_eq!(read(r#"{a,"b, \"c\"",NULL,"NULL"}"#, 1009), r#"["a","b, \"c\"",null,"NULL"]"#);
        assert_eq!(read("{1,2}", 1007), "[1,2]");
        assert_eq!(read("{}", 1009), "[]");
        assert_eq!(read("{{1},{2}}", 1007), "no array");
    }
}
