//! Parses JSON arguments as Python does.
//!
//! `NaN` and infinities, which are numbers in Python, become `null`; integers beyond 64 bits
//! saturate. No member accepts them.

use serde_json::{Number, Value};
use vmfa_render::{Json, JsonError, read_json};

use crate::python;

/// Parses a document.
///
/// # Errors
/// Python's message with line, column and character.
pub(crate) fn parse(text: &str) -> Result<Value, JsonError> {
    read_json(text).map(value)
}

fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Integer(digits) => python::int(&digits).map_or(Value::Null, Value::from),
        Json::Float(float) => Number::from_f64(float).map_or(Value::Null, Value::Number),
        Json::Text(text) => Value::String(text),
        Json::Array(items) => items.into_iter().map(value).collect(),
        Json::Object(members) => {
            members.into_iter().map(|(name, member)| (name, value(member))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_read() {
        for (text, value) in [
            ("{\"a\": [1, 2.5], \"b\": {}, \"a\": null}", r#"{"a":null,"b":{}}"#),
            ("[NaN, -Infinity, 1e999, true]", "[null,null,null,true]"),
            ("99999999999999999999", "9223372036854775807"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), value, "{text}");
        }
        assert_eq!(parse("\"é\"").unwrap(), json!("é"));
        let message = parse("[1,\n]").unwrap_err().to_string();
        assert_eq!(message, "Expecting value: line 2 column 1 (char 4)");
    }
}
