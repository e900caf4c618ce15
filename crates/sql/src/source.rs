//! Where the rows of a table come from: the answers of calls, made one by one as SQLite asks for
//! rows; the parameters of a condition; or answers that are there already.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use vmfa_client::Calls;
use vmfa_iam::{Call, Page};
use vmfa_model::{Member, Record, Shape, Value};

use crate::{
    Failure,
    catalog::{Method, SCALAR_COLUMN, choose},
    columns::Columns,
    given::Given,
};

/// A table that SQLite can ask for rows.
pub(crate) trait Source: Send + Sync {
    /// Its columns.
    fn columns(&self) -> &Columns;

    /// The way to ask where these members are known beforehand. `Err` has the required ones
    /// that are not.
    fn way(&self, known: &[&'static str]) -> Result<usize, Vec<&'static str>>;

    /// Whether that way makes use of the member, so that its answer depends on it.
    fn uses(&self, way: usize, member: &str) -> bool;

    /// The rows for these values.
    fn rows(&self, way: usize, given: Given) -> Result<Rows, Failure>;
}

/// Rows, made as they are asked for.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, Failure>>>;

/// A row: what was answered, and what was asked, which fills the columns that the answer leaves
/// open.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) record: Arc<Record>,
    pub(crate) given: Arc<Given>,
}

/// The answers of the methods for `SELECT`.
pub(crate) struct Listing {
    pub(crate) methods: Vec<Method>,
    pub(crate) columns: Columns,
    pub(crate) calls: Arc<dyn Calls>,
}

impl Source for Listing {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn way(&self, known: &[&'static str]) -> Result<usize, Vec<&'static str>> {
        let chosen = choose(&self.methods, known)?;
        let same = |method: &Method| std::ptr::eq(method.action, chosen.action);
        self.methods.iter().position(same).ok_or_else(Vec::new)
    }

    fn uses(&self, way: usize, member: &str) -> bool {
        self.methods.get(way).is_some_and(|method| method.takes(member))
    }

    fn rows(&self, way: usize, given: Given) -> Result<Rows, Failure> {
        let Some(method) = self.methods.get(way) else { return Ok(Box::new(std::iter::empty())) };
        answers(Arc::clone(&self.calls), *method, given)
    }
}

/// The parameters that a condition gives: one row for each combination of values.
pub(crate) struct Conditions {
    pub(crate) methods: Vec<Method>,
    pub(crate) columns: Columns,
    /// Those that are given elsewhere in the statement.
    pub(crate) known: Vec<&'static str>,
}

impl Source for Conditions {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn way(&self, known: &[&'static str]) -> Result<usize, Vec<&'static str>> {
        let known: Vec<&'static str> = known.iter().chain(&self.known).copied().collect();
        choose(&self.methods, &known).map(|_| 0)
    }

    fn uses(&self, _: usize, member: &str) -> bool {
        self.methods.iter().any(|method| method.takes(member))
    }

    fn rows(&self, _: usize, given: Given) -> Result<Rows, Failure> {
        let row = Row { record: Arc::default(), given: Arc::new(given) };
        Ok(Box::new(std::iter::once(Ok(row))))
    }
}

/// Answers that were had before.
pub(crate) struct Answered {
    pub(crate) columns: Columns,
    pub(crate) rows: Mutex<Vec<Row>>,
}

impl Answered {
    /// No answers yet.
    pub(crate) fn new(columns: Columns) -> Self {
        Self { columns, rows: Mutex::default() }
    }

    /// Adds answers.
    pub(crate) fn extend(&self, rows: impl IntoIterator<Item = Row>) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).extend(rows);
    }
}

impl Source for Answered {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn way(&self, _: &[&'static str]) -> Result<usize, Vec<&'static str>> {
        Ok(0)
    }

    fn uses(&self, _: usize, _: &str) -> bool {
        false
    }

    fn rows(&self, _: usize, _: Given) -> Result<Rows, Failure> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Box::new(rows.into_iter().map(Ok)))
    }
}

/// Calls a method, and gives what it answers: a list's elements page after page, each page asked
/// for when the one before is used up; or the one thing that the output wraps, or the output.
///
/// The first call is made by the first `next`.
pub(crate) fn answers(
    calls: Arc<dyn Calls>,
    method: Method,
    given: Given,
) -> Result<Rows, Failure> {
    let input = given.input(&method)?;
    let pages = Pages { calls, method, input: Some(input), page: VecDeque::new() };
    let given = Arc::new(given);
    Ok(Box::new(
        pages.map(move |record| Ok(Row { record: Arc::new(record?), given: Arc::clone(&given) })),
    ))
}

/// The elements of pages.
struct Pages {
    calls: Arc<dyn Calls>,
    method: Method,
    /// What the next call is to be made with.
    input: Option<Record>,
    page: VecDeque<Value>,
}

impl Iterator for Pages {
    type Item = Result<Record, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(element) = self.page.pop_front() {
                return Some(Ok(row(element)));
            }
            let input = self.input.take()?;
            if let Err(failure) = self.turn(input) {
                return Some(Err(failure));
            }
        }
    }
}

impl Pages {
    /// Asks for a page, and notes how to ask for the next.
    fn turn(&mut self, input: Record) -> Result<(), Failure> {
        let action = self.method.action;
        let mut output = self.calls.call(Call { action, input: input.clone() })?;
        let Some(Page { items }) = action.page else {
            let one = match action.unwrap {
                Some(wrapped) => output.take(wrapped),
                None => action.output.map(|_| Value::Structure(output)),
            };
            self.page.extend(one);
            return Ok(());
        };
        if let Some(Value::List(elements)) = output.take(items) {
            self.page.extend(elements);
        }
        if let Some(marker) = output.take(Page::MARKER) {
            self.input = Some(after(input, marker, self.method.parameters()));
        }
        Ok(())
    }
}

/// The input for the page at a marker. Whoever comes this far wants much: where the statement
/// does not say how much, pages after the first are as large as they may be.
fn after(input: Record, marker: Value, parameters: &[Member]) -> Record {
    let limit = parameters.iter().find(|member| member.name == Page::LIMIT);
    let most = limit.and_then(|member| match member.shape {
        Shape::Integer(range) if input.get(Page::LIMIT).is_none() => Some(range.max),
        _ => None,
    });
    let kept = input.into_iter().filter(|(name, _)| *name != Page::MARKER);
    let mut next: Record = kept.collect();
    next.push(Page::MARKER, marker);
    if let Some(most) = most {
        next.push(Page::LIMIT, Value::Integer(most));
    }
    next
}

/// The columns of an element.
fn row(element: Value) -> Record {
    match element {
        Value::Structure(record) => record,
        element => Record::from_iter([(SCALAR_COLUMN, element)]),
    }
}
