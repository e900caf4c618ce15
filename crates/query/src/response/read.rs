//! Reads an endpoint's response by the shape of the action's output.
//!
//! Any layout and unknown elements are accepted; a value of the wrong type is not. Error messages
//! contain no text of the response, which might be a seed.

use data_encoding::BASE64;
use thiserror::Error;
use vmfa_iam::Action;
use vmfa_model::{Blob, Fault, FaultKind, Record, Secret, Shape, StructureShape, Timestamp, Value};
use zeroize::Zeroizing;

use super::document::Element;

/// Why a response has no output.
#[derive(Debug, Error)]
pub enum ResponseError {
    /// An error response of the API.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// Not a response of the API, or one that does not match the output's shape.
    #[error("{0}")]
    Unreadable(String),
}

/// Reads the output from a response's HTTP status and body. Absent members stay absent, even those
/// that the shape requires.
pub fn read(action: &'static Action, status: u16, body: &[u8]) -> Result<Record, ResponseError> {
    read_output(action.name, action.output(), status, body)
}

/// Whether a body is well-formed XML.
pub fn is_xml(body: &[u8]) -> bool {
    str::from_utf8(body).is_ok_and(|text| Element::parse(text).is_some())
}

/// As [`read`], for an action that need not be in the table.
pub fn read_output(
    name: &str,
    output: Option<&'static StructureShape>,
    status: u16,
    body: &[u8],
) -> Result<Record, ResponseError> {
    let not_of_the_api = || {
        let text = format!(
            "the response with status `{status}` is not one of the API: check the endpoint's address"
        );
        ResponseError::Unreadable(text)
    };
    let text = str::from_utf8(body).map_err(|_| not_of_the_api())?;
    let root = Element::parse(text).ok_or_else(not_of_the_api)?;
    if !(200..300).contains(&status) || root.name == "ErrorResponse" {
        return Err(refused(&root, status).map_or_else(not_of_the_api, ResponseError::Refused));
    }
    if root.name.strip_suffix("Response") != Some(name) {
        return Err(not_of_the_api());
    }
    let Some(shape) = output else { return Ok(Record::new()) };
    let result = root.children.iter().find(|c| c.name.strip_suffix("Result") == Some(name));
    let record = structure(shape, result.ok_or_else(not_of_the_api)?);
    record.map_err(|WrongType { member, wanted }| {
        let text = format!("invalid response to {name}: `{member}` is not {wanted}");
        ResponseError::Unreadable(text)
    })
}

fn refused(root: &Element<'_>, status: u16) -> Option<Fault> {
    let error = root.child("Error")?;
    let code = error.child("Code").map_or("", |code| code.text.trim());
    let message = error.child("Message").or_else(|| error.child("message"));
    let message = message.map(|message| message.text.to_string().into());
    // As botocore does for an error with a message and without a code.
    let code = if code.is_empty() && message.is_some() { "Unknown" } else { code };
    (!code.is_empty()).then(|| Fault { kind: FaultKind::from_wire(code, status), message })
}

struct WrongType {
    member: &'static str,
    wanted: &'static str,
}

fn structure(shape: &'static StructureShape, element: &Element<'_>) -> Result<Record, WrongType> {
    let mut record = Record::with_capacity(shape.members.len());
    for member in shape.members {
        if let Some(child) = element.child(member.name) {
            record.push(member.name, value(&member.shape, member.name, child)?);
        }
    }
    Ok(record)
}

fn value(shape: &Shape, member: &'static str, element: &Element<'_>) -> Result<Value, WrongType> {
    let text = &*element.text;
    let (value, wanted) = match shape {
        Shape::List(list) => {
            let elements = element.children("member");
            let values = elements.map(|element| value(&list.element, member, element));
            (Some(Value::List(values.collect::<Result<_, _>>()?)), "a list")
        }
        Shape::Map(inner) => {
            let mut pairs = Vec::new();
            for entry in element.children("entry") {
                let (Some(key), Some(content)) = (entry.child("key"), entry.child("value")) else {
                    return Err(WrongType { member, wanted: "a map" });
                };
                pairs.push((key.text.to_string(), value(inner, member, content)?));
            }
            (Some(Value::Map(pairs)), "a map")
        }
        Shape::Structure(shape) => (Some(Value::Structure(structure(shape, element)?)), ""),
        Shape::Integer(_) => (text.trim().parse().ok().map(Value::Integer), "an integer"),
        Shape::Boolean => (text.trim().parse().ok().map(Value::Boolean), "`true` or `false`"),
        Shape::Time => (Timestamp::parse(text.trim()).map(Value::Time), "a time"),
        Shape::Blob => (blob(text).map(Value::Blob), "base64"),
        Shape::Text(_) if !element.children.is_empty() => (None, "text"),
        Shape::Text(_) if shape.is_secret() => {
            (Some(Value::Secret(Secret::new(text.to_owned()))), "text")
        }
        Shape::Text(_) => (Some(Value::Text(text.to_owned())), "text"),
    };
    value.ok_or(WrongType { member, wanted })
}

/// Decodes base64, with or without line breaks.
fn blob(text: &str) -> Option<Blob> {
    let mut solid = Zeroizing::new(Vec::with_capacity(text.len()));
    solid.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    BASE64.decode(&solid).ok().map(Blob::new)
}
