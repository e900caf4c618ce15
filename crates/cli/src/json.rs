//! Answers as JSON, as the AWS CLI prints them: four spaces, members in the order of the model,
//! text beyond ASCII as it is.

use std::fmt::Write as _;

use data_encoding::BASE64;
use vmfa_model::{Record, Shape, StructureShape, Value};

/// The whole document with its line end; nothing at all for an answer without members.
pub(crate) fn document(shape: Option<&StructureShape>, answer: &Record) -> String {
    let Some(shape) = shape.filter(|_| !answer.is_empty()) else { return String::new() };
    let mut writer = Writer { text: String::new(), depth: 0 };
    writer.structure(shape, answer);
    writer.text.push('\n');
    writer.text
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn structure(&mut self, shape: &StructureShape, record: &Record) {
        let members = shape.members.iter();
        let present = members.filter_map(|m| Some((m, record.get(m.name)?)));
        self.block(('{', '}'), present, |writer, (member, value)| {
            writer.string(member.name);
            writer.text.push_str(": ");
            writer.value(&member.shape, value);
        });
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        match (shape, value) {
            (_, Value::Null) => self.text.push_str("null"),
            (_, Value::Text(text)) => self.string(text),
            (_, Value::Secret(secret)) => self.string(secret.expose()),
            (_, Value::Integer(number)) => self.text.push_str(&number.to_string()),
            (_, Value::Boolean(truth)) => self.text.push_str(if *truth { "true" } else { "false" }),
            (_, Value::Time(time)) => {
                let text = time.to_string();
                self.string(&text.strip_suffix('Z').map_or(text.clone(), |t| format!("{t}+00:00")));
            }
            (_, Value::Blob(blob)) => self.string(&BASE64.encode(blob.expose())),
            (Shape::List(list), Value::List(values)) => {
                self.block(('[', ']'), values.iter(), |w, value| w.value(&list.element, value));
            }
            (Shape::Structure(shape), Value::Structure(record)) => self.structure(shape, record),
            (Shape::Map(shape), Value::Map(entries)) => {
                self.block(('{', '}'), entries.iter(), |writer, (key, value)| {
                    writer.string(key);
                    writer.text.push_str(": ");
                    writer.value(shape, value);
                });
            }
            // An answer is of its shape: the service made it, or a decoder that follows the shape.
            (_, Value::List(_) | Value::Structure(_) | Value::Map(_)) => {
                self.text.push_str("null");
            }
        }
    }

    fn block<T>(
        &mut self,
        (open, close): (char, char),
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.text.push(open);
        self.depth = self.depth.saturating_add(1);
        let mut empty = true;
        for item in items {
            self.text.push_str(if empty { "\n" } else { ",\n" });
            empty = false;
            self.indent();
            write(self, item);
        }
        self.depth = self.depth.saturating_sub(1);
        if !empty {
            self.text.push('\n');
            self.indent();
        }
        self.text.push(close);
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                control if control < ' ' => {
                    // Writing to a string does not fail.
                    let _ = write!(self.text, "\\u{:04x}", u32::from(control));
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use vmfa_model::{Structure, Timestamp, structure};

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
            "Blob" blob: vmfa_model::Blob,
            "Inner" inner: Vec<Inner>,
        }
    }

    #[test]
    fn written_as_python_writes_it() {
        let answer = Outer {
            text: "a\"b\\/\u{8}\u{c}\n\r\t\u{1}é😀".to_owned(),
            when: Timestamp::from_unix(1_320_093_902),
            blob: vmfa_model::Blob::new(b"seed".to_vec()),
            inner: vec![
                Inner { empty: vec![], number: None },
                Inner { empty: vec!["x".into(), "y".into()], number: Some(-1) },
            ],
        };
        insta::assert_snapshot!(document(Some(&Outer::SHAPE), &answer.into_record()), @r#"
        {
            "Text": "a\"b\\/\b\f\n\r\t\u0001é😀",
            "When": "2011-10-31T20:45:02+00:00",
            "Blob": "c2VlZA==",
            "Inner": [
                {
                    "Empty": []
                },
                {
                    "Empty": [
                        "x",
                        "y"
                    ],
                    "Number": -1
                }
            ]
        }
        "#);
        assert_eq!(document(Some(&Outer::SHAPE), &Record::new()), "");
        assert_eq!(document(None, &Record::new()), "");
    }
}
