//! `merge` (<https://jmespath.org/specification.html#merge>).
//!
//! jmespath.py checks only the first argument and passes the others to Python's `dict.update`, which
//! also accepts lists of pairs.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::{
    budget::Budget,
    datum::{Datum, Members, Object},
    error::Error,
    python,
};

/// Merges objects. Later values replace earlier ones in their position.
pub(crate) fn merged<'a>(
    first: &Object<'a>,
    others: impl Iterator<Item = Datum<'a>>,
    budget: &Budget,
) -> Result<Datum<'a>, Error> {
    let mut members = IndexMap::new();
    for object in std::iter::once(Datum::Object(first.clone())).chain(others) {
        update(&mut members, &object, budget)?;
    }
    Datum::object(members)
}

fn update<'a>(members: &mut Members<'a>, other: &Datum<'a>, budget: &Budget) -> Result<(), Error> {
    match other {
        Datum::Object(object) => {
            budget.spend(object.len())?;
            members.extend(object.iter());
        }
        Datum::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                budget.spend(1)?;
                let (name, value) = pair(index, &item)?;
                members.insert(hashed(&name, budget)?, value);
            }
        }
        Datum::Text(text) if text.is_empty() => {}
        Datum::Text(_) => return Err(wrong_length(0, 1)),
        other => {
            let name = python::type_name(other);
            return Err(Error::type_error(format!("'{name}' object is not iterable")));
        }
    }
    Ok(())
}

/// A name and a value, as Python unpacks them.
fn pair<'a>(index: usize, item: &Datum<'a>) -> Result<(Datum<'a>, Datum<'a>), Error> {
    let parts: Vec<Datum<'a>> = match item {
        Datum::Array(items) => items.iter().take(2).collect(),
        Datum::Object(members) => {
            members.iter().take(2).map(|(name, _)| Datum::Text(name)).collect()
        }
        Datum::Text(text) => text.chars().take(2).map(|c| Datum::text(c.into())).collect(),
        _ => {
            return Err(Error::type_error(format!(
                "cannot convert dictionary update sequence element #{index} to a sequence"
            )));
        }
    };
    let length = match item {
        Datum::Array(items) => items.len(),
        Datum::Object(members) => members.len(),
        Datum::Text(text) => text.chars().count(),
        _ => 0,
    };
    match <[Datum<'a>; 2]>::try_from(parts) {
        Ok([name, value]) if length == 2 => Ok((name, value)),
        _ => Err(wrong_length(index, length)),
    }
}

fn wrong_length(index: usize, length: usize) -> Error {
    Error::value_error(format!(
        "dictionary update sequence element #{index} has length {length}; 2 is required"
    ))
}

/// A name as text. Python keeps a number as a number until it is printed.
fn hashed<'a>(name: &Datum<'a>, budget: &Budget) -> Result<Cow<'a, str>, Error> {
    match name {
        Datum::Text(text) => Ok(text.clone()),
        Datum::Array(_) | Datum::Object(_) => {
            let name = python::type_name(name);
            Err(Error::type_error(format!("unhashable type: '{name}'")))
        }
        other => Ok(Cow::Owned(python::json(other, budget)?)),
    }
}
