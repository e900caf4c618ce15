//! Parses YAML documents: collections, anchors, aliases and merge keys.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use serde_json::{Map, Value};

use super::scalar::scalar;

/// The single document of a text; `null` for an empty one. Errors have no details, since the AWS
/// CLI prints none.
pub(super) fn read(text: &str) -> Result<Value, InvalidYaml> {
    let mut reader = YamlReader::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        reader.take(event)?;
    }
    Ok(reader.document.unwrap_or(Value::Null))
}

/// Not exactly one YAML document, or one that expands to too much.
#[derive(Debug)]
pub(super) struct InvalidYaml;

impl From<ScanError> for InvalidYaml {
    fn from(_: ScanError) -> Self {
        Self
    }
}

#[derive(Default)]
struct YamlReader {
    document: Option<Value>,
    /// The incomplete collections, outermost first.
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Value>,
    /// The expanded size of all values, those in collections counted with each collection.
    total: usize,
}

struct OpenNode {
    anchor: usize,
    content: NodeContent,
}

enum NodeContent {
    List(Vec<Value>),
    Map {
        members: Map<String, Value>,
        /// The mappings of merge keys (`<<`).
        merged: Vec<Map<String, Value>>,
        key: Option<MappingKey>,
    },
}

enum MappingKey {
    Name(String),
    Merge,
}

impl YamlReader {
    fn take(&mut self, event: Event<'_>) -> Result<(), InvalidYaml> {
        match event {
            Event::DocumentStart(_) if self.document.is_some() => return Err(InvalidYaml),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && tag.is_none() && text == MERGE && self.expects_key() {
                    return self.key(MappingKey::Merge);
                }
                // Default and merge keys are not values.
                if plain && tag.is_none() && [MERGE, DEFAULT].contains(&&*text) {
                    return Err(InvalidYaml);
                }
                let value = scalar(&text, plain, tag.as_deref()).ok_or(InvalidYaml)?;
                return self.complete(anchor, value);
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or(InvalidYaml)?;
                return self.complete(NO_ANCHOR, value);
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, NodeContent::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                let (members, merged, key) = (Map::new(), Vec::new(), None);
                self.begin(anchor, NodeContent::Map { members, merged, key })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let OpenNode { anchor, content } = self.open.pop().ok_or(InvalidYaml)?;
                let value = match content {
                    NodeContent::List(values) => Value::Array(values),
                    NodeContent::Map { mut members, merged, .. } => {
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

    fn begin(&mut self, anchor: usize, content: NodeContent) -> Result<(), InvalidYaml> {
        if self.open.len() >= DEEPEST {
            return Err(InvalidYaml);
        }
        self.open.push(OpenNode { anchor, content });
        Ok(())
    }

    /// Adds a complete value to its collection.
    fn complete(&mut self, anchor: usize, value: Value) -> Result<(), InvalidYaml> {
        self.total = self.total.saturating_add(size(&value));
        if self.total > MOST || self.open.len().saturating_add(depth(&value)) > DEEPEST {
            return Err(InvalidYaml);
        }
        if anchor != NO_ANCHOR {
            self.anchors.insert(anchor, value.clone());
        }
        if self.expects_key() {
            return self.key(MappingKey::Name(name(value)?));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.document = Some(value),
            Some(NodeContent::List(values)) => values.push(value),
            Some(NodeContent::Map { members, merged, key }) => match (key.take(), value) {
                (Some(MappingKey::Name(name)), value) => {
                    // Duplicate keys are errors.
                    if members.insert(name, value).is_some() {
                        return Err(InvalidYaml);
                    }
                }
                (_, Value::Object(more)) => merged.push(more),
                (_, Value::Array(several)) => {
                    for more in several {
                        let Value::Object(more) = more else { return Err(InvalidYaml) };
                        merged.push(more);
                    }
                }
                _ => return Err(InvalidYaml),
            },
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last().map(|open| &open.content),
            Some(NodeContent::Map { key: None, .. })
        )
    }

    fn key(&mut self, given: MappingKey) -> Result<(), InvalidYaml> {
        let Some(NodeContent::Map { key, .. }) = self.open.last_mut().map(|open| &mut open.content)
        else {
            return Err(InvalidYaml);
        };
        *key = Some(given);
        Ok(())
    }
}

/// A scalar as key; collections are refused.
fn name(value: Value) -> Result<String, InvalidYaml> {
    match value {
        Value::String(text) => Ok(text),
        Value::Array(_) | Value::Object(_) => Err(InvalidYaml),
        scalar => Ok(scalar.to_string()),
    }
}

/// The size of a value: values plus bytes of text.
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

const MERGE: &str = "<<";

/// The default key of YAML 1.1.
const DEFAULT: &str = "=";

/// The parser's number for values without anchor.
const NO_ANCHOR: usize = 0;

/// Limits the expansion of nested aliases.
const MOST: usize = 10_000_000;

/// The same limit as for JSON.
const DEEPEST: usize = 128;
