//! How answers are written.

use std::io::{self, Write};

use data_encoding::BASE64;
use rusqlite::types::Value as Cell;
use serde_json::{Map, Value as Json};

use crate::engine::{Answer, Heading};

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// An array of objects on one line for each statement that yields rows, with the columns in
    /// order as keys. Of columns with the same name the last is kept.
    #[default]
    Json,
}

impl Format {
    /// Writes the answer of one statement.
    pub(crate) fn write(self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Json => json(answer, out),
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "json" => Ok(Self::Json),
            _ => Err(format!("`{name}` is no output format: there is `json`")),
        }
    }
}

fn json(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, row) in answer.rows.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let members = answer.columns.iter().zip(row);
        let object: Map<String, Json> =
            members.map(|(heading, cell)| (heading.name.clone(), value(heading, cell))).collect();
        serde_json::to_writer(&mut *out, &object)?;
    }
    out.write_all(b"]\n")
}

fn value(heading: &Heading, cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Integer(number) if heading.boolean => Json::from(*number != 0),
        Cell::Integer(number) => Json::from(*number),
        Cell::Real(number) => Json::from(*number),
        Cell::Text(text) => Json::from(text.as_str()),
        Cell::Blob(bytes) => Json::from(BASE64.encode(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types_and_columns_their_order() {
        let heading = |name: &str, boolean| Heading { name: name.to_owned(), boolean };
        let answer = Answer {
            columns: vec![
                heading("b", false),
                heading("a", true),
                heading("c", false),
                heading("d", false),
            ],
            rows: vec![
                vec![Cell::Integer(1), Cell::Integer(1), Cell::Null, Cell::Real(0.5)],
                vec![Cell::Text("\"é".into()), Cell::Null, Cell::Blob(vec![0]), Cell::Real(1.0)],
            ],
        };
        let mut out = Vec::new();
        Format::Json.write(&answer, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "[{\"b\":1,\"a\":true,\"c\":null,\"d\":0.5},\
             {\"b\":\"\\\"é\",\"a\":null,\"c\":\"AA==\",\"d\":1.0}]\n"
        );
    }
}
