//! When two documents of JSON say the same.
//!
//! Not here: what policies mean.

use rusqlite::Result;
use serde_json::{Number, Value as Json};

use super::values::Meter;

/// Whether they are equal: the order of members makes no difference.
pub(super) fn json(one: &Json, other: &Json, meter: &mut Meter) -> Result<bool> {
    meter.spend(1)?;
    Ok(match (one, other) {
        (Json::Number(one), Json::Number(other)) => number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len()
                && all(one.iter().zip(other), |(one, other)| json(one, other, meter))?
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && all(one, |(name, value)| match other.get(name) {
                    Some(other) => json(value, other, meter),
                    None => Ok(false),
                })?
        }
        _ => one == other,
    })
}

/// Whether they are equal as policies, or as lists of tags: besides, the names of members are the
/// same in large and small letters, a list of one is its element, and the lists of some members
/// are sets, as are lists of tags.
pub(super) fn policy(one: &Json, other: &Json, meter: &mut Meter) -> Result<bool> {
    within(one, other, false, meter)
}

fn within(one: &Json, other: &Json, is_set: bool, meter: &mut Meter) -> Result<bool> {
    meter.spend(1)?;
    match (one, other) {
        (Json::Array(list), Json::String(_)) => alone(list, other, is_set, meter),
        (Json::String(_), Json::Array(list)) => alone(list, one, is_set, meter),
        (Json::String(one), Json::String(other)) => {
            let arn = |text: &str| text.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("arn:"));
            meter.spend(one.len().min(other.len()) / 16)?;
            Ok(one == other || (is_set && arn(one) && one.eq_ignore_ascii_case(other)))
        }
        (Json::Array(one), Json::Array(other))
            if is_set || (tags(one, meter)? && tags(other, meter)?) =>
        {
            set(one, other, is_set, meter)
        }
        (Json::Array(one), Json::Array(other)) => Ok(one.len() == other.len()
            && all(one.iter().zip(other), |(one, other)| within(one, other, false, meter))?),
        (Json::Object(one), Json::Object(other)) => Ok(one.len() == other.len()
            && all(one, |(name, value)| {
                let mut found = other.get(name);
                if found.is_none() {
                    meter.spend(other.len())?;
                    let mut others = other.iter();
                    found = others
                        .find(|(known, _)| known.eq_ignore_ascii_case(name))
                        .map(|(_, value)| value);
                }
                let is_set = SETS.contains(&name.as_str());
                found.map_or(Ok(false), |other| within(value, other, is_set, meter))
            })?),
        _ => json(one, other, meter),
    }
}

/// Whether all are so.
fn all<T>(
    of: impl IntoIterator<Item = T>,
    mut is_so: impl FnMut(T) -> Result<bool>,
) -> Result<bool> {
    for element in of {
        if !is_so(element)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn alone(list: &[Json], element: &Json, is_set: bool, meter: &mut Meter) -> Result<bool> {
    match list {
        [only] => within(only, element, is_set, meter),
        _ => Ok(false),
    }
}

/// Whether each element of either has its own equal in the other.
fn set(one: &[Json], other: &[Json], is_set: bool, meter: &mut Meter) -> Result<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    let mut left: Vec<&Json> = other.iter().collect();
    all(one, |element| {
        for at in 0..left.len() {
            let Some(other) = left.get(at) else { break };
            if within(element, other, is_set, meter)? {
                left.swap_remove(at);
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Whether a list is one of tags.
fn tags(list: &[Json], meter: &mut Meter) -> Result<bool> {
    meter.spend(list.len())?;
    let tag = |element: &Json| {
        let Json::Object(members) = element else { return false };
        let has = |name: &str| members.keys().any(|key| key.eq_ignore_ascii_case(name));
        members.len() == 2 && has("Key") && has("Value")
    };
    Ok(!list.is_empty() && list.iter().all(tag))
}

/// `1` is `1.0`.
fn number(one: &Number, other: &Number) -> bool {
    one == other || one.as_f64().is_some_and(|one| other.as_f64() == Some(one))
}

/// The members whose lists are sets, and in which ARNs are the same in large and small letters.
const SETS: &[&str] = &[
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "AWS",
    "Service",
];
