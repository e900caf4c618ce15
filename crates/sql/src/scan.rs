//! The answer to one question: pages of records, each asked for when somebody needs it.
//!
//! A page leads to the next one, so that whoever holds a page can go on from there, and pages
//! that nobody holds are gone. Several may read the same pages; each is asked for once.
//!
//! Not here: which questions are asked, and how long answers are kept.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Call, Detail, PagedReply, SqlVerb};
use vmfa_model::{FaultKind, Member, Record, Shape, Value};

use vmfa_sqlite::{Charge, MemoryAccount};

use crate::{
    Failure,
    catalog::{Method, SCALAR_COLUMN},
    engine::interrupted,
    given::Given,
    memory,
};

/// Some of the records that were answered.
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    /// What was asked for, where it is not known to whoever reads.
    pub(crate) given: Option<Given>,
    pub(crate) next: Link,
    /// The memory of the records.
    pub(crate) charge: Option<Charge>,
}

/// The way to a page.
pub(crate) struct Link(Mutex<Target>);

enum Target {
    /// It is to be asked for with this input.
    Ask(Arc<Question>, Record),
    There(Arc<Page>),
    /// It was asked for before it was needed, and in vain.
    Failed(Failure),
    End,
}

/// A method that is asked, page after page.
pub(crate) struct Question {
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) method: Method,
    /// How much of the records is wanted.
    pub(crate) detail: Detail,
    pub(crate) memory: MemoryAccount,
}

impl Question {
    /// Asks the method. The first call is made when somebody follows the link.
    pub(crate) fn link(self, input: Record) -> Link {
        Link::to(Target::Ask(Arc::new(self), input))
    }

    fn ask(self: Arc<Self>, input: Record) -> Result<Page, Failure> {
        let action = self.method.action;
        let Some(paged) = action.paged() else {
            let mut output = match self.calls.call(Call { action, input }) {
                // To a query, what is not there is a condition that no row meets.
                Err(CallError::Refused(fault))
                    if self.method.verb == SqlVerb::Select
                        && fault.kind == FaultKind::NoSuchEntity =>
                {
                    return Ok(Page::last(Vec::new()));
                }
                answer => answer?,
            };
            let one = match action.wrapped() {
                Some(reply) => output.take(reply.member.as_str()),
                None => action.output().map(|_| Value::Structure(output)),
            };
            return Ok(Page::last(one.into_iter().map(record).collect()));
        };
        let call = Call { action, input: input.clone() };
        let mut output = self.calls.call_for(call, self.detail)?;
        let marker = output.take(PagedReply::MARKER);
        let records: Vec<Record> = match paged.only_list().map(|list| output.take(list)) {
            Some(Some(Value::List(elements))) => elements.into_iter().map(record).collect(),
            Some(_) => Vec::new(),
            None => vec![output],
        };
        let memory = self.memory.clone();
        let next = marker.map(|marker| {
            let input = after(input, marker, &self.method);
            Target::Ask(self, input)
        });
        let charge = Some(memory::records(&memory, records.len())?);
        Ok(Page { records, given: None, next: Link::to(next.unwrap_or(Target::End)), charge })
    }
}

impl Page {
    /// A page that no other follows.
    pub(crate) fn last(records: Vec<Record>) -> Self {
        Self { records, given: None, next: Link::to(Target::End), charge: None }
    }
}

impl Link {
    /// To nothing, until a page is put there.
    pub(crate) fn empty() -> Self {
        Self::to(Target::End)
    }

    /// To that page.
    pub(crate) fn there(page: Arc<Page>) -> Self {
        Self::to(Target::There(page))
    }

    fn to(target: Target) -> Self {
        Self(Mutex::new(target))
    }

    /// Puts a page there.
    pub(crate) fn put(&self, page: Arc<Page>) {
        *self.target() = Target::There(page);
    }

    /// The page, which is asked for where it is not there yet, unless the statement of this thread
    /// was interrupted. `None` after the last.
    pub(crate) fn follow(&self) -> Result<Option<Arc<Page>>, Failure> {
        let mut target = self.target();
        if matches!(&*target, Target::Ask(..)) && vmfa_sqlite::interrupted() {
            return Err(interrupted());
        }
        *target = match mem::replace(&mut *target, Target::End) {
            Target::Ask(question, input) => Target::There(Arc::new(question.ask(input)?)),
            Target::Failed(failure) => return Err(failure),
            known => known,
        };
        match &*target {
            Target::There(page) => Ok(Some(Arc::clone(page))),
            _ => Ok(None),
        }
    }

    /// The page, where it is there already.
    pub(crate) fn known(&self) -> Option<Arc<Page>> {
        match &*self.target() {
            Target::There(page) => Some(Arc::clone(page)),
            _ => None,
        }
    }

    /// Asks for the page before it is needed. A failure waits for whoever needs the page.
    pub(crate) fn prepare(&self) {
        let mut target = self.target();
        *target = match mem::replace(&mut *target, Target::End) {
            Target::Ask(question, input) => match question.ask(input) {
                Ok(page) => Target::There(Arc::new(page)),
                Err(failure) => Target::Failed(failure),
            },
            known => known,
        };
    }

    fn cut(&self) -> Option<Arc<Page>> {
        match mem::replace(&mut *self.target(), Target::End) {
            Target::There(page) => Some(page),
            _ => None,
        }
    }

    fn target(&self) -> MutexGuard<'_, Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pages of a long chain are dropped one after the other, and not each within the one before.
impl Drop for Page {
    fn drop(&mut self) {
        let mut next = self.next.cut();
        while let Some(page) = next.and_then(Arc::into_inner) {
            next = page.next.cut();
        }
    }
}

/// All that a method answers, as one page, with what was given for it. Where it answers nothing,
/// one row: what was given.
pub(crate) fn whole(
    calls: Arc<dyn Calls>,
    memory: &MemoryAccount,
    method: Method,
    given: Given,
) -> Result<Page, Failure> {
    let input = sized(given.input(&method)?, &method, None);
    let question = Question { calls, method, detail: Detail::Whole, memory: memory.clone() };
    let mut next = question.link(input).follow()?;
    let (mut records, mut charge) = (Vec::new(), memory.empty_charge());
    while let Some(page) = next {
        next = page.next.follow()?;
        // Nobody else has it.
        if let Some(mut page) = Arc::into_inner(page) {
            charge.grow(page.charge.take().map_or(0, |charge| charge.bytes()))?;
            records.append(&mut page.records);
        }
    }
    if method.action.output().is_none() {
        records.push(Record::new());
    }
    let mut page = Page::last(records);
    page.given = Some(given);
    page.charge = Some(charge);
    Ok(page)
}

/// The input of a first page, for whoever wants so many records, or all. Where the statement does
/// not say how large pages are to be, they are as large as they may.
pub(crate) fn sized(mut input: Record, method: &Method, wanted: Option<i64>) -> Record {
    let limit = method.action.input.member(PagedReply::LIMIT);
    if let Some(Member { shape: Shape::Integer(range), .. }) = limit
        && method.action.paged().is_some()
        && input.get(PagedReply::LIMIT).is_none()
    {
        let most = wanted.unwrap_or(range.max).clamp(range.min, range.max);
        input.push(PagedReply::LIMIT, Value::Integer(most));
    }
    input
}

/// The input for the page at a marker.
fn after(input: Record, marker: Value, method: &Method) -> Record {
    let kept = input.into_iter().filter(|(name, _)| *name != PagedReply::MARKER);
    let mut next: Record = kept.collect();
    next.push(PagedReply::MARKER, marker);
    sized(next, method, None)
}

/// The columns of an element.
fn record(element: Value) -> Record {
    match element {
        Value::Structure(record) => record,
        element => Record::from_iter([(SCALAR_COLUMN, element)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_pages_may_be_of_any_length() {
        let mut first = Arc::new(Page::last(Vec::new()));
        for _ in 0..1_000_000 {
            let page = Page::last(Vec::new());
            page.next.put(first);
            first = Arc::new(page);
        }
        drop(first);
    }
}
