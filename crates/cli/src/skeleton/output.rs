//! The skeleton of a response: each text is the name of its member.
//!
//! The AWS CLI passes such a response to its stub of the service, which validates it. So it refuses
//! responses with a blob, or with a member whose name is shorter than its minimum length, and so
//! does this module.

use serde_json::{Map, Value, json};
use vmfa_iam::Action;
use vmfa_model::{Shape, StructureShape, shape::CliHints};
use vmfa_render::Format;

use crate::error::{CliError, Result};

/// The skeleton, or all violations in it. Times are Python's `datetime`, whose text form depends on
/// the `format`.
pub(crate) fn output(action: &Action, format: Option<Format>) -> Result<Value> {
    let Some(shape) = action.output() else { return Ok(json!({})) };
    let time = match format {
        Some(Format::Text | Format::Table) => "1970-01-01 00:00:00",
        _ => "1970-01-01T00:00:00",
    };
    let mut stub = OutputStub { time, problems: Vec::new() };
    let document = stub.structure(shape, "");
    if stub.problems.is_empty() {
        return Ok(document);
    }
    let problems = stub.problems.join("\n");
    Err(CliError::ParamValidation(format!("Parameter validation failed:\n{problems}")))
}

struct OutputStub {
    time: &'static str,
    problems: Vec<String>,
}

impl OutputStub {
    fn structure(&mut self, shape: &StructureShape, at: &str) -> Value {
        let members = shape.members.iter().map(|member| {
            let path = match at {
                "" => member.name.to_owned(),
                at => format!("{at}.{}", member.name),
            };
            (member.name.to_owned(), self.value(&member.shape, member.name, member.cli, &path))
        });
        members.collect::<Map<_, _>>().into()
    }

    /// `name` is the value of a text; `hints` are those of the member that holds the value.
    fn value(&mut self, shape: &Shape, name: &str, hints: CliHints, at: &str) -> Value {
        match shape {
            Shape::Text(_) => {
                self.check_length(name, hints, at);
                Value::from(name)
            }
            Shape::Integer(_) => Value::from(0),
            Shape::Boolean => Value::Bool(true),
            Shape::Time => Value::from(self.time),
            Shape::Blob => {
                self.problems.push(format!(
                    "Invalid type for parameter {at}, value: None, type: <class 'NoneType'>, valid \
                     types: <class 'bytes'>, <class 'bytearray'>, file-like object"
                ));
                Value::Null
            }
            Shape::List(list) => {
                let at = format!("{at}[0]");
                Value::Array(vec![self.value(&list.element, hints.element, CliHints::NONE, &at)])
            }
            Shape::Structure(shape) => self.structure(shape, at),
            Shape::Map(shape) => {
                // The values of a map have no name.
                let value = self.value(shape, "", hints, &format!("{at}.KeyName"));
                Map::from_iter([("KeyName".to_owned(), value)]).into()
            }
        }
    }

    fn check_length(&mut self, value: &str, hints: CliHints, at: &str) {
        let length = value.chars().count();
        if let Some(min) = hints.min.filter(|min| length < *min) {
            self.problems.push(format!(
                "Invalid length for parameter {at}, value: {length}, valid min length: {min}"
            ));
        }
    }
}
