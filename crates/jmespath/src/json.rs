//! JSON in expressions: literals and quoted names.
//!
//! Not responsible for documents, nor for how Python reads JSON: answers are printed by the same
//! rules.

use std::borrow::Cow;

use vmfa_render::{Json, MOST_DIGITS, Unread, read_json};

use crate::{
    datum::Datum,
    error::{Error, Reason},
    number::Number,
};

/// A JSON text, or `None` where it is not one. Refused only for its depth.
pub(crate) fn read(text: &str) -> Result<Option<Datum<'static>>, Error> {
    match read_json(text) {
        Ok(json) => datum(json).map(Some),
        Err(Unread::TooDeep) => Err(Reason::TooDeep.into()),
        Err(Unread::Wrong { .. } | Unread::Digits(_)) => Ok(None),
    }
}

/// What stands between the quotation marks of a JSON string, or the beginning of Python's message.
pub(crate) fn string(inside: &str) -> Result<String, &'static str> {
    match read_json(&format!("\"{inside}\"")) {
        Ok(Json::Text(text)) => Ok(text),
        Err(Unread::Wrong { problem, .. }) => Err(problem),
        // Nothing else begins with a quotation mark.
        Ok(_) | Err(_) => Err("Extra data"),
    }
}

/// What `str.lstrip` takes away: white space, and four separators that Unicode does not count.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}

/// Refuses integers that Python does not write out.
pub(crate) fn few_digits(digits: &str) -> Result<(), Error> {
    let count = digits.len();
    if count <= MOST_DIGITS {
        return Ok(());
    }
    Err(Error::value_error(Unread::Digits(count).to_string()))
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
