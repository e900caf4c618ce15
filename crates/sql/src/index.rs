//! Finds the records of an answer by a text that they hold.
//!
//! In a join, SQLite asks the inner table for the rows with a value once for each row of the outer
//! one. Where the API has no parameter for that value, the answer is the same each time, and to
//! look through all of it each time would take the product of both sizes.
//!
//! Not here: when that is worth its while.

use std::{collections::HashMap, ops::Range, sync::Arc};

use rusqlite::types::ValueRef;
use vmfa_model::Record;
use vmfa_sqlite::Charge;

use crate::{
    Failure,
    scan::{Link, Page},
    value,
};

/// The records of an answer by the text of one member.
pub(crate) struct Index {
    pages: Vec<Arc<Page>>,
    /// Where records are: those with the same text beside each other, in the order of the answer.
    places: Vec<Place>,
    texts: HashMap<Box<str>, Range<usize>>,
    /// The memory of both.
    _charge: Charge,
}

/// The number of a page, and of a record on it.
type Place = (usize, usize);

/// The records with one text, one after the other.
pub(crate) struct Found {
    index: Arc<Index>,
    rest: Range<usize>,
}

impl Index {
    /// Reads an answer to its end. `None` where it has more than so many records.
    pub(crate) fn of(first: &Link, member: &str, most: usize) -> Result<Option<Self>, Failure> {
        let (mut pages, mut records) = (Vec::new(), 0_usize);
        let mut found: HashMap<Box<str>, Vec<Place>> = HashMap::new();
        let mut room = String::new();
        let mut charge = vmfa_sqlite::charge_here();
        let mut next = first.follow()?;
        while let Some(page) = next {
            records = records.saturating_add(page.records.len());
            if records > most {
                return Ok(None);
            }
            charge.grow(page.records.len().saturating_mul(PLACE))?;
            for (row, record) in page.records.iter().enumerate() {
                let Some(text) = text(record, member, &mut room) else { continue };
                let place = (pages.len(), row);
                match found.get_mut(text) {
                    Some(places) => places.push(place),
                    None => drop(found.insert(text.into(), vec![place])),
                }
            }
            next = page.next.follow()?;
            pages.push(page);
        }
        let mut places = Vec::with_capacity(records);
        let texts = found.into_iter().map(|(text, of_text)| {
            let from = places.len();
            places.extend(of_text);
            (text, from..places.len())
        });
        let texts = texts.collect();
        Ok(Some(Self { pages, places, texts, _charge: charge }))
    }

    /// The records that hold that text.
    pub(crate) fn find(self: Arc<Self>, text: &str) -> Found {
        let rest = self.texts.get(text).cloned().unwrap_or_default();
        Found { index: self, rest }
    }
}

impl Iterator for Found {
    type Item = (Arc<Page>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (page, row) = *self.index.places.get(self.rest.next()?)?;
        Some((Arc::clone(self.index.pages.get(page)?), row))
    }
}

/// The text that a column shows of a record.
fn text<'r>(record: &'r Record, member: &str, room: &'r mut String) -> Option<&'r str> {
    match value::shown(record.get(member)?, room) {
        ValueRef::Text(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// Bytes that a place takes, with its text.
const PLACE: usize = 192;
