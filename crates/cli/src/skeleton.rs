//! `--generate-cli-skeleton`: skeletons of inputs and outputs.

mod output;

use std::fmt::Write as _;

use serde_json::{Map, Value};
use vmfa_iam::Action;
use vmfa_model::{Member, Shape, StructureShape};

pub(crate) use self::output::output;

/// The skeleton for `--cli-input-json`, with a final line feed.
pub(crate) fn input(action: &Action) -> String {
    let document = structure(action.input);
    if is_empty(action.input) { EMPTY.to_owned() } else { vmfa_render::json_ascii(&document) }
}

/// The skeleton for `--cli-input-yaml`, with a comment for each member.
pub(crate) fn yaml_input(action: &Action) -> String {
    if is_empty(action.input) {
        return EMPTY.to_owned();
    }
    let mut yaml = YamlSkeleton { text: String::new() };
    yaml.structure(action.input, "");
    yaml.text
}

const EMPTY: &str = "{}\n";

fn is_empty(shape: &StructureShape) -> bool {
    shape.members.is_empty()
}

fn structure(shape: &StructureShape) -> Value {
    let members = shape.members.iter();
    members
        .map(|member| (member.name.to_owned(), value(&member.shape)))
        .collect::<Map<_, _>>()
        .into()
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Text(text) => Value::from(text.values.first().copied().unwrap_or_default()),
        Shape::Integer(_) => Value::from(0),
        Shape::Boolean => Value::Bool(true),
        Shape::Time => Value::from("1970-01-01T00:00:00"),
        Shape::Blob => Value::Null,
        Shape::List(list) => Value::Array(vec![value(&list.element)]),
        Shape::Structure(shape) => structure(shape),
        Shape::Map(shape) => Map::from_iter([("KeyName".to_owned(), value(shape))]).into(),
    }
}

struct YamlSkeleton {
    text: String,
}

impl YamlSkeleton {
    /// Writes members on lines with this indent; the first continues the current line.
    fn structure(&mut self, shape: &StructureShape, indent: &str) {
        for (at, member) in shape.members.iter().enumerate() {
            if at > 0 {
                self.text.push_str(indent);
            }
            self.member(member, indent, at == 0);
        }
    }

    fn member(&mut self, member: &Member, indent: &str, first: bool) {
        // Writing to a string does not fail.
        let _ = write!(self.text, "{}:", member.name);
        if let Some(scalar) = scalar(&member.shape) {
            let _ = write!(self.text, " {scalar}");
        }
        // Comments are separated by one blank, the first of a structure by two, as ruamel.yaml
        // does.
        let _ = writeln!(self.text, "{}{}", if first { "  # " } else { " # " }, comment(member));
        match &member.shape {
            Shape::List(list) => {
                let _ = write!(self.text, "{indent}- ");
                match &list.element {
                    Shape::Structure(shape) => self.structure(shape, &format!("{indent}  ")),
                    element => {
                        let _ = writeln!(self.text, "{}", scalar(element).unwrap_or_default());
                    }
                }
            }
            Shape::Structure(shape) => {
                let deeper = format!("{indent}  ");
                self.text.push_str(&deeper);
                self.structure(shape, &deeper);
            }
            Shape::Map(shape) => {
                let _ =
                    writeln!(self.text, "{indent}  KeyName: {}", scalar(shape).unwrap_or_default());
            }
            _ => {}
        }
    }
}

fn comment(member: &Member) -> String {
    let required = member.required.then(|| "[REQUIRED]".to_owned());
    let values = match member.shape {
        Shape::Text(text) if !text.values.is_empty() => {
            Some(format!("Valid values are: {}.", text.values.join(", ")))
        }
        _ => None,
    };
    let sentence = member.cli.sentence.to_owned();
    required.into_iter().chain([sentence]).chain(values).collect::<Vec<_>>().join(" ")
}

/// A value on the line of its name; `None` for collections.
fn scalar(shape: &Shape) -> Option<String> {
    match value(shape) {
        Value::String(text) if text.is_empty() => Some("''".to_owned()),
        Value::String(text) => Some(text),
        Value::Null => Some("!!binary ''".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests;
