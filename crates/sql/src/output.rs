//! How answers are written.

use std::io::{self, Write};

use data_encoding::BASE64;
use serde_json::{Map, Value as Json};

use crate::sink::{Cell, Heading, Sink, Type};

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// An array of objects on one line for each statement that yields rows, with the columns in
    /// order as keys. Of columns with the same name the last is kept.
    #[default]
    Json,
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

/// Writes what statements give: rows to one writer, notes to another.
pub(crate) struct Printer<'w> {
    out: &'w mut dyn Write,
    err: &'w mut dyn Write,
    columns: Vec<Heading>,
    /// Rows of the statement that is run; `None` before their heading.
    rows: Option<u64>,
    /// Notes that came while rows did.
    notes: Vec<String>,
}

impl<'w> Printer<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, err: &'w mut dyn Write) -> Self {
        Self { out, err, columns: Vec::new(), rows: None, notes: Vec::new() }
    }

    /// The statement has ended, well or not.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        if self.rows.take().is_some() {
            self.out.write_all(b"]\n")?;
            self.out.flush()?;
        }
        for note in self.notes.drain(..) {
            writeln!(self.err, "{note}")?;
        }
        Ok(())
    }
}

impl Sink for Printer<'_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.columns = columns.to_vec();
        self.rows = Some(0);
        self.out.write_all(b"[")
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let before = self.rows.unwrap_or_default();
        if before > 0 {
            self.out.write_all(b",")?;
        }
        self.rows = Some(before.saturating_add(1));
        let members = self.columns.iter().zip(row);
        let object: Map<String, Json> =
            members.map(|(heading, cell)| (heading.name.clone(), value(heading, cell))).collect();
        serde_json::to_writer(&mut *self.out, &object)?;
        Ok(())
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.notes.push(note.to_owned());
        Ok(())
    }
}

fn value(heading: &Heading, cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Integer(number) if heading.kind == Type::Boolean => Json::from(*number != 0),
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
        let heading = |name: &str, kind| Heading { name: name.to_owned(), kind };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(&mut out, &mut err);
        let columns = [
            heading("b", Type::Integer),
            heading("a", Type::Boolean),
            heading("c", Type::Any),
            heading("d", Type::Real),
        ];
        printer.head(&columns).unwrap();
        printer.row(&[Cell::Integer(1), Cell::Integer(1), Cell::Null, Cell::Real(0.5)]).unwrap();
        printer
            .row(&[Cell::Text("\"é".into()), Cell::Null, Cell::Blob(vec![0]), Cell::Real(1.0)])
            .unwrap();
        printer.end().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "[{\"b\":1,\"a\":true,\"c\":null,\"d\":0.5},\
             {\"b\":\"\\\"é\",\"a\":null,\"c\":\"AA==\",\"d\":1.0}]\n"
        );
    }
}
