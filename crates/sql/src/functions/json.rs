//! JSON as values, read with checks for cancellation.
//!
//! Not here: SQLite's own functions on JSON.

use std::fmt;

use rusqlite::{Error, Result};
use serde_core::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::values::Meter;

/// Reads a text, which should not be longer than [`LONGEST_JSON`]: its value takes some dozens of
/// times as much memory. `None` where it is not JSON, or deeper than 128 levels.
pub(crate) fn read(text: &[u8], meter: &mut Meter) -> Result<Option<Value>> {
    meter.check()?;
    let mut reading = Reading { meter, stopped: None };
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Element(&mut reading).deserialize(&mut parser);
    match reading.stopped {
        Some(error) => Err(error),
        None => Ok(value.ok().filter(|_| parser.end().is_ok())),
    }
}

/// Bytes of the longest text that is read.
pub(crate) const LONGEST_JSON: usize = 64 << 10;

struct Reading<'m> {
    meter: &'m mut Meter,
    /// Why reading was stopped.
    stopped: Option<Error>,
}

impl Reading<'_> {
    /// Counts a value or a name of that length in bytes.
    fn spend<E: de::Error>(&mut self, bytes: usize) -> std::result::Result<(), E> {
        self.meter.spend(bytes / 16 + PER_VALUE).map_err(|error| {
            self.stopped = Some(error);
            E::custom("stopped")
        })
    }
}

struct Element<'r, 'm>(&'r mut Reading<'m>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Value, D::Error> {
        self.0.spend(0)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, truth: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> std::result::Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Value, E> {
        self.0.spend(text.len())?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Element(&mut *self.0))? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            self.0.spend(name.len())?;
            let value = object.next_value_seed(Element(&mut *self.0))?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// Units of work for a value: an object is allocated and hashed.
const PER_VALUE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_that_serde_json_reads() {
        let mut meter = Meter::start().unwrap();
        for text in [
            r#"{"a": [1, -2, 1.5, 1e400, null, true, "é\n"], "b": {}, "a": 3, "c": []}"#,
            "18446744073709551615",
            "[1] x",
            "[1,",
            "",
            "\"\u{7F}\"",
            &"[".repeat(200),
            &format!("{}{}", "[".repeat(127), "]".repeat(127)),
            &format!("{}{}", "[".repeat(128), "]".repeat(128)),
        ] {
            let read = read(text.as_bytes(), &mut meter).unwrap();
            assert_eq!(read, serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn reading_ends_when_the_statement_is_cancelled() {
        let mut meter = Meter::start().unwrap();
        let account = vmfa_sqlite::MemoryAccount::new(0);
        let _scope = account.enter();
        let text = format!("[{}1]", r#"{"a":1},"#.repeat(8_000));
        assert!(read(text.as_bytes(), &mut meter).unwrap().is_some());
        account.interrupt();
        assert!(read(text.as_bytes(), &mut meter).is_err());
    }
}
