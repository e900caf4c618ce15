//! Pages of lists: where one begins, how much it holds, and the marker of the next.
//!
//! A page is full when it has `MaxItems` elements. To learn whether there is another, the pager has
//! the store asked for one row more ([`Pager::rows`]) and drops it ([`PageBuilder::add`]).

use vmfa_model::{Elements, Record, TypedValue, Value, names::UserName};
use vmfa_store::DeviceId;

use crate::{
    Action, PagedReply, Refusal,
    caller::Caller,
    context::ReadContext,
    marker::{ListId, MarkerKey},
    refusal::InternalError,
    refuse,
};

/// The page that a call asks for.
pub(crate) struct PageRequest<'c> {
    key: &'c MarkerKey,
    list: ListId,
    marker: Option<String>,
    limit: usize,
}

/// A list of elements at positions `P`, from the position that the call's marker holds.
pub(crate) struct Pager<'c, P> {
    request: &'c PageRequest<'c>,
    after: Option<P>,
}

/// A position in a list, as a marker holds it.
pub(crate) trait Position: Clone {
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A page that is being filled.
pub(crate) struct PageBuilder<'p, P, T> {
    request: &'p PageRequest<'p>,
    elements: Elements<T>,
    /// The position of the last element, or after it.
    last: Option<P>,
    more: bool,
}

impl<'c> PageRequest<'c> {
    /// The page that an input asks for, once it is validated. `None` for an action that takes no
    /// marker.
    pub(crate) fn of(
        key: &'c MarkerKey,
        caller: &Caller,
        action: &Action,
        input: &Record,
    ) -> Option<Self> {
        action.input.member(PagedReply::MARKER)?;
        let limit = match input.get(PagedReply::LIMIT) {
            Some(Value::Integer(limit)) => usize::try_from(*limit).ok(),
            _ => None,
        };
        let user = action.resource.named_user(caller, input);
        let user = user.map(|(member, name)| (member, name.unwrap_or_default().to_lowercase()));
        Some(Self {
            key,
            list: ListId::of(caller.account, action, input, user),
            marker: input.text(PagedReply::MARKER).map(str::to_owned),
            limit: limit.unwrap_or(DEFAULT_LIMIT),
        })
    }
}

impl ReadContext<'_> {
    /// The list that the call asks for. The refusal is AWS's for a marker that it did not give.
    pub(crate) fn pager<P: Position>(&self) -> Result<Pager<'_, P>, Refusal> {
        let request = self.page_request()?;
        let Some(marker) = &request.marker else { return Ok(Pager { request, after: None }) };
        let position = request.key.read(&request.list, marker);
        let position = position.and_then(|bytes| P::from_bytes(&bytes));
        Ok(Pager { request, after: Some(position.ok_or_else(refuse::bad_marker)?) })
    }

    /// For a list that fits every page: no page of it had a marker, so that any is refused.
    pub(crate) fn refuse_marker(&self) -> Result<(), Refusal> {
        let marker = &self.page_request()?.marker;
        if marker.is_some() { Err(refuse::bad_marker().into()) } else { Ok(()) }
    }

    fn page_request(&self) -> Result<&PageRequest<'_>, Refusal> {
        let request = self.page.as_ref();
        request.ok_or(Refusal::Internal(InternalError::Impossible("the action does not page")))
    }
}

impl<P: Position> Pager<'_, P> {
    /// Where the page begins; `None` at the beginning of the list.
    pub(crate) fn after(&self) -> Option<&P> {
        self.after.as_ref()
    }

    /// How many rows to ask the store for.
    pub(crate) fn rows(&self) -> usize {
        self.request.limit.saturating_add(1)
    }

    /// A page to fill.
    pub(crate) fn page<T: TypedValue>(&self) -> PageBuilder<'_, P, T> {
        let request = self.request;
        PageBuilder { request, elements: Elements::default(), last: None, more: false }
    }

    /// A page of a list that is there as a whole, in the order of its positions.
    pub(crate) fn page_of<I, T: TypedValue>(
        &self,
        items: impl IntoIterator<Item = I>,
        position: impl Fn(&I) -> P,
        element: impl Fn(I) -> T,
    ) -> (Elements<T>, Option<String>)
    where
        P: Ord,
    {
        let mut page = self.page();
        for item in items {
            let position = position(&item);
            if self.after.as_ref().is_none_or(|after| position > *after) {
                page.add(position, || element(item));
            }
        }
        page.finish()
    }
}

impl<P: Position, T: TypedValue> PageBuilder<'_, P, T> {
    /// Adds the element at the next position. What the page has no room for is not made.
    pub(crate) fn add(&mut self, position: P, element: impl FnOnce() -> T) {
        self.more = self.more || self.elements.len() >= self.request.limit;
        if !self.more {
            self.elements.push(element());
            self.last = Some(position);
        }
    }

    /// Passes over what lies at the next position.
    pub(crate) fn pass(&mut self, position: P) {
        if !self.more {
            self.last = Some(position);
        }
    }

    /// Ends the page at the last position although the list may go on.
    pub(crate) fn end(&mut self) {
        self.more = true;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.more
    }

    /// The elements, and the marker of the next page if there may be one.
    pub(crate) fn finish(self) -> (Elements<T>, Option<String>) {
        let PageRequest { key, list, .. } = self.request;
        let marker = self.last.filter(|_| self.more).map(|last| key.make(list, &last.to_bytes()));
        (self.elements, marker)
    }
}

impl Position for i64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self::from_be_bytes).ok()
    }
}

impl Position for DeviceId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        i64::from_bytes(bytes).map(Self)
    }
}

impl Position for UserName {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()?.try_into().ok()
    }
}

/// Elements of a page where the input does not say.
const DEFAULT_LIMIT: usize = 100;
