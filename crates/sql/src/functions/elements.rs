//! The elements of a list as a table: `json_array_elements_text(list)` and `unnest(list)`, with the
//! column `value`, which has texts as they are and all else as JSON.
//!
//! Not here: `json_each`, which SQLite has.

use std::sync::Arc;

use serde_json::Value as Json;
use vmfa_model::{Member, Record, Shape, Value, shape};

use super::{LONGEST_JSON, Meter, read_json};
use crate::{
    Failure,
    columns::Columns,
    failure::State,
    given::Given,
    scan::{Link, Page},
    sink::Cell,
    source::Source,
};

/// What the table is called.
pub(crate) const NAMES: &[&str] = &["json_array_elements_text", "unnest"];

/// The table.
pub(crate) struct Elements(Columns);

impl Elements {
    pub(crate) fn new() -> Self {
        Self(Columns::new([&VALUE], [&LIST]))
    }
}

impl Source for Elements {
    fn columns(&self) -> &Columns {
        &self.0
    }

    fn way(
        &self,
        known: &[&'static str],
        _: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Vec<&'static str>> {
        if known.contains(&LIST.name) { Ok(0) } else { Err(vec![LIST.name]) }
    }

    fn uses(&self, _: usize, member: &str) -> bool {
        member == LIST.name
    }

    fn ask(&self, _: usize, given: &Given, _: Option<i64>) -> Result<Arc<Link>, Failure> {
        let refused = || {
            let message = "a table of elements is made of a list as JSON text, such as `[…]`";
            Failure::because(State::InvalidParameter, message)
        };
        let list = match given.get(LIST.name) {
            Some(Cell::Text(text)) if text.len() > LONGEST_JSON => {
                let message = format!("a list takes {LONGEST_JSON} bytes at the most");
                return Err(Failure::because(State::OutOfMemory, message));
            }
            Some(Cell::Text(text)) => {
                let stopped =
                    |_| Failure::because(State::Canceled, "the statement was interrupted");
                let mut meter = Meter::start().map_err(stopped)?;
                read_json(text.as_bytes(), &mut meter).map_err(stopped)?.ok_or_else(refused)?
            }
            _ => return Err(refused()),
        };
        let Json::Array(elements) = list else { return Err(refused()) };
        let record = |element| match element {
            Json::Null => Record::new(),
            Json::String(text) => Record::from_iter([(VALUE.name, Value::Text(text))]),
            other => Record::from_iter([(VALUE.name, Value::Text(other.to_string()))]),
        };
        let page = Page::last(elements.into_iter().map(record).collect());
        Ok(Arc::new(Link::there(Arc::new(page))))
    }
}

static VALUE: Member = Member {
    name: "value",
    doc: "The element.",
    shape: Shape::Text(&shape::ANY_TEXT),
    required: false,
    cli: shape::CliHints::NONE,
};

static LIST: Member = Member {
    name: "list",
    doc: "The list.",
    shape: Shape::Text(&shape::ANY_TEXT),
    required: true,
    cli: shape::CliHints::NONE,
};
