//! Rows as lines of fields.

use std::io::{self, Write};

use super::{Format, Look};

/// Writes a line.
pub(super) fn write(
    look: Look,
    fields: impl Iterator<Item = String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = String::new();
    for (at, field) in fields.enumerate() {
        if at > 0 {
            line.push(look.delimiter);
        }
        if look.format == Format::Csv && needs_quotes(&field, look.delimiter) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&field);
        }
    }
    line.push('\n');
    out.write_all(line.as_bytes())
}

/// Whether a field of CSV would be read as another without quotes; by the rule of Go's
/// `encoding/csv`, which StackQL uses.
fn needs_quotes(field: &str, delimiter: char) -> bool {
    field == "\\."
        || field.contains([delimiter, '"', '\r', '\n'])
        || field.starts_with(char::is_whitespace)
}
