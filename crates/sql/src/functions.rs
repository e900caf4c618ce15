//! The functions that StackQL's dialect has and SQLite lacks.
//!
//! `split_part(text, separator, n)`: the nth part, from 1, or from the end for negative ones; NULL
//! where there is none. `regexp_like(text, pattern)`, `regexp_substr(text, pattern)` and
//! `regexp_replace(text, pattern, replacement)`: found anywhere; `.` is any character, a new line
//! too; the replacement is plain text and takes the place of every match. `json_equal(a, b)`: the
//! order of members makes no difference, that of elements does. `aws_policy_equal(a, b)`: nor does
//! the order of what a policy takes as a set. Any NULL gives NULL.
//!
//! Functions of SQLite's whose time grows with their arguments are overridden (`builtins`).

mod allowed;
mod builtins;
mod characters;
mod costs;
mod elements;
mod encoding;
mod equal;
mod json;
mod like;
mod patterns;
#[cfg(test)]
mod random;
mod regular;
mod search;
mod text;
mod values;

use rusqlite::{Connection, Error, Result, functions::FunctionFlags, types::ValueRef};
use serde_json::Value as Json;

#[cfg(test)]
pub(crate) use allowed::ALLOWED;
pub(crate) use allowed::is_allowed;
pub(crate) use builtins::override_builtins;
pub(crate) use costs::longest_value;
pub(crate) use elements::{Elements, NAMES as TABLES};
pub(crate) use json::{LONGEST_JSON, read as read_json};
pub(crate) use like::{Rules, matches as is_like};
pub(crate) use patterns::Patterns;
pub(crate) use regular::{GROUPS, Regular};
use search::Finder;
pub(crate) use search::replaced;
pub(crate) use text::trimmed;
pub(crate) use values::{Arguments, Meter, Output, add_with, limit, refused};

/// Adds the functions to a connection.
pub(crate) fn add(connection: &Connection) -> Result<()> {
    override_builtins(connection)?;
    let patterns = Patterns::default();
    let function = |name: &'static str, arguments, body: Body| {
        let patterns = patterns.clone();
        let call = move |arguments: &Arguments<'_, '_>, meter: &mut Meter| {
            let null = |at| matches!(arguments.get(at), ValueRef::Null);
            if (0..arguments.len()).any(null) {
                return Ok(Output::Null);
            }
            body(&patterns, arguments, meter).map_err(|error| named(name, error))
        };
        add_with(connection, name, arguments, FunctionFlags::SQLITE_DETERMINISTIC, call)
    };
    function("split_part", 3, split_part)?;
    function("regexp_like", 2, |patterns, arguments, meter| {
        is_match(patterns, arguments, (0, 1), meter)
    })?;
    // The operator: `text REGEXP pattern`.
    function("regexp", 2, |patterns, arguments, meter| {
        is_match(patterns, arguments, (1, 0), meter)
    })?;
    function("regexp_substr", 2, regexp_substr)?;
    function("regexp_replace", 3, regexp_replace)?;
    function("json_equal", 2, |_, arguments, meter| compare(arguments, equal::json, meter))?;
    function("aws_policy_equal", 2, |_, arguments, meter| compare(arguments, equal::policy, meter))
}

/// What a function makes of its arguments, none of which is NULL. A message follows its name.
type Body = fn(&Patterns, &Arguments<'_, '_>, &mut Meter) -> Result<Output>;

/// An error whose message is one of ours, which follows the name of the function.
fn named(name: &str, error: Error) -> Error {
    match error {
        Error::UserFunctionError(message) => refused(format!("`{name}` {message}")),
        error => error,
    }
}

fn split_part(_: &Patterns, arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let bytes = |at| arguments.bytes(at).unwrap_or_default();
    let (text, separator, number) = (bytes(0), bytes(1), bytes(2));
    let number = std::str::from_utf8(number.get(..LONGEST_NUMBER).unwrap_or(&number));
    let number: i64 = number
        .ok()
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| refused("takes a whole number as its third argument"))?;
    let Some(place) = number.unsigned_abs().checked_sub(1).filter(|_| !separator.is_empty()) else {
        return Ok(Output::Null);
    };
    let part = if number > 0 {
        part(&text, &separator, place, meter)?
    } else {
        let (text, separator) = (reversed(&text, meter)?, reversed(&separator, meter)?);
        let part = part(&text, &separator, place, meter)?;
        part.map(|part| reversed(&part, meter)).transpose()?
    };
    Ok(part.map_or(Output::Null, Output::Text))
}

/// The part of a text after `place` separators. `None` where it has fewer.
fn part(text: &[u8], separator: &[u8], place: u64, meter: &mut Meter) -> Result<Option<Vec<u8>>> {
    let finder = Finder::new(separator, meter)?;
    let mut start = 0;
    for _ in 0..place {
        let Some(found) = finder.find(text, start, meter)? else { return Ok(None) };
        start = found.saturating_add(separator.len());
    }
    let end = finder.find(text, start, meter)?.unwrap_or(text.len());
    Ok(text.get(start..end).map(<[u8]>::to_vec))
}

fn reversed(bytes: &[u8], meter: &mut Meter) -> Result<Vec<u8>> {
    meter.check()?;
    let mut bytes = bytes.to_vec();
    bytes.reverse();
    meter.check()?;
    Ok(bytes)
}

/// Whether a text matches a pattern, both of which are arguments.
fn is_match(
    patterns: &Patterns,
    arguments: &Arguments<'_, '_>,
    (text, pattern): (usize, usize),
    meter: &mut Meter,
) -> Result<Output> {
    let text = arguments.text(text, meter)?.unwrap_or_default();
    let pattern = arguments.text(pattern, meter)?.unwrap_or_default();
    let found =
        patterns.with(&pattern, true, meter, |pattern, meter| pattern.is_match(&text, meter))?;
    Ok(Output::Integer(found.into()))
}

fn regexp_substr(
    patterns: &Patterns,
    arguments: &Arguments<'_, '_>,
    meter: &mut Meter,
) -> Result<Output> {
    let text = arguments.text(0, meter)?.unwrap_or_default();
    let pattern = arguments.text(1, meter)?.unwrap_or_default();
    let found =
        patterns.with(&pattern, true, meter, |pattern, meter| pattern.find(&text, 0, meter))?;
    let found = found.and_then(|range| text.get(range));
    Ok(found.map_or(Output::Null, |found| Output::Text(found.as_bytes().to_vec())))
}

fn regexp_replace(
    patterns: &Patterns,
    arguments: &Arguments<'_, '_>,
    meter: &mut Meter,
) -> Result<Output> {
    let text = arguments.text(0, meter)?.unwrap_or_default();
    let pattern = arguments.text(1, meter)?.unwrap_or_default();
    let by = arguments.text(2, meter)?.unwrap_or_default();
    let replaced = patterns.with(&pattern, true, meter, |pattern, meter| {
        pattern.replace(&text, true, meter, |_, _, done, meter| {
            meter.spend(by.len() / 16)?;
            done.push_str(&by);
            Ok(())
        })
    })?;
    Ok(Output::Text(replaced.into_bytes()))
}

fn compare(
    arguments: &Arguments<'_, '_>,
    equal: fn(&Json, &Json, &mut Meter) -> Result<bool>,
    meter: &mut Meter,
) -> Result<Output> {
    let (one, other) = (json(arguments, 0, meter)?, json(arguments, 1, meter)?);
    Ok(Output::Integer(equal(&one, &other, meter)?.into()))
}

/// An argument as JSON, which is not deeper than 128 levels, and so nor is a comparison.
fn json(arguments: &Arguments<'_, '_>, at: usize, meter: &mut Meter) -> Result<Json> {
    let text = arguments.bytes(at).unwrap_or_default();
    if text.len() > LONGEST_JSON {
        return Err(refused(format!("takes texts of {LONGEST_JSON} bytes at the most")));
    }
    read_json(&text, meter)?.ok_or_else(|| refused("takes two texts of JSON"))
}

/// Bytes of a number, which is longer than any that is one.
const LONGEST_NUMBER: usize = 64;
