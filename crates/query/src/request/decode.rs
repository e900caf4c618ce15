//! Decodes the input of an action from parameters, by its shape.
//!
//! Names of parameters are paths: `Tags.member.1.Key`. Members that the shape does not have are
//! ignored at every level. Memory is proportional to the parameters, since few elements of a list
//! may be skipped. A skipped element is decoded as null, or as a structure without members;
//! validation refuses both in AWS's words.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use vmfa_iam::Action;
use vmfa_model::{
    Blob, Fault, FaultKind, ListShape, Record, Secret, Shape, StructureShape, Timestamp, Value,
};

use super::Parameters;

/// Decodes the input of an action. Refuses a value of the wrong type with `MalformedInput`, which
/// never contains the value of a secret member.
pub fn input(action: &'static Action, parameters: &Parameters<'_>) -> Result<Record, Fault> {
    members(action.input, parameters)
}

pub(crate) fn members(
    shape: &'static StructureShape,
    parameters: &Parameters<'_>,
) -> Result<Record, Fault> {
    let given: Vec<_> = parameters
        .iter()
        .map(|(name, value)| RelativeParameter { path: Some(name), value })
        .collect();
    structure(shape, &given)
}

/// A parameter with its path relative to the value that is being decoded.
#[derive(Clone, Copy)]
struct RelativeParameter<'p> {
    /// `None` where the parameter is that value itself.
    path: Option<&'p str>,
    value: &'p str,
}

impl<'p> RelativeParameter<'p> {
    /// The first segment of the path, and the parameter relative to it.
    fn descend(self) -> Option<(&'p str, Self)> {
        let path = self.path?;
        let (segment, path) = match path.split_once('.') {
            Some((segment, path)) => (segment, Some(path)),
            None => (path, None),
        };
        Some((segment, Self { path, ..self }))
    }
}

fn structure(
    shape: &'static StructureShape,
    given: &[RelativeParameter<'_>],
) -> Result<Record, Fault> {
    let mut record = Record::with_capacity(shape.members.len());
    for member in shape.members {
        let steps = given.iter().filter_map(|given| given.descend());
        let given: Vec<_> =
            steps.filter(|(segment, _)| *segment == member.name).map(|(_, given)| given).collect();
        if let Some(value) = value(&member.shape, member.name, &given)? {
            record.push(member.name, value);
        }
    }
    Ok(record)
}

/// The value of a member, or `None` if no parameter is for it.
fn value(
    shape: &Shape,
    member: &str,
    given: &[RelativeParameter<'_>],
) -> Result<Option<Value>, Fault> {
    let own = given.iter().rfind(|given| given.path.is_none()).map(|given| given.value);
    Ok(match shape {
        Shape::List(list) => {
            let elements = elements(list, given)?;
            match own {
                None if elements.is_empty() => return Ok(None),
                Some(text) if !text.is_empty() => {
                    return Err(malformed("Unexpected list element termination"));
                }
                _ => {}
            }
            let read = |given: Option<Vec<RelativeParameter<'_>>>| match (given, &list.element) {
                (Some(given), element) => value(element, member, &given).map(or_null),
                (None, Shape::Structure(_)) => Ok(Value::Structure(Record::new())),
                (None, _) => Ok(Value::Null),
            };
            Some(Value::List(elements.into_iter().map(read).collect::<Result<_, _>>()?))
        }
        Shape::Structure(_) if own.is_some_and(|text| !text.is_empty()) => {
            return Err(malformed("Unexpected complex element termination"));
        }
        Shape::Structure(_) if given.is_empty() => None,
        Shape::Structure(shape) => Some(Value::Structure(structure(shape, given)?)),
        Shape::Map(element) => map(element, member, given)?,
        Shape::Text(_) | Shape::Integer(_) | Shape::Boolean | Shape::Time | Shape::Blob => {
            own.map(|text| scalar(shape, member, text)).transpose()?
        }
    })
}

fn map(
    element: &Shape,
    member: &str,
    given: &[RelativeParameter<'_>],
) -> Result<Option<Value>, Fault> {
    let entries = contiguous(indexed("entry", given)?)?;
    if entries.is_empty() && given.iter().all(|given| given.path.is_some()) {
        return Ok(None);
    }
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().flatten() {
        let named = |name| {
            let steps = entry.iter().filter_map(|given| given.descend());
            steps
                .filter(|(segment, _)| *segment == name)
                .map(|(_, given)| given)
                .collect::<Vec<_>>()
        };
        let (key, content) = (named("key"), named("value"));
        let key = key.iter().rfind(|given| given.path.is_none());
        let key = key.ok_or_else(|| malformed(format!("an entry of `{member}` has no key")))?;
        pairs.push((key.value.to_owned(), value(element, member, &content).map(or_null)?));
    }
    Ok(Some(Value::Map(pairs)))
}

fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}

/// The parameters of each element of a list, in the order of the indices; `None` for a skipped one.
///
/// AWS reads a segment after `member` that is not an index as content of the first element: a
/// structure ignores it as an unknown member, and any other element is refused.
fn elements<'p>(
    list: &ListShape,
    given: &[RelativeParameter<'p>],
) -> Result<Vec<Option<Vec<RelativeParameter<'p>>>>, Fault> {
    let mut found = indexed("member", given)?;
    let unindexed = given.iter().filter(|given| {
        let below = given.descend().filter(|(segment, _)| *segment == "member");
        below.and_then(|(_, given)| given.descend()).is_some_and(|(segment, _)| !is_index(segment))
    });
    let unindexed: Vec<_> = unindexed.copied().collect();
    if !unindexed.is_empty() {
        if !matches!(list.element, Shape::Structure(_)) {
            return Err(malformed("Start of list found where not expected"));
        }
        found.entry(1).or_default().extend(unindexed);
    }
    contiguous(found)
}

/// The parameters below `label.N`, by N, which counts from one; others are left out.
fn indexed<'p>(
    label: &str,
    given: &[RelativeParameter<'p>],
) -> Result<BTreeMap<u32, Vec<RelativeParameter<'p>>>, Fault> {
    let mut found = BTreeMap::<u32, Vec<RelativeParameter<'p>>>::new();
    for given in given {
        let labelled = given.descend().filter(|(segment, _)| *segment == label);
        let numbered = labelled.and_then(|(_, given)| given.descend());
        let Some((number, given)) = numbered.filter(|(segment, _)| is_index(segment)) else {
            continue;
        };
        if given.descend().is_some_and(|(segment, _)| is_index(segment)) {
            return Err(malformed("Two index elements may not occur back to back"));
        }
        found.entry(index(number)?).or_default().push(given);
    }
    Ok(found)
}

/// The elements in the order of their indices, with `None` for each skipped one. AWS counts the
/// skipped elements from the index before, the first from one, whatever the order of the
/// parameters.
fn contiguous(
    found: BTreeMap<u32, Vec<RelativeParameter<'_>>>,
) -> Result<Vec<Option<Vec<RelativeParameter<'_>>>>, Fault> {
    let mut elements = Vec::with_capacity(found.len());
    let mut before: u32 = 0;
    for (number, given) in found {
        let skipped = number.saturating_sub(before.max(1));
        if skipped > MAX_SKIPPED {
            let message = format!("Excessively sparse input would skip {skipped} list elements");
            return Err(malformed(message));
        }
        elements.extend((before.saturating_add(1)..number).map(|_| None));
        elements.push(Some(given));
        before = number;
    }
    Ok(elements)
}

/// Whether AWS reads a segment as an index, valid or not, rather than as a name.
fn is_index(segment: &str) -> bool {
    let digits = segment.strip_prefix('-').unwrap_or(segment);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn index(text: &str) -> Result<u32, Fault> {
    if text.starts_with('-') {
        return Err(malformed(format!("Key {text:.128} may not have a leading '-'")));
    }
    let number = text.parse().ok().filter(|number| (1..=MAX_INDEX).contains(number));
    number.ok_or_else(|| malformed(format!("{text:.128} is not a valid index")))
}

fn scalar(shape: &Shape, member: &str, text: &str) -> Result<Value, Fault> {
    let (value, wanted) = match shape {
        Shape::Integer(_) => {
            (text.parse::<i32>().ok().map(|n| Value::Integer(n.into())), "a 32-bit integer")
        }
        Shape::Boolean => (boolean(text).map(Value::Boolean), "`true` or `false`"),
        Shape::Time => {
            (Timestamp::parse(text).map(Value::Time), "a time such as `2026-01-31T12:00:00Z`")
        }
        Shape::Blob => (
            BASE64.decode(text.as_bytes()).ok().map(|bytes| Value::Blob(Blob::new(bytes))),
            "base64",
        ),
        _ if shape.is_secret() => (Some(Value::Secret(Secret::new(text.to_owned()))), ""),
        _ => (Some(Value::Text(text.to_owned())), ""),
    };
    value.ok_or_else(|| {
        let given = if shape.is_secret() { String::new() } else { format!(", not `{text:.128}`") };
        malformed(format!("`{member}` must be {wanted}{given}"))
    })
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
    Fault::new(FaultKind::MalformedInput, message)
}

/// Skipped elements that AWS allows at a time, as [`contiguous`] counts them.
const MAX_SKIPPED: u32 = 10;

/// Indices are signed 32-bit integers.
const MAX_INDEX: u32 = i32::MAX.unsigned_abs();
