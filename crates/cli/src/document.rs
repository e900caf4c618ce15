//! Answers as documents: members in the order of the model, moments as text, bytes in base64 as
//! they are on the wire.
//!
//! Not here: how a document is printed.

use data_encoding::BASE64;
use serde_json::{Map, Value};
use vmfa_model::{Record, Shape, StructureShape, Timestamp, Value as Typed};

/// How moments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// As Python's `isoformat` writes them: `2011-10-31T20:45:02+00:00`.
    Iso8601,
    /// As the service writes them: `2011-10-31T20:45:02Z`.
    Wire,
}

/// The answer as a document. Members that are not in the shape are left out.
pub(crate) fn of(shape: &StructureShape, mut record: Record, times: Times) -> Value {
    let mut members = Map::with_capacity(shape.members.len());
    for member in shape.members {
        if let Some(given) = record.take(member.name) {
            members.insert(member.name.to_owned(), value(&member.shape, given, times));
        }
    }
    Value::Object(members)
}

/// A value of an answer as it is in a document.
pub(crate) fn value(shape: &Shape, value: Typed, times: Times) -> Value {
    match (shape, value) {
        (_, Typed::Text(text)) => Value::String(text),
        (_, Typed::Secret(secret)) => Value::String(secret.expose().to_owned()),
        (_, Typed::Integer(number)) => Value::from(number),
        (_, Typed::Boolean(truth)) => Value::Bool(truth),
        (_, Typed::Time(time)) => Value::String(moment(time, times)),
        (_, Typed::Blob(blob)) => Value::String(BASE64.encode(blob.expose())),
        (Shape::List(list), Typed::List(values)) => {
            values.into_iter().map(|value| self::value(&list.element, value, times)).collect()
        }
        (Shape::Structure(shape), Typed::Structure(record)) => of(shape, record, times),
        (Shape::Map(shape), Typed::Map(entries)) => {
            let entry = |(key, value)| (key, self::value(shape, value, times));
            Value::Object(entries.into_iter().map(entry).collect())
        }
        // An answer is of its shape: the service made it, or a decoder that follows the shape.
        (_, Typed::Null | Typed::List(_) | Typed::Structure(_) | Typed::Map(_)) => Value::Null,
    }
}

fn moment(time: Timestamp, times: Times) -> String {
    let wire = time.to_string();
    let Some(local) = wire.strip_suffix('Z').filter(|_| times == Times::Iso8601) else {
        return wire;
    };
    match (time.micros(), local.split_once('.')) {
        (0, _) | (_, None) => format!("{local}+00:00"),
        // All six digits or none.
        (micros, Some((seconds, _))) => format!("{seconds}.{micros:06}+00:00"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vmfa_model::{Blob, Structure, structure};

    use super::*;

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
        }
    }

    fn answer() -> Record {
        let outer = Outer {
            text: "é😀".to_owned(),
            when: Timestamp::from_unix(1_320_093_902),
            blob: Blob::new(b"seed".to_vec()),
            inner: vec![
                Inner { empty: vec![], number: None },
                Inner { empty: vec!["x".into()], number: Some(-1) },
            ],
        };
        outer.into_record()
    }

    #[test]
    fn a_document_has_the_order_of_the_model_and_the_texts_of_the_wire() {
        let backwards: Vec<_> = answer().into_iter().collect();
        let backwards: Record = backwards.into_iter().rev().collect();
        let document = of(&Outer::SHAPE, backwards, Times::Iso8601);
        let expected = json!({
            "Text": "é😀",
            "When": "2011-10-31T20:45:02+00:00",
            "Blob": "c2VlZA==",
            "Inner": [{"Empty": []}, {"Empty": ["x"], "Number": -1}],
        });
        assert_eq!(document.to_string(), expected.to_string());
        let wire = of(&Outer::SHAPE, answer(), Times::Wire);
        assert_eq!(wire["When"], "2011-10-31T20:45:02Z");
        let fraction = Timestamp::parse("2023-03-04T05:06:07.891Z").unwrap();
        assert_eq!(moment(fraction, Times::Iso8601), "2023-03-04T05:06:07.891000+00:00");
        assert_eq!(moment(fraction, Times::Wire), "2023-03-04T05:06:07.891Z");
    }
}
