//! Builds the sections of a document.
//!
//! Responses of services are regular. For other documents (a list that mixes objects and other
//! values), the AWS CLI's behaviour and messages follow from Python's operators on the wrong type.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::section::{TableCell, TableSection};
use crate::python::{is_scalar, is_true, kind, reachable};
use crate::unprintable::PythonError;

pub(super) fn sections<'a>(
    title: &'a str,
    document: &'a Value,
) -> Result<Vec<TableSection<'a>>, PythonError> {
    reachable(document)?;
    let mut builder = Builder::default();
    builder.add_titled(title, document, 0)?;
    Ok(builder.sections)
}

#[derive(Default)]
struct Builder<'a> {
    sections: Vec<TableSection<'a>>,
}

impl<'a> Builder<'a> {
    fn add_titled(
        &mut self,
        title: &'a str,
        value: &'a Value,
        indent: usize,
    ) -> Result<(), PythonError> {
        if !is_true(value) {
            return Ok(());
        }
        self.begin(Some(title), indent);
        self.add(Some(title), value, indent)
    }

    fn begin(&mut self, title: Option<&'a str>, indent: usize) {
        let section = TableSection::new(title.map(TableCell::new), indent);
        self.sections.push(section);
    }

    fn add(
        &mut self,
        title: Option<&'a str>,
        value: &'a Value,
        indent: usize,
    ) -> Result<(), PythonError> {
        match value {
            Value::Object(members) => self.add_dictionary(members, indent),
            Value::Array(items) => match items.first() {
                Some(Value::Object(_)) => self.add_dictionaries(title, items, indent),
                _ => self.add_rows(items),
            },
            _ => Ok(()),
        }
    }

    fn add_dictionary(
        &mut self,
        members: &'a Map<String, Value>,
        indent: usize,
    ) -> Result<(), PythonError> {
        let mut members = members.iter().collect::<Vec<_>>();
        members.sort_unstable_by_key(|(name, _)| *name);
        let scalars = || members.iter().filter(|(_, member)| is_scalar(member));
        let names = || scalars().map(|(name, _)| TableCell::new(name.as_str()));
        let row = scalars().map(|(_, member)| TableCell::of(member));
        match scalars().count() {
            0 => {}
            1 => self.row(names().chain(row))?,
            _ => {
                self.headers(names().collect())?;
                self.row(row)?;
            }
        }
        for (name, member) in members {
            if !is_scalar(member) {
                self.add_titled(name, member, indent + 1)?;
            }
        }
        Ok(())
    }

    fn add_dictionaries(
        &mut self,
        title: Option<&'a str>,
        items: &'a [Value],
        indent: usize,
    ) -> Result<(), PythonError> {
        let Keys { scalar, nested } = Keys::of(items)?;
        let headers: Rc<[TableCell<'a>]> = scalar.iter().cloned().map(TableCell::new).collect();
        self.headers(headers.clone())?;
        for (place, item) in items.iter().enumerate() {
            if place > 0 && !nested.is_empty() {
                self.begin(title, indent);
                self.headers(headers.clone())?;
            }
            if !scalar.is_empty() && !item.is_object() {
                return Err(PythonError::NoAttribute { kind: kind(item), attribute: "get" });
            }
            let cell = |name| item.get(name).map_or_else(|| TableCell::new(""), TableCell::of);
            self.row(scalar.iter().map(|name| cell(name.as_ref())))?;
            for name in &nested {
                // In Python, `"" in ""` is true.
                if item.is_string() && name.is_empty() {
                    return Err(PythonError::StringIndex);
                }
                if let Some(member) = item.get(*name) {
                    self.add_titled(name, member, indent + 1)?;
                }
            }
        }
        Ok(())
    }

    fn add_rows(&mut self, items: &'a [Value]) -> Result<(), PythonError> {
        for item in items {
            match item {
                Value::Array(cells) if cells.iter().all(is_scalar) => {
                    self.row(cells.iter().map(TableCell::of))?;
                }
                Value::Array(_) => self.add(None, item, 0)?,
                // In Python, iterating over a dictionary yields its keys.
                Value::Object(members) => {
                    self.row(members.keys().map(|name| TableCell::new(name.as_str())))?;
                }
                _ => self.row(std::iter::once(TableCell::of(item)))?,
            }
        }
        Ok(())
    }

    fn headers(&mut self, headers: Rc<[TableCell<'a>]>) -> Result<(), PythonError> {
        self.current().map_or(Ok(()), |section| section.set_headers(headers))
    }

    fn row(&mut self, row: impl Iterator<Item = TableCell<'a>>) -> Result<(), PythonError> {
        self.current().map_or(Ok(()), |section| section.add_row(row))
    }

    /// Always `Some`: headers and rows are added below a title only.
    fn current(&mut self) -> Option<&mut TableSection<'a>> {
        self.sections.last_mut()
    }
}

/// The keys whose values are scalars, and those with any collection, sorted. For lists among the
/// objects the AWS CLI takes their numbers for keys, and fails when it prints the list.
struct Keys<'a> {
    scalar: Vec<Cow<'a, str>>,
    nested: BTreeSet<&'a str>,
}

impl<'a> Keys<'a> {
    fn of(items: &'a [Value]) -> Result<Self, PythonError> {
        let mut names = BTreeSet::new();
        let mut places = BTreeSet::new();
        let mut nested = BTreeSet::new();
        for item in items {
            match item {
                Value::Object(members) => {
                    for (name, member) in members {
                        let keys = if is_scalar(member) { &mut names } else { &mut nested };
                        keys.insert(name.as_str());
                    }
                }
                Value::Array(items) => {
                    for item in items {
                        places.insert(place_in(items, item)?);
                    }
                }
                Value::String(text) if text.is_empty() => {}
                Value::String(_) => return Err(PythonError::StringIndex),
                _ => return Err(PythonError::NotIterable { kind: kind(item) }),
            }
        }
        if !names.is_empty() && !places.is_empty() {
            return Err(PythonError::Unordered);
        }
        let names = names.into_iter().map(Cow::Borrowed);
        let places = places.iter().map(|place: &i64| Cow::Owned(place.to_string()));
        Ok(Self { scalar: names.chain(places).collect(), nested })
    }
}

/// The index that an element of a list is, as Python uses it on that list.
fn place_in(items: &[Value], index: &Value) -> Result<i64, PythonError> {
    let place = match index {
        Value::Bool(truth) => i64::from(*truth),
        Value::Number(number) if !number.is_f64() => {
            number.as_i64().ok_or(PythonError::HugeIndex)?
        }
        _ => return Err(PythonError::ListIndex { kind: kind(index) }),
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if (-length..length).contains(&place) { Ok(place) } else { Err(PythonError::OutOfRange) }
}
