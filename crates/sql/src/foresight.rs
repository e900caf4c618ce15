//! Foresees what a table will be asked, from the rows of the table that leads it.
//!
//! In a join, SQLite asks the inner table once for each row of the outer one, with values of that
//! row. The rows that follow it are there already, page by page: as long as SQLite takes one row
//! after the other, the inner table is asked for the next ones ahead, twice as far each time, as
//! kernels read files ahead. When SQLite passes over rows, it starts from nothing again. So no
//! more calls are made in vain than are made at a time.
//!
//! Not here: who makes the calls.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicUsize, Ordering},
};

use vmfa_model::{Record, Value};

use crate::{
    asking::Asking,
    given::{Given, REGION},
    scan::Page,
    sink::Cell,
    source::Source,
};

/// Where a cursor is.
#[derive(Default)]
pub(crate) struct Walk {
    page: Mutex<Option<Arc<Page>>>,
    at: AtomicUsize,
}

impl Walk {
    /// The cursor has come to a page, or to the end.
    pub(crate) fn turn(&self, page: Option<Arc<Page>>) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
    }

    /// The cursor has come to that row of the page.
    pub(crate) fn step(&self, at: usize) {
        self.at.store(at, Ordering::Relaxed);
    }

    fn place(&self) -> Option<(Arc<Page>, usize)> {
        let page = self.page.lock().unwrap_or_else(PoisonError::into_inner).clone();
        page.map(|page| (page, self.at.load(Ordering::Relaxed)))
    }
}

/// What one cursor foresees.
#[derive(Default)]
pub(crate) struct Foresight(Option<Lead>);

/// The cursor whose rows have the values that this one is asked with.
struct Lead {
    walk: Weak<Walk>,
    values: Vec<Origin>,
    /// Where it was: the address of the page, and the row.
    page: usize,
    at: usize,
    /// How far is looked ahead.
    window: usize,
    /// The last row for which there was a question ahead.
    until: usize,
}

/// Where the value of a parameter comes from: a member, or a member of a member.
struct Origin {
    parameter: &'static str,
    member: &'static str,
    within: Option<&'static str>,
}

impl Foresight {
    /// The cursor that is at `own` is asked with these values: asks ahead what will follow.
    pub(crate) fn look(
        &mut self,
        own: &Arc<Walk>,
        asking: &Asking,
        source: &Arc<dyn Source>,
        way: usize,
        given: &Given,
    ) {
        let known = self.0.take().and_then(|lead| {
            let (page, at) = lead.walk.upgrade()?.place()?;
            let record = page.records.get(at)?;
            let leads = lead.values.iter().all(|origin| origin.gives(record, given));
            leads.then_some((lead, page, at))
        });
        let Some((mut lead, page, at)) = known.or_else(|| find(own, asking, given)) else {
            return;
        };
        lead.advance(&page, at, asking.concurrency());
        let from = lead.until.max(at).saturating_add(1);
        for row in from..=at.saturating_add(lead.window) {
            let Some(record) = page.records.get(row) else { break };
            lead.until = row;
            if let Some(given) = lead.given(record, given) {
                asking.ahead(source, way, &given);
            }
        }
        self.0 = Some(lead);
    }
}

impl Lead {
    fn advance(&mut self, page: &Arc<Page>, at: usize, most: usize) {
        let address = Arc::as_ptr(page).addr();
        let same = self.page == address;
        if same && at == self.at {
            return;
        }
        let follows = if same { at == self.at.saturating_add(1) } else { at == 0 };
        self.window = if follows { self.window.saturating_mul(2).clamp(1, most) } else { 0 };
        if !same {
            self.until = at;
        }
        (self.page, self.at) = (address, at);
    }

    /// What will be given for that row. `None` where it has no such value.
    fn given(&self, record: &Record, now: &Given) -> Option<Given> {
        let mut given = Given::default();
        for (name, value) in now.iter() {
            let origin = self.values.iter().find(|origin| origin.parameter == name);
            let value = match origin {
                Some(origin) => Cell::Text(origin.text(record)?.to_owned()),
                None => value.clone(),
            };
            given.add(name, value);
        }
        Some(given)
    }
}

impl Origin {
    fn text<'r>(&self, record: &'r Record) -> Option<&'r str> {
        match (record.get(self.member)?, self.within) {
            (Value::Structure(record), Some(within)) => record.text(within),
            (value, None) => value.as_text(),
            _ => None,
        }
    }

    fn gives(&self, record: &Record, given: &Given) -> bool {
        match (self.text(record), given.get(self.parameter)) {
            (Some(one), Some(Cell::Text(other))) => one == other,
            _ => false,
        }
    }
}

/// The cursor, among the others, whose row has what is given.
fn find(own: &Arc<Walk>, asking: &Asking, given: &Given) -> Option<(Lead, Arc<Page>, usize)> {
    let walks = asking.walks();
    walks.iter().filter(|walk| !Arc::ptr_eq(walk, own)).find_map(|walk| {
        let (page, at) = walk.place()?;
        let record = page.records.get(at)?;
        let texts = given.iter().filter_map(|(name, value)| match value {
            Cell::Text(text) if name != REGION => Some((name, text.as_str())),
            _ => None,
        });
        let values: Vec<Origin> =
            texts.filter_map(|(name, text)| origin(record, name, text)).collect();
        if values.is_empty() {
            return None;
        }
        // Nothing is ahead of a row that is not there. A first row is taken for a beginning.
        let (page_before, at_before) =
            if at == 0 { (0, 0) } else { (Arc::as_ptr(&page).addr(), at) };
        let walk = Arc::downgrade(walk);
        let lead = Lead { walk, values, page: page_before, at: at_before, window: 0, until: at };
        Some((lead, page, at))
    })
}

/// Where in a record a text is: under the parameter's own name, or else anywhere.
fn origin(record: &Record, parameter: &'static str, text: &str) -> Option<Origin> {
    let is = |value: &Value| value.as_text() == Some(text);
    if record.get(parameter).is_some_and(is) {
        return Some(Origin { parameter, member: parameter, within: None });
    }
    record.iter().find_map(|(member, value)| match value {
        Value::Structure(inner) => {
            let (within, _) = inner.iter().find(|(_, value)| is(value))?;
            Some(Origin { parameter, member, within: Some(within) })
        }
        value => is(value).then_some(Origin { parameter, member, within: None }),
    })
}
