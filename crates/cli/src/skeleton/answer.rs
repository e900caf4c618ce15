//! What an answer looks like: each text is the name of its member.
//!
//! The AWS CLI gives such an answer to its own stub of the service, which checks it. So it cannot
//! show an answer with a blob, or with a member whose name is shorter than its value may be, and
//! says what is wrong with those; as we do.

use serde_json::{Map, Value, json};
use vmfa_iam::{Action, Api};
use vmfa_model::{Shape, StructureShape};
use vmfa_render::Format;

use crate::failure::{Failure, Told};

/// The answer, or all that is wrong with it. Its times are Python's own, which look another way
/// where a `format` shows them as text.
pub(crate) fn output(action: &Action, format: Option<Format>) -> Told<Value> {
    let Some(shape) = action.output else { return Ok(json!({})) };
    let time = match format {
        Some(Format::Text | Format::Table) => "1970-01-01 00:00:00",
        _ => "1970-01-01T00:00:00",
    };
    let mut stub = Stub { api: action.api, time, problems: Vec::new() };
    let document = stub.structure(shape, "");
    if stub.problems.is_empty() {
        return Ok(document);
    }
    let problems = stub.problems.join("\n");
    Err(Failure::Parameter(format!("Parameter validation failed:\n{problems}")))
}

struct Stub {
    api: Api,
    time: &'static str,
    problems: Vec<String>,
}

impl Stub {
    fn structure(&mut self, shape: &StructureShape, at: &str) -> Value {
        let members = shape.members.iter().map(|member| {
            let path = match at {
                "" => member.name.to_owned(),
                at => format!("{at}.{}", member.name),
            };
            (member.name.to_owned(), self.value(&member.shape, member.name, &path))
        });
        members.collect::<Map<_, _>>().into()
    }

    fn value(&mut self, shape: &Shape, name: &str, at: &str) -> Value {
        match shape {
            Shape::Text(_) => {
                self.check_length(name, name, at);
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
                let element = ELEMENTS.iter().find(|(list, _)| *list == name);
                let element = element.map_or(name, |(_, element)| element);
                Value::Array(vec![self.value(&list.element, element, &format!("{at}[0]"))])
            }
            Shape::Structure(shape) => self.structure(shape, at),
            Shape::Map(shape) => {
                let at = format!("{at}.KeyName");
                let value = match shape {
                    // A value of a map has no name.
                    Shape::Text(_) => {
                        self.check_length(name, "", &at);
                        Value::from("")
                    }
                    shape => self.value(shape, "", &at),
                };
                Map::from_iter([("KeyName".to_owned(), value)]).into()
            }
        }
    }

    fn check_length(&mut self, name: &str, value: &str, at: &str) {
        let least = LEAST.iter().find(|(api, member, _)| *api == self.api && *member == name);
        let length = value.chars().count();
        if let Some((_, _, least)) = least.filter(|(_, _, least)| length < *least) {
            self.problems.push(format!(
                "Invalid length for parameter {at}, value: {length}, valid min length: {least}"
            ));
        }
    }
}

/// Members of answers whose shortest value is longer than what stands for it here, as AWS's models
/// have them. The rules of the service need no such thing: they make these values themselves.
const LEAST: &[(Api, &str, usize)] = &[
    (Api::Iam, "AccessKeyId", 16),
    (Api::Iam, "Arn", 20),
    (Api::Iam, "CertificateId", 24),
    (Api::Iam, "Certifications", 1),
    (Api::Iam, "GroupId", 16),
    (Api::Iam, "PolicyArn", 20),
    (Api::Iam, "SSHPublicKeyId", 20),
    (Api::Iam, "UserId", 16),
    (Api::Sts, "AccessKeyId", 16),
    (Api::Sts, "Arn", 20),
];

/// What AWS's models call the elements of lists of text.
const ELEMENTS: &[(&str, &str)] =
    &[("AccountAliases", "accountAliasType"), ("PolicyNames", "policyNameType")];
