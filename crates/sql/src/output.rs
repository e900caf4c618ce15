//! How answers are written: as tables, JSON, CSV or plain text, the way StackQL does.
//!
//! Rows are written as they come, but for tables, whose columns are as wide as their widest cell.
//!
//! Not here: which rows there are.

mod json;
mod lines;
mod table;
mod wrap;

use std::io::{self, Write};

use crate::sink::{Cell, Heading, Sink, Type};

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table drawn with `|` and `-`, with a rule after each row.
    #[default]
    Table,
    /// An array of objects on one line for each statement that yields rows. Of columns with the
    /// same name the last is kept.
    Json,
    /// An object on a line of its own for each row.
    Jsonl,
    /// Lines of fields, quoted where they must be (RFC 4180), under a line of names.
    Csv,
    /// Lines of fields that are never quoted.
    Text,
    /// The same, with lists and structures spread over several lines.
    PrettyText,
}

/// How output looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The form.
    pub format: Format,
    /// Whether CSV and text begin with a line of names.
    pub headers: bool,
    /// What stands between the fields of CSV and text.
    pub delimiter: char,
    /// To write what StackQL would, byte for byte: in JSON every value is text, keys are in the
    /// order of their bytes, and no line is ended.
    pub compatible: bool,
}

/// Writes what statements give: rows to one writer, notes to another.
pub struct Printer<'w> {
    look: Look,
    out: &'w mut dyn Write,
    err: &'w mut dyn Write,
    columns: Vec<Heading>,
    /// What writes the rows of the statement that is run, from its heading on.
    body: Option<Body>,
    /// Notes that came while rows did.
    notes: Vec<String>,
}

/// What is kept between rows.
enum Body {
    Table(table::Table),
    Json(json::Array),
    Jsonl,
    Lines,
}

impl Format {
    /// All forms by their names.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("table", Self::Table),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("ndjson", Self::Jsonl),
        ("csv", Self::Csv),
        ("text", Self::Text),
        ("pptext", Self::PrettyText),
    ];
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or_else(|| {
            let known = Self::NAMES.map(|(name, _)| format!("`{name}`")).join(", ");
            format!("`{name}` is no output format: there are {known}")
        })
    }
}

impl Default for Look {
    fn default() -> Self {
        Self { format: Format::default(), headers: true, delimiter: ',', compatible: false }
    }
}

impl<'w> Printer<'w> {
    /// Writes rows to `out` in this look, and notes to `err`.
    pub fn new(look: Look, out: &'w mut dyn Write, err: &'w mut dyn Write) -> Self {
        Self { look, out, err, columns: Vec::new(), body: None, notes: Vec::new() }
    }

    /// The statement has ended, well or not: all of it is written.
    pub fn end(&mut self) -> io::Result<()> {
        match self.body.take() {
            Some(Body::Table(table)) => table.write(self.out)?,
            Some(Body::Json(array)) => array.end(self.look.compatible, self.out)?,
            Some(Body::Jsonl | Body::Lines) | None => {}
        }
        self.out.flush()?;
        for note in self.notes.drain(..) {
            writeln!(self.err, "{note}")?;
        }
        Ok(())
    }
}

impl Sink for Printer<'_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.columns = columns.to_vec();
        self.body = Some(match self.look.format {
            Format::Table => Body::Table(table::Table::new(columns)),
            Format::Json => Body::Json(json::Array::default()),
            Format::Jsonl => Body::Jsonl,
            Format::Csv | Format::Text | Format::PrettyText => {
                if self.look.headers {
                    let names = columns.iter().map(|column| column.name.clone());
                    lines::write(self.look, names, self.out)?;
                }
                Body::Lines
            }
        });
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let cells = || self.columns.iter().zip(row);
        let plain = |(column, cell): (&Heading, &Cell)| plain(column, cell, self.look.compatible);
        match &mut self.body {
            Some(Body::Table(table)) => {
                let pushed = table.push(cells().map(plain));
                return pushed.map_err(|_| {
                    self.body = None;
                    let message = "out of memory: a table is laid out when all its rows are there; \
                                   print it as csv or jsonl";
                    io::Error::new(io::ErrorKind::OutOfMemory, message)
                });
            }
            Some(Body::Json(array)) => {
                array.row(&json::object(cells(), self.look.compatible), self.out)?;
            }
            Some(Body::Jsonl) => {
                writeln!(self.out, "{}", json::object(cells(), self.look.compatible))?;
            }
            Some(Body::Lines) => {
                let pretty = self.look.format == Format::PrettyText;
                let shown = cells().map(|(column, cell)| match cell {
                    Cell::Text(text) if pretty => {
                        json::pretty(text).unwrap_or_else(|| text.clone())
                    }
                    cell => plain((column, cell)),
                });
                lines::write(self.look, shown, self.out)?;
            }
            // There is a heading before any row.
            None => {}
        }
        Ok(())
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.notes.push(note.to_owned());
        Ok(())
    }
}

/// A cell as text. NULL is `null`; to StackQL numbers with a point have six digits after it.
fn plain(column: &Heading, cell: &Cell, compatible: bool) -> String {
    match cell {
        Cell::Null => NULL.to_owned(),
        Cell::Integer(number) if column.kind == Type::Boolean => (*number != 0).to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) if compatible => format!("{number:.6}"),
        Cell::Real(number) => serde_json::Value::from(*number).to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Blob(bytes) => data_encoding::BASE64.encode(bytes),
    }
}

/// What stands for NULL wherever there is nothing better.
const NULL: &str = "null";

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn written(look: Look, rows: &[Vec<Cell>]) -> String {
        let column = |name: &str, kind| Heading { name: name.to_owned(), kind };
        let columns = [
            column("UserName", Type::Text),
            column("n", Type::Integer),
            column("on", Type::Boolean),
            column("x", Type::Real),
            column("Tags", Type::Json),
        ];
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(look, &mut out, &mut err);
        printer.head(&columns).unwrap();
        for row in rows {
            printer.row(row).unwrap();
        }
        printer.note("a note").unwrap();
        printer.end().unwrap();
        assert_eq!(err, b"a note\n");
        String::from_utf8(out).unwrap()
    }

    fn look(format: &str, compatible: bool) -> Look {
        Look { format: format.parse().unwrap(), compatible, ..Look::default() }
    }

    fn two() -> Vec<Vec<Cell>> {
        let text = |text: &str| Cell::Text(text.to_owned());
        vec![
            vec![
                text("Jackie \"<J>\", the first of her name & rank"),
                Cell::Integer(10),
                Cell::Integer(1),
                Cell::Real(0.5),
                text(r#"[{"Key":"a","Value":"b c"}]"#),
            ],
            vec![text(""), Cell::Null, Cell::Integer(0), Cell::Null, Cell::Null],
        ]
    }

    #[test]
    fn tables_have_a_rule_after_each_row() {
        assert_snapshot!(written(look("table", false), &two()), @r#"
        |--------------------------------|------|-------|------|-----------------------------|
        |            UserName            |  n   |  on   |  x   |            Tags             |
        |--------------------------------|------|-------|------|-----------------------------|
        | Jackie "<J>", the first of her |   10 | true  |  0.5 | [{"Key":"a","Value":"b c"}] |
        | name & rank                    |      |       |      |                             |
        |--------------------------------|------|-------|------|-----------------------------|
        |                                | null | false | null | null                        |
        |--------------------------------|------|-------|------|-----------------------------|
        "#);
        assert_snapshot!(written(look("table", false), &[]), @r"
        |----------|---|----|---|------|
        | UserName | n | on | x | Tags |
        |----------|---|----|---|------|
        ");
    }

    #[test]
    fn json_has_real_types() {
        assert_snapshot!(written(look("json", false), &two()), @r#"[{"UserName":"Jackie \"<J>\", the first of her name & rank","n":10,"on":true,"x":0.5,"Tags":[{"Key":"a","Value":"b c"}]},{"UserName":"","n":null,"on":false,"x":null,"Tags":null}]"#);
        assert_snapshot!(written(look("jsonl", false), &two()), @r#"
        {"UserName":"Jackie \"<J>\", the first of her name & rank","n":10,"on":true,"x":0.5,"Tags":[{"Key":"a","Value":"b c"}]}
        {"UserName":"","n":null,"on":false,"x":null,"Tags":null}
        "#);
        assert_eq!(written(look("json", false), &[]), "[]\n");
        assert_eq!(written(look("jsonl", false), &[]), "");
    }

    #[test]
    fn json_as_stackql_has_it_is_all_text() {
        assert_snapshot!(written(look("json", true), &two()), @r#"[{"Tags":"[{\"Key\":\"a\",\"Value\":\"b c\"}]","UserName":"Jackie \"\u003cJ\u003e\", the first of her name \u0026 rank","n":"10","on":"true","x":"0.500000"},{"Tags":"null","UserName":"","n":"null","on":"false","x":"null"}]"#);
        assert_eq!(written(look("json", true), &[]), "null");
    }

    #[test]
    fn lines_have_fields() {
        assert_snapshot!(written(look("csv", false), &two()), @r#"
        UserName,n,on,x,Tags
        "Jackie ""<J>"", the first of her name & rank",10,true,0.5,"[{""Key"":""a"",""Value"":""b c""}]"
        ,null,false,null,null
        "#);
        assert_snapshot!(written(look("text", false), &two()), @r#"
        UserName,n,on,x,Tags
        Jackie "<J>", the first of her name & rank,10,true,0.5,[{"Key":"a","Value":"b c"}]
        ,null,false,null,null
        "#);
        assert_snapshot!(written(look("pptext", false), &two()), @r#"
        UserName,n,on,x,Tags
        Jackie "<J>", the first of her name & rank,10,true,0.5,[
          {
            "Key": "a",
            "Value": "b c"
          }
        ]
        ,null,false,null,null
        "#);
        let bare = Look { headers: false, delimiter: ';', ..look("csv", false) };
        assert_snapshot!(written(bare, &two()), @r#"
        "Jackie ""<J>"", the first of her name & rank";10;true;0.5;"[{""Key"":""a"",""Value"":""b c""}]"
        ;null;false;null;null
        "#);
    }
}
