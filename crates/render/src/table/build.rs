//! Which sections a document becomes.
//!
//! Not responsible for how they look. The shapes that services answer with are simple; what the
//! original does with the others (a list that mixes dictionaries with something else) follows from
//! what Python's operators do on the wrong type, and is kept with its messages.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::section::{Cell, Section};
use crate::python::{is_scalar, is_true, kind, reachable};
use crate::unprintable::Reason;

pub(super) fn sections<'a>(
    title: &'a str,
    document: &'a Value,
) -> Result<Vec<Section<'a>>, Reason> {
    reachable(document)?;
    let mut builder = Builder::default();
    builder.add_titled(title, document, 0)?;
    Ok(builder.sections)
}

#[derive(Default)]
struct Builder<'a> {
    sections: Vec<Section<'a>>,
}

impl<'a> Builder<'a> {
    fn add_titled(
        &mut self,
        title: &'a str,
        value: &'a Value,
        indent: usize,
    ) -> Result<(), Reason> {
        if !is_true(value) {
            return Ok(());
        }
        self.begin(Some(title), indent);
        self.add(Some(title), value, indent)
    }

    fn begin(&mut self, title: Option<&'a str>, indent: usize) {
        let section = Section::new(title.map(Cell::new), indent);
        self.sections.push(section);
    }

    fn add(
        &mut self,
        title: Option<&'a str>,
        value: &'a Value,
        indent: usize,
    ) -> Result<(), Reason> {
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
    ) -> Result<(), Reason> {
        let mut members = members.iter().collect::<Vec<_>>();
        members.sort_unstable_by_key(|(name, _)| *name);
        let scalars = || members.iter().filter(|(_, member)| is_scalar(member));
        let names = || scalars().map(|(name, _)| Cell::new(name.as_str()));
        let row = scalars().map(|(_, member)| Cell::of(member));
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
    ) -> Result<(), Reason> {
        let Keys { scalar, nested } = Keys::of(items)?;
        let headers: Rc<[Cell<'a>]> = scalar.iter().cloned().map(Cell::new).collect();
        self.headers(headers.clone())?;
        for (place, item) in items.iter().enumerate() {
            if place > 0 && !nested.is_empty() {
                self.begin(title, indent);
                self.headers(headers.clone())?;
            }
            if !scalar.is_empty() && !item.is_object() {
                return Err(Reason::NoAttribute { kind: kind(item), attribute: "get" });
            }
            let cell = |name| item.get(name).map_or_else(|| Cell::new(""), Cell::of);
            self.row(scalar.iter().map(|name| cell(name.as_ref())))?;
            for name in &nested {
                // The empty text is found in an empty text.
                if item.is_string() && name.is_empty() {
                    return Err(Reason::StringIndex);
                }
                if let Some(member) = item.get(*name) {
                    self.add_titled(name, member, indent + 1)?;
                }
            }
        }
        Ok(())
    }

    fn add_rows(&mut self, items: &'a [Value]) -> Result<(), Reason> {
        for item in items {
            match item {
                Value::Array(cells) if cells.iter().all(is_scalar) => {
                    self.row(cells.iter().map(Cell::of))?;
                }
                Value::Array(_) => self.add(None, item, 0)?,
                // Going through a dictionary gives its keys.
                Value::Object(members) => {
                    self.row(members.keys().map(|name| Cell::new(name.as_str())))?;
                }
                _ => self.row(std::iter::once(Cell::of(item)))?,
            }
        }
        Ok(())
    }

    fn headers(&mut self, headers: Rc<[Cell<'a>]>) -> Result<(), Reason> {
        self.current().map_or(Ok(()), |section| section.set_headers(headers))
    }

    fn row(&mut self, row: impl Iterator<Item = Cell<'a>>) -> Result<(), Reason> {
        self.current().map_or(Ok(()), |section| section.add_row(row))
    }

    /// There always is one: only what stands under a title adds headers and rows.
    fn current(&mut self) -> Option<&mut Section<'a>> {
        self.sections.last_mut()
    }
}

/// The keys under which the elements of a list hold scalars, and those under which any holds a
/// collection, sorted. Where lists stand among the dictionaries, the numbers in them were taken for
/// keys; printing then fails at the list.
struct Keys<'a> {
    scalar: Vec<Cow<'a, str>>,
    nested: BTreeSet<&'a str>,
}

impl<'a> Keys<'a> {
    fn of(items: &'a [Value]) -> Result<Self, Reason> {
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
                Value::String(_) => return Err(Reason::StringIndex),
                _ => return Err(Reason::NotIterable { kind: kind(item) }),
            }
        }
        if !names.is_empty() && !places.is_empty() {
            return Err(Reason::Unordered);
        }
        let names = names.into_iter().map(Cow::Borrowed);
        let places = places.iter().map(|place: &i64| Cow::Owned(place.to_string()));
        Ok(Self { scalar: names.chain(places).collect(), nested })
    }
}

/// The element of a list used as an index into that list.
fn place_in(items: &[Value], index: &Value) -> Result<i64, Reason> {
    let place = match index {
        Value::Bool(truth) => i64::from(*truth),
        Value::Number(number) if !number.is_f64() => number.as_i64().ok_or(Reason::HugeIndex)?,
        _ => return Err(Reason::ListIndex { kind: kind(index) }),
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if (-length..length).contains(&place) { Ok(place) } else { Err(Reason::OutOfRange) }
}
