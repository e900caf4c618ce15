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

mod builtins;
mod characters;
mod elements;
mod encoding;
mod equal;
mod like;
mod patterns;
mod search;
mod text;
mod values;

use std::cell::RefCell;

use rusqlite::{
    Connection, Error,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};
use serde_json::Value as Json;

pub(crate) use builtins::override_builtins;
pub(crate) use elements::{Elements, NAMES as TABLES};
use patterns::Patterns;

/// Adds the functions to a connection.
pub(crate) fn add(connection: &Connection) -> rusqlite::Result<()> {
    override_builtins(connection)?;
    let function = |name: &'static str, arguments, body: Body| {
        let flags = FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_INNOCUOUS;
        let patterns = RefCell::new(Patterns::default());
        let call = move |context: &Context<'_>| {
            let Some(arguments) = texts(context) else { return Ok(Value::Null) };
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            body(&mut patterns.borrow_mut(), &arguments)
                .map_err(|message| Error::UserFunctionError(format!("`{name}` {message}").into()))
        };
        connection.create_scalar_function(name, arguments, flags, call)
    };
    function("split_part", 3, split_part)?;
    function("regexp_like", 2, |patterns, arguments| {
        let [text, pattern] = arguments else { return Ok(Value::Null) };
        Ok(Value::from(patterns.get(pattern)?.is_match(text)))
    })?;
    // The operator: `text REGEXP pattern`.
    function("regexp", 2, |patterns, arguments| {
        let [pattern, text] = arguments else { return Ok(Value::Null) };
        Ok(Value::from(patterns.get(pattern)?.is_match(text)))
    })?;
    function("regexp_substr", 2, |patterns, arguments| {
        let [text, pattern] = arguments else { return Ok(Value::Null) };
        let found = patterns.get(pattern)?.find(text);
        Ok(found.map_or(Value::Null, |found| Value::Text(found.as_str().to_owned())))
    })?;
    function("regexp_replace", 3, |patterns, arguments| {
        let [text, pattern, replacement] = arguments else { return Ok(Value::Null) };
        let pattern = patterns.get(pattern)?;
        Ok(Value::Text(pattern.replace_all(text, regex::NoExpand(replacement)).into_owned()))
    })?;
    function("json_equal", 2, |_, arguments| compare(arguments, equal::json))?;
    function("aws_policy_equal", 2, |_, arguments| compare(arguments, equal::policy))
}

/// What a function makes of its arguments, none of which is NULL. The error follows its name.
type Body = fn(&mut Patterns, &[&str]) -> Result<Value, String>;

/// The arguments as texts, as SQLite has them. `None` where one is NULL.
fn texts(context: &Context<'_>) -> Option<Vec<String>> {
    let text = |at| match context.get_raw(at) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(format!("{number:?}")),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    };
    (0..context.len()).map(text).collect()
}

fn split_part(_: &mut Patterns, arguments: &[&str]) -> Result<Value, String> {
    let [text, separator, number] = arguments else { return Ok(Value::Null) };
    let number: i64 =
        number.trim().parse().map_err(|_| "takes a whole number as its third argument")?;
    let Some(place) = usize::try_from(number.unsigned_abs()).ok().and_then(|n| n.checked_sub(1))
    else {
        return Ok(Value::Null);
    };
    if separator.is_empty() {
        return Ok(Value::Null);
    }
    let part = if number > 0 {
        text.split(separator).nth(place)
    } else {
        text.rsplit(separator).nth(place)
    };
    Ok(part.map_or(Value::Null, |part| Value::Text(part.to_owned())))
}

fn compare(arguments: &[&str], equal: fn(&Json, &Json) -> bool) -> Result<Value, String> {
    let [one, other] = arguments else { return Ok(Value::Null) };
    // The parser does not go deeper than 128 levels, and so nor does the comparison.
    let read = |text: &str| serde_json::from_str(text).map_err(|_| "takes two texts of JSON");
    Ok(Value::from(equal(&read(one)?, &read(other)?)))
}

/// Whether statements may call that function.
pub(crate) fn is_allowed(_name: &str) -> bool {
    true
}

/// Bytes of the longest value with which the function may be called; `None` where it makes no
/// difference.
pub(crate) fn longest_value(_name: &str) -> Option<i32> {
    None
}
