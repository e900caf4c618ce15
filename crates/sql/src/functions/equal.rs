//! When two documents of JSON say the same.
//!
//! Not here: what policies mean.

use serde_json::{Number, Value as Json};

/// Whether they are equal: the order of members makes no difference.
pub(super) fn json(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| json(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same = |(name, value)| other.get(name).is_some_and(|other| json(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

/// Whether they are equal as policies, or as lists of tags: besides, the names of members are the
/// same in large and small letters, a list of one is its element, and the lists of some members
/// are sets, as are lists of tags.
pub(super) fn policy(one: &Json, other: &Json) -> bool {
    within(one, other, false)
}

fn within(one: &Json, other: &Json, is_set: bool) -> bool {
    match (one, other) {
        (Json::Array(list), Json::String(_)) => alone(list, other, is_set),
        (Json::String(_), Json::Array(list)) => alone(list, one, is_set),
        (Json::String(one), Json::String(other)) => {
            let arn = |text: &str| text.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("arn:"));
            one == other || (is_set && arn(one) && one.eq_ignore_ascii_case(other))
        }
        (Json::Array(one), Json::Array(other)) if is_set || (tags(one) && tags(other)) => {
            set(one, other, is_set)
        }
        (Json::Array(one), Json::Array(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| within(one, other, false))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same = |(name, value): (&String, &Json)| {
                let mut named = other.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
                let exact = other.get(name).or_else(|| named.next().map(|(_, value)| value));
                exact.is_some_and(|other| within(value, other, SETS.contains(&name.as_str())))
            };
            one.len() == other.len() && one.iter().all(same)
        }
        _ => json(one, other),
    }
}

fn alone(list: &[Json], element: &Json, is_set: bool) -> bool {
    matches!(list, [only] if within(only, element, is_set))
}

/// Whether each element of either has its own equal in the other.
fn set(one: &[Json], other: &[Json], is_set: bool) -> bool {
    let mut left: Vec<&Json> = other.iter().collect();
    let mut taken = |element: &Json| {
        let at = left.iter().position(|other| within(element, other, is_set));
        at.map(|at| left.swap_remove(at)).is_some()
    };
    one.len() == other.len() && one.iter().all(&mut taken)
}

/// Whether a list is one of tags.
fn tags(list: &[Json]) -> bool {
    let tag = |element: &Json| {
        let Json::Object(members) = element else { return false };
        let has = |name: &str| members.keys().any(|key| key.eq_ignore_ascii_case(name));
        members.len() == 2 && has("Key") && has("Value")
    };
    !list.is_empty() && list.iter().all(tag)
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
