//! Text: a line for each object or list, with tabs between the cells.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::python::{is_scalar, kind, reachable, write_str};
use crate::unprintable::{PythonError, Unprintable};

/// A response, or the result of a query.
pub fn text(document: &Value) -> Result<String, Unprintable> {
    let mut out = String::new();
    match reachable(document).and_then(|()| write_item(&mut out, document, None, None)) {
        Ok(()) => Ok(out),
        Err(reason) => Err(Unprintable::after(out, reason)),
    }
}

/// `label` is the upper-case name of the member that holds the item. `columns` are the scalar members
/// of all objects of the list that holds it.
fn write_item(
    out: &mut String,
    item: &Value,
    label: Option<&str>,
    columns: Option<&[&str]>,
) -> Result<(), PythonError> {
    match item {
        Value::Object(_) => write_dictionary(out, item, label, columns),
        Value::Array(items) => write_list(out, items, label),
        _ => {
            write_str(out, item);
            out.push('\n');
            Ok(())
        }
    }
}

fn write_list(out: &mut String, items: &[Value], label: Option<&str>) -> Result<(), PythonError> {
    if items.iter().any(Value::is_object) {
        let columns = columns_of(items)?;
        for item in items {
            write_item(out, item, label, Some(&columns))?;
        }
        return Ok(());
    }
    write_scalars(out, items.iter().filter(|item| is_scalar(item)), label);
    for item in items.iter().filter(|item| !is_scalar(item)) {
        write_item(out, item, label, None)?;
    }
    Ok(())
}

fn columns_of(items: &[Value]) -> Result<Vec<&str>, PythonError> {
    let mut columns = BTreeSet::new();
    for item in items {
        let Value::Object(members) = item else {
            return Err(PythonError::NoAttribute { kind: kind(item), attribute: "items" });
        };
        columns.extend(
            members.iter().filter(|(_, member)| is_scalar(member)).map(|(name, _)| name.as_str()),
        );
    }
    Ok(columns.into_iter().collect())
}

fn write_scalars<'a>(
    out: &mut String,
    scalars: impl Iterator<Item = &'a Value>,
    label: Option<&str>,
) {
    let mut line = TextLine::default();
    for scalar in scalars {
        if let Some(label) = label {
            line = TextLine::default();
            line.cell(out).push_str(label);
            write_str(line.cell(out), scalar);
            out.push('\n');
        } else {
            write_str(line.cell(out), scalar);
        }
    }
    if line.begun && label.is_none() {
        out.push('\n');
    }
}

fn write_dictionary(
    out: &mut String,
    item: &Value,
    label: Option<&str>,
    columns: Option<&[&str]>,
) -> Result<(), PythonError> {
    let mut members = item.as_object().into_iter().flatten().collect::<Vec<_>>();
    members.sort_unstable_by_key(|(name, _)| *name);
    let mut line = TextLine::default();
    if let Some(columns) = columns {
        for column in columns {
            begin(&mut line, out, label);
            if let Some(member) = item.get(*column) {
                write_str(line.cell(out), member);
            } else {
                line.cell(out);
            }
        }
        members.retain(|(name, _)| columns.binary_search(&name.as_str()).is_err());
    } else {
        for (_, member) in &members {
            if is_scalar(member) {
                begin(&mut line, out, label);
                write_str(line.cell(out), member);
            }
        }
        members.retain(|(_, member)| !is_scalar(member));
    }
    if line.begun {
        out.push('\n');
    }
    for (name, member) in members {
        write_item(out, member, Some(&name.to_uppercase()), None)?;
    }
    Ok(())
}

/// The line of an object that is a member begins with the name of that member.
fn begin(line: &mut TextLine, out: &mut String, label: Option<&str>) {
    if let Some(label) = label.filter(|_| !line.begun) {
        line.cell(out).push_str(label);
    }
}

#[derive(Default)]
struct TextLine {
    begun: bool,
}

impl TextLine {
    /// Writes the tab before all cells but the first.
    fn cell<'a>(&mut self, out: &'a mut String) -> &'a mut String {
        if self.begun {
            out.push('\t');
        }
        self.begun = true;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_are_in_upper_case() {
        let page = json!({"straße": [{"B": 1, "A": {"C": [1, 2]}}, {"D": null}]});
        let shown = "STRASSE\t1\t\nC\t1\nC\t2\nSTRASSE\t\tNone\n";
        assert_eq!(text(&page).unwrap(), shown);
    }

    #[test]
    fn output_before_a_failure_is_kept() {
        let failure = text(&json!({"a": 1, "b": [{"c": 2}, 3]})).unwrap_err();
        assert_eq!(failure.printed(), "1\n");
        assert_eq!(failure.to_string(), "'int' object has no attribute 'items'");
    }

    #[test]
    fn a_document_that_is_too_deep_is_refused() {
        let deep = (1..300).fold(json!([]), |inner, _| Value::Array(vec![inner]));
        assert_eq!(text(&deep).unwrap_err().to_string(), "maximum recursion depth exceeded");
    }
}
