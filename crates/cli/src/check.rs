//! Validates inputs as botocore does before a request: required and unknown members, types, minimum
//! lengths and values. The service checks the rest.

use serde_json::{Map, Value};
use vmfa_model::{Record, Secret, Shape, StructureShape, Value as Typed};

use crate::{
    error::{CliError, Result},
    python::{class, shown},
};

/// Converts members to a record, and reports all violations at once.
pub(crate) fn check(shape: &StructureShape, members: &Map<String, Value>) -> Result<Record> {
    let mut check = ParamValidator { problems: Vec::new() };
    let record = check.structure(shape, members, "");
    if check.problems.is_empty() {
        return Ok(record);
    }
    let problems = check.problems.join("\n");
    Err(CliError::ParamValidation(format!("Parameter validation failed:\n{problems}")))
}

struct ParamValidator {
    problems: Vec<String>,
}

impl ParamValidator {
    fn structure(
        &mut self,
        shape: &StructureShape,
        given: &Map<String, Value>,
        at: &str,
    ) -> Record {
        let place = if at.is_empty() { "input" } else { at };
        for member in shape.members.iter().filter(|m| m.required && !given.contains_key(m.name)) {
            self.problem(format!("Missing required parameter in {place}: \"{}\"", member.name));
        }
        for name in given.keys().filter(|name| shape.member(name).is_none()) {
            let known: Vec<&str> = shape.members.iter().map(|member| member.name).collect();
            let known = known.join(", ");
            self.problem(format!(
                "Unknown parameter in {place}: \"{name}\", must be one of: {known}"
            ));
        }
        let mut record = Record::with_capacity(given.len());
        for (name, value) in given {
            let Some(member) = shape.member(name) else { continue };
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if let Some(value) = self.value(&member.shape, value, &path) {
                record.push(member.name, value);
            }
        }
        record
    }

    fn value(&mut self, shape: &Shape, value: &Value, at: &str) -> Option<Typed> {
        match (shape, value) {
            (Shape::Text(text), Value::String(given)) => {
                let length = given.chars().count();
                if length < text.min {
                    self.least("length", at, &length.to_string(), i64::try_from(text.min).ok()?);
                }
                Some(if text.secret {
                    Typed::Secret(Secret::new(given.clone()))
                } else {
                    Typed::Text(given.clone())
                })
            }
            (Shape::Integer(range), Value::Number(given)) if given.is_i64() => {
                let number = given.as_i64()?;
                if number < range.min {
                    self.least("value", at, &number.to_string(), range.min);
                }
                Some(Typed::Integer(number))
            }
            // In Python, booleans are integers.
            (Shape::Integer(range), Value::Bool(given)) => {
                let number = i64::from(*given);
                if number < range.min {
                    self.least("value", at, &shown(value), range.min);
                }
                Some(Typed::Integer(number))
            }
            (Shape::Boolean, Value::Bool(given)) => Some(Typed::Boolean(*given)),
            (Shape::List(list), Value::Array(given)) => {
                let element =
                    |(index, value)| self.value(&list.element, value, &format!("{at}[{index}]"));
                Some(Typed::List(given.iter().enumerate().filter_map(element).collect()))
            }
            (Shape::Structure(shape), Value::Object(given)) => {
                Some(Typed::Structure(self.structure(shape, given, at)))
            }
            (Shape::Map(shape), Value::Object(given)) => {
                let entry = |(key, value): (&String, _)| {
                    Some((key.clone(), self.value(shape, value, &format!("{at}.{key}"))?))
                };
                Some(Typed::Map(given.iter().filter_map(entry).collect()))
            }
            _ => {
                self.problem(format!(
                    "Invalid type for parameter {at}, value: {}, type: <class '{}'>, valid types: {}",
                    shown(value),
                    class(value),
                    wanted(shape)
                ));
                None
            }
        }
    }

    fn least(&mut self, what: &str, at: &str, given: &str, least: i64) {
        let min = if what == "length" { "min length" } else { "min value" };
        self.problem(format!(
            "Invalid {what} for parameter {at}, value: {given}, valid {min}: {least}"
        ));
    }

    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

/// Python's types for a shape.
fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "<class 'str'>",
        Shape::Integer(_) => "<class 'int'>",
        Shape::Boolean => "<class 'bool'>",
        Shape::List(_) => "<class 'list'>, <class 'tuple'>",
        Shape::Structure(_) | Shape::Map(_) => "<class 'dict'>",
        Shape::Time => "<class 'datetime.datetime'>, timestamp-string",
        Shape::Blob => "<class 'bytes'>, <class 'bytearray'>, file-like object",
    }
}
