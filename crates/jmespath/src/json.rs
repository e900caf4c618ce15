//! JSON in expressions: literals and quoted identifiers.

use std::borrow::Cow;

use vmfa_render::{Json, JsonError, MAX_DIGITS, read_json};

use crate::{
    datum::Datum,
    error::{Error, ErrorKind},
    number::Number,
};

/// Parses JSON; `None` for a syntax error.
///
/// # Errors
/// The value is nested too deeply.
pub(crate) fn read(text: &str) -> Result<Option<Datum<'static>>, Error> {
    match read_json(text) {
        Ok(json) => datum(json).map(Some),
        Err(JsonError::TooDeep) => Err(ErrorKind::TooDeep.into()),
        Err(JsonError::Wrong { .. } | JsonError::Digits(_)) => Ok(None),
    }
}

/// The text of a JSON string without its quotation marks, or the start of Python's message.
pub(crate) fn string(inside: &str) -> Result<String, &'static str> {
    match read_json(&format!("\"{inside}\"")) {
        Ok(Json::Text(text)) => Ok(text),
        Err(JsonError::Wrong { problem, .. }) => Err(problem),
        // Only strings begin with a quotation mark.
        Ok(_) | Err(_) => Err("Extra data"),
    }
}

/// What `str.lstrip` strips: white space, and four separators that are not white space in Unicode.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}

/// Refuses integers with more digits than Python prints.
pub(crate) fn few_digits(digits: &str) -> Result<(), Error> {
    let count = digits.len();
    if count <= MAX_DIGITS {
        return Ok(());
    }
    Err(Error::value_error(JsonError::Digits(count).to_string()))
}

fn datum(json: Json) -> Result<Datum<'static>, Error> {
    Ok(match json {
        Json::Null => Datum::Null,
        Json::Bool(truth) => Datum::Bool(truth),
        Json::Integer(digits) => {
            Datum::Number(Number::integer(&digits).unwrap_or(Number::Float(f64::NAN)))
        }
        Json::Float(float) => Datum::Number(Number::Float(float)),
        Json::Text(text) => Datum::text(text),
        Json::Array(items) => {
            Datum::array(items.into_iter().map(datum).collect::<Result<_, _>>()?)?
        }
        Json::Object(members) => {
            let member = |(name, value)| Ok((Cow::Owned(name), datum(value)?));
            Datum::object(members.into_iter().map(member).collect::<Result<_, Error>>()?)?
        }
    })
}
