//! Inputs and outputs in the log of `--debug`, as Python prints dictionaries, without secrets.

use vmfa_model::{Record, Shape, Value};

use super::STRUCK;
use crate::python::quoted;

/// A structure as Python prints a dictionary.
pub(super) fn shown(record: &Record) -> String {
    entries(record.iter())
}

/// Whether values of a shape may hold a secret at any depth.
pub(crate) fn is_secret(shape: &Shape) -> bool {
    match shape {
        Shape::List(list) => is_secret(&list.element),
        Shape::Map(shape) => is_secret(shape),
        Shape::Structure(shape) => shape.members.iter().any(|member| is_secret(&member.shape)),
        shape => shape.is_secret(),
    }
}

fn one(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Text(text) => quoted(text),
        Value::Secret(_) | Value::Blob(_) => STRUCK.to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(true) => "True".to_owned(),
        Value::Boolean(false) => "False".to_owned(),
        Value::Time(time) => quoted(&time.to_string()),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(one).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Structure(record) => shown(record),
        Value::Map(members) => entries(members.iter().map(|(key, value)| (key.as_str(), value))),
    }
}

fn entries<'k, 'v>(members: impl Iterator<Item = (&'k str, &'v Value)>) -> String {
    let members = members.map(|(key, value)| format!("{}: {}", quoted(key), one(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use vmfa_model::{Blob, Secret};

    use super::*;

    #[test]
    fn records_are_shown_as_python_dictionaries() {
        let inner = Record::from_iter([
            ("Code", Value::Secret(Secret::new("123456".into()))),
            ("Png", Value::Blob(Blob::new(vec![1]))),
        ]);
        let record = Record::from_iter([
            ("A", Value::List(vec![Value::Integer(1), Value::Boolean(true)])),
            ("B", Value::Structure(inner)),
        ]);
        assert_eq!(shown(&record), "{'A': [1, True], 'B': {'Code': *****, 'Png': *****}}");
    }
}
