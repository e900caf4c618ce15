//! Pages of lists: reading markers, cutting a page, and making the next marker.

use vmfa_model::{
    Elements, Fault, TypedValue,
    names::{Marker, MaxItems},
};

use crate::{context::ReadContext, refuse};

/// One page of a list.
pub(crate) struct Cut<T> {
    pub(crate) items: Vec<T>,
    pub(crate) marker: Option<String>,
}

/// A list that is asked for by page: the action, and all that filters it.
pub(crate) struct Pager<'a> {
    context: &'a ReadContext<'a>,
    list: Vec<String>,
    limit: usize,
}

impl<'a> Pager<'a> {
    /// `list` names the action and its filters: a marker is good for exactly these.
    pub(crate) fn new(
        context: &'a ReadContext<'a>,
        list: &[&str],
        limit: Option<MaxItems>,
    ) -> Self {
        let account = context.account().to_string();
        let list = std::iter::once(account).chain(list.iter().map(|part| (*part).to_owned()));
        let limit = limit.and_then(|limit| usize::try_from(limit.get()).ok());
        Self { context, list: list.collect(), limit: limit.unwrap_or(DEFAULT_LIMIT) }
    }

    /// How many elements the page may hold.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// How many to ask for, so that it shows whether there is more than the page may hold.
    pub(crate) fn one_more(&self) -> usize {
        self.limit.saturating_add(1)
    }

    /// A page whose elements are made one after the other.
    pub(crate) fn gather<T: TypedValue>(&self) -> Gathered<'_, T> {
        Gathered { pager: self, elements: Elements::default(), last: None, more: false }
    }

    /// Where the page begins. The refusal is AWS's for a marker that it did not give.
    pub(crate) fn position(&self, marker: Option<&Marker>) -> Result<Option<Vec<u8>>, Fault> {
        let Some(marker) = marker else { return Ok(None) };
        let position = self.context.markers.read(&self.parts(), marker.as_str());
        position.map(Some).ok_or_else(refuse::bad_marker)
    }

    /// Cuts the page from elements of which one more than its limit was asked for, so that it
    /// shows whether there is more. `position` tells where an element lies.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, position: impl Fn(&T) -> Vec<u8>) -> Cut<T> {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let marker = items.last().filter(|_| more).map(|last| self.marker(&position(last)));
        Cut { items, marker }
    }

    /// Cuts the page from a whole list, in the order of `position`.
    pub(crate) fn cut_whole<T>(
        &self,
        mut items: Vec<T>,
        after: Option<&[u8]>,
        position: impl Fn(&T) -> Vec<u8>,
    ) -> Cut<T> {
        items.retain(|item| after.is_none_or(|after| position(item).as_slice() > after));
        self.cut(items, position)
    }

    /// The marker for a position.
    pub(crate) fn marker(&self, position: &[u8]) -> String {
        self.context.markers.make(&self.parts(), position)
    }

    fn parts(&self) -> Vec<&str> {
        self.list.iter().map(String::as_str).collect()
    }
}

/// A page that is being made.
pub(crate) struct Gathered<'p, T> {
    pager: &'p Pager<'p>,
    elements: Elements<T>,
    /// The position of the last element.
    last: Option<[u8; 8]>,
    more: bool,
}

impl<T: TypedValue> Gathered<'_, T> {
    /// Adds the next element, which lies there. What the page has no room for is not made.
    pub(crate) fn add(&mut self, position: [u8; 8], element: impl FnOnce() -> T) {
        self.more = self.elements.len() >= self.pager.limit;
        if !self.more {
            self.elements.push(element());
            self.last = Some(position);
        }
    }

    /// The elements, and the marker of the next page if there is one.
    pub(crate) fn finish(self) -> (Elements<T>, Option<String>) {
        let marker = self.last.filter(|_| self.more).map(|last| self.pager.marker(&last));
        (self.elements, marker)
    }
}

/// Elements of a page where the caller does not say.
const DEFAULT_LIMIT: usize = 100;
