//! YAML documents as values, by the rules of YAML 1.2 as the AWS CLI's reader has them: unquoted
//! digits are a number, leading zeros or not, and `yes` is text.
//!
//! Dates, which that reader makes a type of their own, are text here.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};

/// The one document of a text; `null` where there is none. What is wrong with one is nobody's
/// business: the AWS CLI does not tell.
pub(super) fn read(text: &str) -> Result<Value, Invalid> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        reader.take(event)?;
    }
    Ok(reader.document.unwrap_or(Value::Null))
}

/// A text that is not one YAML document, or stands for too much.
#[derive(Debug)]
pub(super) struct Invalid;

impl From<ScanError> for Invalid {
    fn from(_: ScanError) -> Self {
        Self
    }
}

#[derive(Default)]
struct Reader {
    document: Option<Value>,
    /// The collections that are not complete yet, the outermost first.
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    /// How much the values stand for, those in collections counted with each.
    total: usize,
}

struct Open {
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map {
        members: Map<String, Value>,
        /// The mappings that `<<` names.
        merged: Vec<Map<String, Value>>,
        key: Option<Key>,
    },
}

enum Key {
    Name(String),
    Merge,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), Invalid> {
        match event {
            Event::DocumentStart(_) if self.document.is_some() => return Err(Invalid),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && tag.is_none() && text == MERGE && self.expects_key() {
                    return self.key(Key::Merge);
                }
                let value = scalar(&text, plain, tag.as_deref())?;
                return self.complete(anchor, value);
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or(Invalid)?;
                return self.complete(NO_ANCHOR, value);
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                let (members, merged, key) = (Map::new(), Vec::new(), None);
                self.begin(anchor, Content::Map { members, merged, key })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { anchor, content } = self.open.pop().ok_or(Invalid)?;
                let value = match content {
                    Content::List(values) => Value::Array(values),
                    Content::Map { mut members, merged, .. } => {
                        for (name, value) in merged.into_iter().flatten() {
                            members.entry(name).or_insert(value);
                        }
                        Value::Object(members)
                    }
                };
                return self.complete(anchor, value);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), Invalid> {
        if self.open.len() >= DEEPEST {
            return Err(Invalid);
        }
        self.open.push(Open { anchor, content });
        Ok(())
    }

    /// Puts a value where it belongs.
    fn complete(&mut self, anchor: usize, value: Value) -> Result<(), Invalid> {
        self.total = self.total.saturating_add(size(&value));
        if self.total > MOST || self.open.len().saturating_add(depth(&value)) > DEEPEST {
            return Err(Invalid);
        }
        if anchor != NO_ANCHOR {
            self.anchors.insert(anchor, value.clone());
        }
        if self.expects_key() {
            return self.key(Key::Name(name(value)?));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.document = Some(value),
            Some(Content::List(values)) => values.push(value),
            Some(Content::Map { members, merged, key }) => match (key.take(), value) {
                (Some(Key::Name(name)), value) => {
                    // A name given twice is an error, not a matter of order.
                    if members.insert(name, value).is_some() {
                        return Err(Invalid);
                    }
                }
                (_, Value::Object(more)) => merged.push(more),
                (_, Value::Array(several)) => {
                    for more in several {
                        let Value::Object(more) = more else { return Err(Invalid) };
                        merged.push(more);
                    }
                }
                _ => return Err(Invalid),
            },
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last().map(|open| &open.content), Some(Content::Map { key: None, .. }))
    }

    fn key(&mut self, given: Key) -> Result<(), Invalid> {
        let Some(Content::Map { key, .. }) = self.open.last_mut().map(|open| &mut open.content)
        else {
            return Err(Invalid);
        };
        *key = Some(given);
        Ok(())
    }
}

/// A value as a key; what is a collection cannot be one.
fn name(value: Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text),
        Value::Array(_) | Value::Object(_) => Err(Invalid),
        scalar => Ok(scalar.to_string()),
    }
}

fn scalar(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Value, Invalid> {
    let Some(tag) = tag else {
        return Ok(if plain { resolved(text) } else { Value::from(text) });
    };
    match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
        (true, "str") | (false, "") => Ok(Value::from(text)),
        (true, "null") => Ok(Value::Null),
        (true, "int") => integer(text).map(Value::from).ok_or(Invalid),
        (true, "float") => float(text).map(Value::from).ok_or(Invalid),
        (true, "bool") => truth(&text.to_ascii_lowercase()).map(Value::from).ok_or(Invalid),
        _ => Err(Invalid),
    }
}

/// What a plain scalar means.
fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        _ => {}
    }
    truth(text)
        .map(Value::from)
        .or_else(|| float(text).map(Value::from))
        .or_else(|| integer(text).map(Value::from))
        .unwrap_or_else(|| Value::from(text))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Digits with an optional sign and underscores; binary, octal and hexadecimal by their prefix. A
/// leading zero alone says nothing.
fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, radix) = match digits.split_at_checked(2) {
        Some(("0b", digits)) => (digits, 2),
        Some(("0o", digits)) => (digits, 8),
        Some(("0x", digits)) => (digits, 16),
        _ => (digits, 10),
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(number) => Some(Number::from(number)),
        // No member takes so large a number; that it is one is all that matters.
        Err(_) => Number::from_f64(digits.parse().unwrap_or(f64::MAX)),
    }
}

/// A number with a point or an exponent.
fn float(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let exponent_is_one = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let marked = mantissa.contains('.') || exponent.is_some();
    let begins = match whole.bytes().next() {
        Some(first) => first.is_ascii_digit(),
        None => !part.is_empty(),
    };
    if !(marked && begins && exponent_is_one && is_digits(whole) && is_digits(part)) {
        return None;
    }
    text.replace('_', "").parse().ok().and_then(Number::from_f64)
}

/// How much a value stands for: values and bytes of text.
fn size(value: &Value) -> usize {
    let inner: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len().saturating_add(size(value))).sum()
        }
        _ => 0,
    };
    inner.saturating_add(1)
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(values) => values.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or(0).saturating_add(1)
}

/// The key that takes in other mappings.
const MERGE: &str = "<<";

/// The parser's word for a value that no alias can name.
const NO_ANCHOR: usize = 0;

/// Aliases of aliases can stand for more than memory holds, in a few lines.
const MOST: usize = 10_000_000;

/// As deep as JSON may be.
const DEEPEST: usize = 128;
