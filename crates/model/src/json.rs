//! Values as JSON: the documents that the command line prints and queries, and the text that
//! SQL columns hold.
//!
//! Members keep the order of the record, which is that of the model; times are text, bytes are
//! base64 as on the wire. Secrets are written out: the callers print what the user asked for.

use std::io;

use data_encoding::BASE64;
use serde_core::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{Record, Timestamp, Value};

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// As Python's `isoformat` writes them: `2011-10-31T20:45:02+00:00`.
    Iso8601,
    /// As the service writes them: `2011-10-31T20:45:02Z`.
    Wire,
}

/// A record as a document.
pub fn document(record: &Record, times: TimeFormat) -> serde_json::Value {
    // Serialising into memory fails only for keys that are not text.
    serde_json::to_value(AsJson { value: record, times }).unwrap_or_default()
}

/// Appends a value as compact JSON with the times of the wire.
pub fn write(value: &Value, text: &mut String) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(Utf8(text), &AsJson { value, times: TimeFormat::Wire });
}

struct AsJson<'v, T> {
    value: &'v T,
    times: TimeFormat,
}

impl Serialize for AsJson<'_, Record> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, value) in self.value.iter() {
            members.serialize_entry(name, &AsJson { value, times: self.times })?;
        }
        members.end()
    }
}

impl Serialize for AsJson<'_, Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let times = self.times;
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Secret(secret) => serializer.serialize_str(secret.expose()),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Time(time) => match times {
                TimeFormat::Wire => serializer.collect_str(time),
                TimeFormat::Iso8601 => serializer.serialize_str(&iso8601(*time)),
            },
            Value::Blob(blob) => serializer.collect_str(&BASE64.encode_display(blob.expose())),
            Value::List(values) => {
                serializer.collect_seq(values.iter().map(|value| AsJson { value, times }))
            }
            Value::Structure(record) => AsJson { value: record, times }.serialize(serializer),
            Value::Map(entries) => serializer
                .collect_map(entries.iter().map(|(k, value)| (k, AsJson { value, times }))),
        }
    }
}

fn iso8601(time: Timestamp) -> String {
    let wire = time.to_string();
    let Some(local) = wire.strip_suffix('Z') else { return wire };
    match (time.micros(), local.split_once('.')) {
        (0, _) | (_, None) => format!("{local}+00:00"),
        // Python writes all six digits or none.
        (micros, Some((seconds, _))) => format!("{seconds}.{micros:06}+00:00"),
    }
}

/// Lets `serde_json` write to a `String`.
struct Utf8<'s>(&'s mut String);

impl io::Write for Utf8<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blob, Map, Structure, structure};

    structure! {
        struct Inner {
            "Empty" empty: Vec<String>,
            "Number" number: Option<i64>,
        }
    }
    structure! {
        struct Outer {
            "Text" text: String,
            "When" when: Timestamp,
            "Blob" blob: Blob,
            "Inner" inner: Vec<Inner>,
            "Counts" counts: Map<i64>,
        }
    }

    #[test]
    fn documents_and_text_have_the_order_of_the_model() {
        let record = Outer {
            text: "é\"\n😀".to_owned(),
            when: Timestamp::parse("2023-03-04T05:06:07.891Z").unwrap(),
            blob: Blob::new(b"seed".to_vec()),
            inner: vec![
                Inner { empty: vec![], number: None },
                Inner { empty: vec!["x".into()], number: Some(-1) },
            ],
            counts: Map(vec![("b".to_owned(), 1), ("a".to_owned(), 2)]),
        }
        .into_record();
        let rest = r#""Blob":"c2VlZA==","Inner":[{"Empty":[]},{"Empty":["x"],"Number":-1}],"Counts":{"b":1,"a":2}}"#;
        let start = r#"{"Text":"é\"\n😀","When":"2023-03-04T05:06:07.891"#;
        let iso8601 = document(&record, TimeFormat::Iso8601);
        assert_eq!(iso8601.to_string(), format!("{start}000+00:00\",{rest}"));
        let mut text = String::new();
        write(&Value::Structure(record), &mut text);
        assert_eq!(text, format!("{start}Z\",{rest}"));
        assert_eq!(super::iso8601(Timestamp::from_unix(0)), "1970-01-01T00:00:00+00:00");
    }
}
