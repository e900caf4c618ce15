//! Equality and order of values
//! (<https://jmespath.org/specification.html#filter-expressions>).

use std::{cmp::Ordering, ptr};

use crate::{
    budget::Budget,
    datum::{Array, Datum, Object},
    error::Error,
    node::Comparator,
    number::Number,
    python,
};

/// The result of a comparison; null if one side has no order.
pub(crate) fn compare<'a>(
    comparator: Comparator,
    left: &Datum<'a>,
    right: &Datum<'a>,
    budget: &Budget,
) -> Result<Datum<'a>, Error> {
    let (sign, holds): (_, fn(Ordering) -> bool) = match comparator {
        Comparator::Equal => return Ok(Datum::Bool(equal(left, right, budget)?)),
        Comparator::Unequal => return Ok(Datum::Bool(!equal(left, right, budget)?)),
        Comparator::Less => ("<", Ordering::is_lt),
        Comparator::LessOrEqual => ("<=", Ordering::is_le),
        Comparator::Greater => (">", Ordering::is_gt),
        Comparator::GreaterOrEqual => (">=", Ordering::is_ge),
    };
    let ordered = |datum: &Datum<'_>| matches!(datum, Datum::Number(_) | Datum::Text(_));
    if !ordered(left) || !ordered(right) {
        return Ok(Datum::Null);
    }
    Ok(Datum::Bool(order(sign, left, right)?.is_some_and(holds)))
}

/// The order of two numbers or two strings; `None` if one is NaN. Python refuses other types.
pub(crate) fn order(
    sign: &str,
    left: &Datum<'_>,
    right: &Datum<'_>,
) -> Result<Option<Ordering>, Error> {
    match (left, right) {
        (Datum::Number(left), Datum::Number(right)) => Ok(left.compare(*right)),
        (Datum::Text(left), Datum::Text(right)) => Ok(Some(left.cmp(right))),
        _ => {
            let (left, right) = (python::type_name(left), python::type_name(right));
            Err(Error::type_error(format!(
                "'{sign}' not supported between instances of '{left}' and '{right}'"
            )))
        }
    }
}

/// Python's `==`, in which `true` is 1 and `false` is 0.
pub(crate) fn same(one: &Datum<'_>, other: &Datum<'_>, budget: &Budget) -> Result<bool, Error> {
    budget.spend(1)?;
    Ok(match (one, other) {
        (Datum::Null, Datum::Null) => true,
        (Datum::Text(one), Datum::Text(other)) => one == other,
        (Datum::Array(one), Datum::Array(other)) => same_items(one, other, budget)?,
        (Datum::Object(one), Datum::Object(other)) => same_members(one, other, budget)?,
        (Datum::Reference(one), Datum::Reference(other)) => ptr::eq(*one, *other),
        _ => match (as_number(one), as_number(other)) {
            (Some(one), Some(other)) => one.compare(other) == Some(Ordering::Equal),
            _ => false,
        },
    })
}

/// Like [`same`], but 0 and 1 do not equal booleans outside arrays and objects.
fn equal(one: &Datum<'_>, other: &Datum<'_>, budget: &Budget) -> Result<bool, Error> {
    match (one, other) {
        (Datum::Number(number), Datum::Bool(_)) | (Datum::Bool(_), Datum::Number(number))
            if number.is_zero_or_one() =>
        {
            Ok(false)
        }
        _ => same(one, other, budget),
    }
}

fn same_items(one: &Array<'_>, other: &Array<'_>, budget: &Budget) -> Result<bool, Error> {
    if one.is(other) {
        return Ok(true);
    }
    if one.len() != other.len() {
        return Ok(false);
    }
    for (one, other) in one.iter().zip(other.iter()) {
        if !same(&one, &other, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_members(one: &Object<'_>, other: &Object<'_>, budget: &Budget) -> Result<bool, Error> {
    if one.is(other) {
        return Ok(true);
    }
    if one.len() != other.len() {
        return Ok(false);
    }
    for (name, value) in one.iter() {
        let Some(other) = other.get(&name) else { return Ok(false) };
        if !same(&value, &other, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

const fn as_number(datum: &Datum<'_>) -> Option<Number> {
    match datum {
        Datum::Number(number) => Some(*number),
        Datum::Bool(false) => Some(Number::Int(0)),
        Datum::Bool(true) => Some(Number::Int(1)),
        _ => None,
    }
}
