//! A shape with a member of every type, and a text form of records for comparisons.

use std::fmt::Write as _;

use vmfa_model::{
    Blob, Map, Record, Secret, Structure, StructureShape, Timestamp, Value,
    names::{MaxItems, Tag, TagKeys, Tags, TokenCode},
    structure,
};

structure! {
    /// Every type, some of them nested.
    pub(super) struct Sample {
        /// Text.
        "UserName" name: Option<String>,
        /// Secret text.
        "TokenCode" code: Option<TokenCode>,
        /// A whole number.
        "MaxItems" limit: Option<MaxItems>,
        /// A truth value.
        "Force" force: Option<bool>,
        /// A time.
        "Since" since: Option<Timestamp>,
        /// Bytes.
        "Seed" seed: Option<Blob>,
        /// A list of structures.
        "Tags" tags: Option<Tags>,
        /// A list of texts.
        "TagKeys" keys: Option<TagKeys>,
        /// A map.
        "Summary" summary: Option<Map<i64>>,
        /// A structure.
        "Inner" inner: Option<Inner>,
        /// Secrets in a list.
        "Codes" codes: Option<Vec<Secret>>,
    }
    wire "Inner", "Force"
}

structure! {
    /// A nested structure.
    pub(super) struct Inner {
        /// A structure in a structure.
        "Tag" tag: Option<Tag>,
        /// Lists in a list.
        "Rows" rows: Option<Vec<Vec<String>>>,
    }
    wire "Rows"
}

pub(super) static SAMPLE: StructureShape = <Sample as Structure>::SHAPE;

/// A record on one line, secrets included.
pub(super) fn shown(record: &Record) -> String {
    shown_value(&Value::Structure(record.clone()))
}

fn shown_value(value: &Value) -> String {
    let each = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "null".into(),
        Value::Text(text) => format!("{text:?}"),
        Value::Secret(secret) => format!("secret {:?}", secret.expose()),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Blob(blob) => blob.expose().iter().fold("bytes ".into(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }),
        Value::List(values) => format!("[{}]", each(&mut values.iter().map(shown_value))),
        Value::Structure(record) => {
            let members = &mut record.iter().map(|(name, v)| format!("{name}: {}", shown_value(v)));
            format!("{{{}}}", each(members))
        }
        Value::Map(entries) => {
            let entries = &mut entries.iter().map(|(k, v)| format!("{k:?} => {}", shown_value(v)));
            format!("<{}>", each(entries))
        }
    }
}
