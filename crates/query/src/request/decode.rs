//! Reads the input of an action out of parameters, by its shape.
//!
//! Names are paths: `Tags.member.1.Key`. What no shape knows is ignored at every level. Nothing
//! is allocated for a place that no parameter names, except for the few gaps that a list may have.
//!
//! Not here: whether a value is acceptable. A gap in a list is read as a null, or as a structure
//! without members, which validation refuses in AWS's words.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use vmfa_iam::Action;
use vmfa_model::{
    Blob, Fault, FaultKind, ListShape, Record, Secret, Shape, StructureShape, Timestamp, Value,
};

use super::Parameters;

/// The input of an action. The refusal is `MalformedInput`, for a value that cannot be read; it
/// never tells the value of a secret member.
pub fn input(action: &'static Action, parameters: &Parameters<'_>) -> Result<Record, Fault> {
    members(action.input, parameters)
}

/// The members of a structure that parameters name.
pub(crate) fn members(
    shape: &'static StructureShape,
    parameters: &Parameters<'_>,
) -> Result<Record, Fault> {
    let given: Vec<_> =
        parameters.iter().map(|(name, value)| Given { below: Some(name), value }).collect();
    structure(shape, &given)
}

/// A parameter as seen from a place in the input.
#[derive(Clone, Copy)]
struct Given<'p> {
    /// Where it is below the place; `None` for the value of the place itself.
    below: Option<&'p str>,
    value: &'p str,
}

impl<'p> Given<'p> {
    /// The first part of where it is, and the parameter as seen from there.
    fn step(self) -> Option<(&'p str, Self)> {
        let below = self.below?;
        let (part, below) = match below.split_once('.') {
            Some((part, below)) => (part, Some(below)),
            None => (below, None),
        };
        Some((part, Self { below, ..self }))
    }
}

fn structure(shape: &'static StructureShape, given: &[Given<'_>]) -> Result<Record, Fault> {
    let mut record = Record::with_capacity(shape.members.len());
    for member in shape.members {
        let steps = given.iter().filter_map(|given| given.step());
        let given: Vec<_> =
            steps.filter(|(part, _)| *part == member.name).map(|(_, given)| given).collect();
        if let Some(value) = value(&member.shape, member.name, &given)? {
            record.push(member.name, value);
        }
    }
    Ok(record)
}

/// The value at the place of a member, if any parameter gives one.
fn value(shape: &Shape, member: &str, given: &[Given<'_>]) -> Result<Option<Value>, Fault> {
    let own = given.iter().rfind(|given| given.below.is_none()).map(|given| given.value);
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
            let read = |given: Option<Vec<Given<'_>>>| match (given, &list.element) {
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

fn map(element: &Shape, member: &str, given: &[Given<'_>]) -> Result<Option<Value>, Fault> {
    let entries = contiguous(indexed("entry", given)?)?;
    if entries.is_empty() && given.iter().all(|given| given.below.is_some()) {
        return Ok(None);
    }
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().flatten() {
        let part = |name| {
            let steps = entry.iter().filter_map(|given| given.step());
            steps.filter(|(part, _)| *part == name).map(|(_, given)| given).collect::<Vec<_>>()
        };
        let (key, content) = (part("key"), part("value"));
        let key = key.iter().rfind(|given| given.below.is_none());
        let key = key.ok_or_else(|| malformed(format!("an entry of `{member}` has no key")))?;
        pairs.push((key.value.to_owned(), value(element, member, &content).map(or_null)?));
    }
    Ok(Some(Value::Map(pairs)))
}

fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}

/// The elements of a list, in the order of their indices; `None` for each that is skipped.
///
/// AWS reads what follows `member` and is no index as content of the first element: a structure
/// has no member of that name and ignores it, and any other element is refused.
fn elements<'p>(
    list: &ListShape,
    given: &[Given<'p>],
) -> Result<Vec<Option<Vec<Given<'p>>>>, Fault> {
    let mut found = indexed("member", given)?;
    let unindexed = given.iter().filter(|given| {
        let below = given.step().filter(|(part, _)| *part == "member");
        below.and_then(|(_, given)| given.step()).is_some_and(|(part, _)| !is_index(part))
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

/// What is below `label.N`, by N, which counts from one. Parts that are no index are left out.
fn indexed<'p>(label: &str, given: &[Given<'p>]) -> Result<BTreeMap<u32, Vec<Given<'p>>>, Fault> {
    let mut found = BTreeMap::<u32, Vec<Given<'p>>>::new();
    for given in given {
        let labelled = given.step().filter(|(part, _)| *part == label);
        let numbered = labelled.and_then(|(_, given)| given.step());
        let Some((number, given)) = numbered.filter(|(part, _)| is_index(part)) else { continue };
        if given.step().is_some_and(|(part, _)| is_index(part)) {
            return Err(malformed("Two index elements may not occur back to back"));
        }
        found.entry(index(number)?).or_default().push(given);
    }
    Ok(found)
}

/// The elements in the order of their indices, with `None` for each that is skipped. AWS counts
/// what is skipped from the index before, or else from one, whatever the order of the parameters.
fn contiguous(found: BTreeMap<u32, Vec<Given<'_>>>) -> Result<Vec<Option<Vec<Given<'_>>>>, Fault> {
    let mut elements = Vec::with_capacity(found.len());
    let mut before: u32 = 0;
    for (number, given) in found {
        let skipped = number.saturating_sub(before.max(1));
        if skipped > MOST_SKIPPED {
            let message = format!("Excessively sparse input would skip {skipped} list elements");
            return Err(malformed(message));
        }
        elements.extend((before.saturating_add(1)..number).map(|_| None));
        elements.push(Some(given));
        before = number;
    }
    Ok(elements)
}

/// Whether AWS reads a part of a name as an index, which need not be valid; all else is a name.
fn is_index(part: &str) -> bool {
    let digits = part.strip_prefix('-').unwrap_or(part);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn index(text: &str) -> Result<u32, Fault> {
    if text.starts_with('-') {
        return Err(malformed(format!("Key {text:.128} may not have a leading '-'")));
    }
    let number = text.parse().ok().filter(|number| (1..=MOST_INDEX).contains(number));
    number.ok_or_else(|| malformed(format!("{text:.128} is not a valid index")))
}

fn scalar(shape: &Shape, member: &str, text: &str) -> Result<Value, Fault> {
    let (value, wanted) = match shape {
        Shape::Integer(_) => (
            text.parse::<i32>().ok().map(|n| Value::Integer(n.into())),
            "a whole number of 32 bits",
        ),
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

/// The most elements that may be skipped at a time, as [`contiguous`] counts them.
const MOST_SKIPPED: u32 = 10;

/// Indices are whole numbers of 32 bits.
const MOST_INDEX: u32 = i32::MAX.unsigned_abs();
