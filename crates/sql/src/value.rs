//! Values on their way: from SQL into an action's input, and from its output into columns.
//!
//! Columns hold what the API's wire holds: times as text, blobs as base64, lists and structures
//! as JSON text with the wire's names. Input is taken in those forms and some friendlier ones.
//!
//! Not here: constraints; the service checks them.

use std::fmt::Write as _;

use data_encoding::BASE64;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json};
use vmfa_model::{
    Blob, Record, Secret, Shape, StructureShape, Timestamp, Value, json, shape::TextShape,
};

use crate::{
    Failure,
    failure::State,
    sink::{BOOLEAN, Cell, JSON, TIME},
    spelling::means,
};

/// Reads a parameter's value. `None` for NULL, which is the same as not giving it.
pub(crate) fn input(name: &str, shape: &Shape, cell: &Cell) -> Result<Option<Value>, Failure> {
    let json = match cell {
        Cell::Null => return Ok(None),
        Cell::Text(given) if let Shape::Text(text) = shape => {
            return Ok(Some(scalar(text, given.clone())));
        }
        Cell::Integer(number) => Json::from(*number),
        Cell::Real(number) => Json::from(*number),
        Cell::Text(text) => match shape {
            Shape::List(_) | Shape::Structure(_) | Shape::Map(_) => {
                serde_json::from_str(text).map_err(|_| wrong(name, shape))?
            }
            _ => Json::from(text.as_str()),
        },
        Cell::Blob(bytes) => match shape {
            Shape::Blob => Json::from(BASE64.encode(bytes)),
            _ => return Err(wrong(name, shape)),
        },
    };
    input_from_json(name, shape, &json)
}

/// Reads a value that is given as JSON. `None` for `null`.
pub(crate) fn input_from_json(
    name: &str,
    shape: &Shape,
    json: &Json,
) -> Result<Option<Value>, Failure> {
    let refused = || wrong(name, shape);
    let value = match (shape, json) {
        (_, Json::Null) => return Ok(None),
        (Shape::Text(text), Json::String(given)) => scalar(text, given.clone()),
        (Shape::Text(text), Json::Number(given)) => scalar(text, given.to_string()),
        (Shape::Text(text), Json::Bool(given)) => scalar(text, given.to_string()),
        (Shape::Integer(_), Json::Number(given)) => {
            Value::Integer(given.as_i64().ok_or_else(refused)?)
        }
        (Shape::Integer(_), Json::String(given)) => {
            Value::Integer(given.trim().parse().map_err(|_| refused())?)
        }
        (Shape::Boolean, Json::Bool(given)) => Value::Boolean(*given),
        (Shape::Boolean, Json::Number(given)) => match given.as_i64() {
            Some(0) => Value::Boolean(false),
            Some(1) => Value::Boolean(true),
            _ => return Err(refused()),
        },
        (Shape::Boolean, Json::String(given)) => {
            Value::Boolean(given.to_ascii_lowercase().parse().map_err(|_| refused())?)
        }
        (Shape::Time, Json::String(given)) => {
            Value::Time(Timestamp::parse(given).ok_or_else(refused)?)
        }
        (Shape::Blob, Json::String(given)) => {
            Value::Blob(Blob::new(BASE64.decode(given.as_bytes()).map_err(|_| refused())?))
        }
        (Shape::List(list), json) => {
            let elements = elements(json).ok_or_else(refused)?.iter();
            let element = |json| {
                let value = input_from_json(name, &list.element, json)?;
                Ok(value.unwrap_or(Value::Null))
            };
            Value::List(elements.map(element).collect::<Result<_, Failure>>()?)
        }
        (Shape::Structure(shape), Json::Object(members)) => {
            Value::Structure(structure(name, shape, members)?)
        }
        (Shape::Map(element), Json::Object(entries)) => {
            let entry = |(key, json): (&String, &Json)| {
                let value = input_from_json(name, element, json)?;
                Ok((key.clone(), value.unwrap_or(Value::Null)))
            };
            Value::Map(entries.iter().map(entry).collect::<Result<_, Failure>>()?)
        }
        _ => return Err(refused()),
    };
    Ok(Some(value))
}

/// What a column holds of a value. Where that has to be written first, it is written to `room`.
pub(crate) fn shown<'v>(value: &'v Value, room: &'v mut String) -> ValueRef<'v> {
    match value {
        Value::Null => return ValueRef::Null,
        Value::Integer(number) => return ValueRef::Integer(*number),
        Value::Boolean(truth) => return ValueRef::Integer(i64::from(*truth)),
        Value::Text(text) => return ValueRef::Text(text.as_bytes()),
        Value::Secret(secret) => return ValueRef::Text(secret.expose().as_bytes()),
        _ => {}
    }
    room.clear();
    match value {
        // Nothing fails in memory.
        Value::Time(time) => _ = write!(room, "{time}"),
        Value::Blob(bytes) => BASE64.encode_append(bytes.expose(), room),
        value => json::write(value, room),
    }
    ValueRef::Text(room.as_bytes())
}

/// The type that a column of that shape is declared with.
pub(crate) fn declared(shape: &Shape) -> &'static str {
    match shape {
        Shape::Integer(_) => "INTEGER",
        Shape::Boolean => BOOLEAN,
        Shape::Time => TIME,
        Shape::List(_) | Shape::Structure(_) | Shape::Map(_) => JSON,
        Shape::Text(_) | Shape::Blob => "TEXT",
    }
}

/// The type that StackQL shows for that shape.
pub(crate) fn datatype(shape: &Shape) -> &'static str {
    match shape {
        Shape::Integer(_) => "integer",
        Shape::Boolean => "boolean",
        Shape::List(_) => "array",
        Shape::Structure(_) | Shape::Map(_) => "object",
        Shape::Text(_) | Shape::Time | Shape::Blob => "string",
    }
}

/// Whether a value of that shape is secret, or holds something that is.
pub(crate) fn holds_secret(shape: &Shape) -> bool {
    match shape {
        Shape::List(list) => holds_secret(&list.element),
        Shape::Map(element) => holds_secret(element),
        Shape::Structure(structure) => {
            structure.members.iter().any(|member| holds_secret(&member.shape))
        }
        shape => shape.is_secret(),
    }
}

fn scalar(text: &TextShape, given: String) -> Value {
    if text.secret { Value::Secret(Secret::new(given)) } else { Value::Text(given) }
}

/// A list as it is, or as StackQL's workaround writes it: `{"member":[…]}`.
fn elements(json: &Json) -> Option<&Vec<Json>> {
    match json {
        Json::Array(elements) => Some(elements),
        Json::Object(members) if members.len() == 1 => members.get("member")?.as_array(),
        _ => None,
    }
}

fn structure(
    name: &str,
    shape: &StructureShape,
    members: &Map<String, Json>,
) -> Result<Record, Failure> {
    if let Some(odd) =
        members.keys().find(|key| !shape.members.iter().any(|member| means(key, member.name)))
    {
        let known = crate::catalog::listed(shape.members.iter().map(|member| member.name));
        return Err(Failure::because(
            State::InvalidParameter,
            format!("`{name}` has no member `{odd}`: it has {known}"),
        ));
    }
    let mut record = Record::with_capacity(members.len());
    for member in shape.members {
        let given = members.iter().find(|(key, _)| means(key, member.name));
        let Some((_, json)) = given else { continue };
        if let Some(value) = input_from_json(member.name, &member.shape, json)? {
            record.push(member.name, value);
        }
    }
    Ok(record)
}

/// Says what a parameter takes; never what was given, which may be secret.
fn wrong(name: &str, shape: &Shape) -> Failure {
    let takes = match shape {
        Shape::Text(_) => "text",
        Shape::Integer(_) => "a whole number",
        Shape::Boolean => "`true` or `false`",
        Shape::Time => "a time such as `2026-01-31T23:59:59Z`",
        Shape::Blob => "base64 text",
        Shape::List(_) => "a list as JSON text, such as `[…]`",
        Shape::Structure(_) | Shape::Map(_) => "an object as JSON text, such as `{…}`",
    };
    Failure::because(State::InvalidParameter, format!("`{name}` takes {takes}"))
}

#[cfg(test)]
mod tests {
    use vmfa_model::{TypedValue, names};

    use super::*;

    fn taken(shape: &Shape, cell: &Cell) -> String {
        match input("Given", shape, cell) {
            Ok(Some(value)) => match shown(&value, &mut String::new()) {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                other => format!("{:?}", other.data_type()),
            },
            Ok(None) => "absent".to_owned(),
            Err(failure) => failure.to_string(),
        }
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn lists_are_taken_in_three_forms_and_given_as_json() {
        let list = names::Tags::SHAPE;
        let json = r#"[{"Key":"a","Value":"b"}]"#;
        assert_eq!(taken(&list, &text(json)), json);
        assert_eq!(taken(&list, &text(&format!(r#"{{"member":{json}}}"#))), json);
        assert_eq!(taken(&list, &text(r#"[{"key":"a","value":"b"}]"#)), json);
        assert_eq!(taken(&list, &text("a")), "`Given` takes a list as JSON text, such as `[…]`");
        let odd = taken(&list, &text(r#"[{"Kez":"a"}]"#));
        assert_eq!(odd, "`Given` has no member `Kez`: it has `Key`, `Value`");
    }

    #[test]
    fn scalars_are_typed() {
        let number = names::MaxItems::SHAPE;
        assert_eq!(taken(&number, &Cell::Integer(5)), "5");
        assert_eq!(taken(&number, &text("5")), "5");
        assert_eq!(taken(&number, &text("five")), "`Given` takes a whole number");
        assert_eq!(taken(&number, &Cell::Real(1.5)), "`Given` takes a whole number");
        assert_eq!(taken(&number, &Cell::Null), "absent");
        assert_eq!(taken(&Shape::Boolean, &text("TRUE")), "1");
        assert_eq!(taken(&Shape::Boolean, &Cell::Integer(0)), "0");
        assert_eq!(taken(&Shape::Time, &text("2026-01-31T23:59:59Z")), "2026-01-31T23:59:59Z");
        assert_eq!(taken(&Shape::Blob, &Cell::Blob(vec![1, 2])), "AQI=");
        assert_eq!(taken(&Shape::Blob, &text("AQI=")), "AQI=");
        assert_eq!(taken(&String::SHAPE, &Cell::Integer(7)), "7");
    }

    #[test]
    fn secrets_stay_secret() {
        let code = names::AuthenticationCode::SHAPE;
        let value = input("Code", &code, &text("123456")).unwrap().unwrap();
        assert!(matches!(value, Value::Secret(_)));
        let refused = input("Code", &code, &Cell::Blob(b"123456".to_vec())).unwrap_err();
        assert_eq!(refused.to_string(), "`Code` takes text");
    }
}
