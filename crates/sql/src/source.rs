//! Where the rows of a table come from: the answers of calls; the parameters of a condition; or
//! answers that are there already.

use std::sync::{Arc, Mutex, PoisonError};

use vmfa_client::Calls;
use vmfa_iam::Detail;
use vmfa_model::Record;
use vmfa_sqlite::MemoryAccount;

use crate::{
    Failure,
    catalog::{Method, choose},
    columns::Columns,
    given::Given,
    scan::{Link, Page, Question, sized},
};

/// A table that SQLite can ask for rows.
///
/// A row is a record and what was asked, which fills the columns that the record leaves open.
pub(crate) trait Source: Send + Sync {
    /// Its columns.
    fn columns(&self) -> &Columns;

    /// What a plan of the engine calls it.
    fn name(&self) -> &'static str {
        ""
    }

    /// The way to ask where these members are known beforehand, for somebody who will look at the
    /// ones that are used. `Err` has the required ones that are not known.
    fn way(
        &self,
        known: &[&'static str],
        used: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Vec<&'static str>>;

    /// Whether that way makes use of the member, so that its answer depends on it.
    fn uses(&self, way: usize, member: &str) -> bool;

    /// Whether the same question has the same answer as long as a statement runs, and costs
    /// something.
    fn repeats(&self) -> bool {
        false
    }

    /// The rows for these values, for somebody who wants so many, or all.
    fn ask(&self, way: usize, given: &Given, wanted: Option<i64>) -> Result<Arc<Link>, Failure>;
}

/// The answers of the methods for `SELECT`: a list's elements, or the one thing that the output
/// wraps, or the output.
///
/// The ways are the methods in their order, and after them the same ones for whoever does without
/// what they can spare.
pub(crate) struct Listing {
    /// The full name of the resource.
    pub(crate) name: &'static str,
    pub(crate) methods: Vec<Method>,
    pub(crate) columns: Columns,
    pub(crate) calls: Arc<dyn Calls>,
    /// What the records of answers are charged to.
    pub(crate) memory: MemoryAccount,
}

impl Source for Listing {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn way(
        &self,
        known: &[&'static str],
        used: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Vec<&'static str>> {
        let chosen = choose(&self.methods, known)?;
        let same = |method: &Method| std::ptr::eq(method.action, chosen.action);
        let way = self.methods.iter().position(same).ok_or_else(Vec::new)?;
        let spared = chosen.action.paged().map_or(&[][..], |page| page.spared);
        let bare = self.calls.supports_bare()
            && !spared.is_empty()
            && !spared.iter().any(|member| used(member));
        Ok(if bare { way.saturating_add(self.methods.len()) } else { way })
    }

    fn uses(&self, way: usize, member: &str) -> bool {
        self.method(way).is_some_and(|(method, _)| method.takes(member))
    }

    fn repeats(&self) -> bool {
        true
    }

    fn ask(&self, way: usize, given: &Given, wanted: Option<i64>) -> Result<Arc<Link>, Failure> {
        let Some((method, detail)) = self.method(way) else { return Ok(Arc::new(Link::empty())) };
        let input = sized(given.input(method)?, method, wanted);
        let (calls, memory) = (Arc::clone(&self.calls), self.memory.clone());
        let question = Question { calls, method: *method, detail, memory };
        Ok(Arc::new(question.link(input)))
    }
}

impl Listing {
    fn method(&self, way: usize) -> Option<(&Method, Detail)> {
        match way.checked_sub(self.methods.len()) {
            None => Some((self.methods.get(way)?, Detail::Whole)),
            Some(way) => Some((self.methods.get(way)?, Detail::Bare)),
        }
    }
}

/// The parameters that a condition gives: one row for each combination of values.
pub(crate) struct Conditions {
    pub(crate) methods: Vec<Method>,
    pub(crate) columns: Columns,
    /// Those that are given elsewhere in the statement.
    pub(crate) known: Vec<&'static str>,
}

impl Conditions {
    /// What it is called. No resource can have this name.
    pub(crate) const NAME: &str = "parameters of the statement";
}

impl Source for Conditions {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn way(
        &self,
        known: &[&'static str],
        _: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Vec<&'static str>> {
        let known: Vec<&'static str> = known.iter().chain(&self.known).copied().collect();
        choose(&self.methods, &known).map(|_| 0)
    }

    fn uses(&self, _: usize, member: &str) -> bool {
        self.methods.iter().any(|method| method.takes(member))
    }

    fn ask(&self, _: usize, _: &Given, _: Option<i64>) -> Result<Arc<Link>, Failure> {
        let row = Page::last(vec![Record::new()]);
        Ok(Arc::new(Link::there(Arc::new(row))))
    }
}

/// Answers that were had before.
pub(crate) struct Answered {
    columns: Columns,
    first: Arc<Link>,
    last: Mutex<Option<Arc<Page>>>,
}

impl Answered {
    /// No answers yet.
    pub(crate) fn new(columns: Columns) -> Self {
        Self { columns, first: Arc::new(Link::empty()), last: Mutex::default() }
    }

    /// Adds an answer.
    pub(crate) fn push(&self, page: Page) {
        let page = Arc::new(page);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            Some(last) => last.next.put(Arc::clone(&page)),
            None => self.first.put(Arc::clone(&page)),
        }
        *last = Some(page);
    }

    /// Its pages, one after the other.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Arc<Page>> {
        std::iter::successors(self.first.known(), |page| page.next.known())
    }
}

impl Source for Answered {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn way(
        &self,
        _: &[&'static str],
        _: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Vec<&'static str>> {
        Ok(0)
    }

    fn uses(&self, _: usize, _: &str) -> bool {
        false
    }

    fn ask(&self, _: usize, _: &Given, _: Option<i64>) -> Result<Arc<Link>, Failure> {
        Ok(Arc::clone(&self.first))
    }
}
