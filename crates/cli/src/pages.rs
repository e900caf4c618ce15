//! Follows the pages of a list and truncates it, as botocore's paginator does, with Python's slices
//! for unusual numbers.

use std::{sync::mpsc, thread};

use serde_json::{Map, Value};
use vmfa_client::Calls;
use vmfa_iam::{Action, Call, PagedReply};
use vmfa_model::{Record, Value as Typed};

use crate::{
    error::{CliError, Result},
    python::repr,
    token::{NONE, SHOWN, StartingToken, encode, marked},
};

#[derive(Clone, Debug)]
pub(crate) struct PagingOptions {
    /// `--max-items`
    pub(crate) max_items: Option<i64>,
    /// `--starting-token`
    pub(crate) starting_token: Option<String>,
    /// `--page-size`
    pub(crate) page_size: Option<i64>,
    /// Whether to follow the pages: false for `--no-paginate`, and if members for paging are given
    /// directly.
    pub(crate) paginate: bool,
}

impl Default for PagingOptions {
    fn default() -> Self {
        Self { max_items: None, starting_token: None, page_size: None, paginate: true }
    }
}

impl PagingOptions {
    /// The warning for standard error before the call.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.max_items.is_some_and(|most| most <= 0).then_some(
            "warning: Non-positive values for --max-items may result in undefined behavior.\n",
        )
    }

    /// Adds the marker and the page size to the members of a call.
    pub(crate) fn inject(&self, members: &mut Map<String, Value>) -> Result<()> {
        if !self.paginate {
            // The AWS CLI passes the options to the service, which does not have them.
            if self.max_items.is_some() || self.starting_token.is_some() || self.page_size.is_some()
            {
                members.insert("PaginationConfig".to_owned(), Value::Object(Map::new()));
            }
            return Ok(());
        }
        if let Some(token) = &self.starting_token {
            for (name, value) in StartingToken::parse(token)?.members {
                if value.is_null() || value == NONE {
                    members.shift_remove(&name);
                } else {
                    members.insert(name, value);
                }
            }
        }
        if let Some(size) = self.page_size {
            members.insert(PagedReply::LIMIT.to_owned(), Value::from(size));
        }
        Ok(())
    }
}

/// The pages of a list, requested on demand.
pub(crate) struct Pages<'c> {
    calls: &'c dyn Calls,
    action: &'static Action,
    page: PagedReply,
    input: Record,
    max_items: Option<i64>,
    /// The token for the first page, until that is read.
    start: Option<StartingToken>,
    /// The members for this page, from the token or the previous page.
    at: Map<String, Value>,
    previous: Option<String>,
    shown: i64,
    then: NextPage,
    /// The token of the rest of a truncated list.
    pub(crate) resume: Option<String>,
}

enum NextPage {
    Ask,
    End,
    Fail(CliError),
}

impl<'c> Pages<'c> {
    /// The pages of a call that [`PagingOptions::inject`] completed. `None` if the action is not a
    /// list, or pages are not followed.
    pub(crate) fn of(
        calls: &'c dyn Calls,
        call: &Call,
        paging: &PagingOptions,
    ) -> Result<Option<Self>> {
        let Some(page) = call.action.paged().filter(|_| paging.paginate) else { return Ok(None) };
        let start = paging.starting_token.as_deref().map(StartingToken::parse).transpose()?;
        Ok(Some(Self {
            calls,
            action: call.action,
            page,
            input: call.input.clone(),
            max_items: paging.max_items,
            at: start.as_ref().map_or_else(|| marked(Value::Null), |start| start.members.clone()),
            start,
            previous: None,
            shown: 0,
            then: NextPage::Ask,
            resume: None,
        }))
    }

    /// The next page; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Record>> {
        match std::mem::replace(&mut self.then, NextPage::End) {
            NextPage::Ask => {}
            NextPage::End => return Ok(None),
            NextPage::Fail(failure) => return Err(failure),
        }
        let call = Call { action: self.action, input: self.input.clone() };
        let mut answer = one(self.calls, call)?;
        let [counted, beside @ ..] = self.page.lists else { return Ok(None) };
        let mut items = match answer.take(counted) {
            Some(Typed::List(items)) => Some(items),
            _ => None,
        };
        let mut skipped = 0;
        if let Some(start) = self.start.take() {
            skipped = start.skip.ok_or_else(|| CliError::Other(NO_INDEX.to_owned()))?;
            if let Some(items) = &mut items {
                items.drain(..index(items.len(), skipped));
            }
            // Botocore assumes that the token was made after all items of the other lists.
            for list in beside {
                if matches!(answer.get(list), Some(Typed::List(_))) {
                    answer.take(list);
                    answer.push(list, Typed::List(Vec::new()));
                }
            }
        }
        let count =
            items.as_ref().map_or(0, |items| i64::try_from(items.len()).unwrap_or(i64::MAX));
        let total = self.shown.saturating_add(count);
        let excess = self.max_items.map_or(0, |most| total.saturating_sub(most));
        if excess > 0 {
            let keep = count.saturating_sub(excess);
            let items = items.get_or_insert_default();
            items.truncate(index(items.len(), keep));
            self.cut(keep.saturating_add(skipped))?;
        } else {
            self.shown = total;
            self.then = self.after(&answer);
        }
        if let Some(items) = items {
            answer.push(counted, Typed::List(items));
        }
        Ok(Some(answer))
    }

    /// Passes all pages to `used`, and prefetches the next page meanwhile. All pages are needed, so
    /// that no unnecessary request is made.
    pub(crate) fn each(mut self, mut used: impl FnMut(Record)) -> Result<Option<String>> {
        let Some(first) = self.next()? else { return Ok(self.resume) };
        if !matches!(self.then, NextPage::Ask) || self.calls.max_concurrency() == 1 {
            used(first);
            while let Some(page) = self.next()? {
                used(page);
            }
            return Ok(self.resume);
        }
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(AHEAD);
            let asking = scope.spawn(move || {
                while let Some(page) = self.next()? {
                    // The receiver is gone only after a panic.
                    if sender.send(page).is_err() {
                        break;
                    }
                }
                Ok(self.resume)
            });
            used(first);
            receiver.into_iter().for_each(used);
            asking.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
        })
    }

    /// Truncates the list within the current page.
    fn cut(&mut self, shown: i64) -> Result<()> {
        self.at.insert(SHOWN.to_owned(), Value::from(shown));
        let token = std::mem::take(&mut self.at);
        if token.len() != 2 || !token.contains_key(PagedReply::MARKER) {
            return Err(CliError::Other(format!("Bad starting token: {}", repr(&token.into()))));
        }
        self.resume = Some(encode(&token));
        Ok(())
    }

    /// Prepares the request after a page that is shown completely.
    fn after(&mut self, answer: &Record) -> NextPage {
        let more = matches!(answer.get(PagedReply::MORE), Some(Typed::Boolean(true)));
        let marker = answer.text(PagedReply::MARKER).filter(|marker| more && !marker.is_empty());
        let Some(marker) = marker else { return NextPage::End };
        self.at = marked(Value::from(marker));
        if self.max_items == Some(self.shown) {
            self.resume = Some(encode(&self.at));
            return NextPage::End;
        }
        if self.previous.as_deref() == Some(marker) {
            let token = repr(&self.at.clone().into());
            return NextPage::Fail(CliError::Other(format!(
                "Error during pagination: The same next token was received twice: {token}"
            )));
        }
        self.previous = Some(marker.to_owned());
        self.input = begin_at(std::mem::take(&mut self.input), marker);
        NextPage::Ask
    }
}

pub(crate) fn one(calls: &dyn Calls, call: Call) -> Result<Record> {
    let action = call.action;
    calls.call(call).map_err(|failed| CliError::of(action, failed))
}

/// Pages that are prefetched.
const AHEAD: usize = 2;

/// Python's message for a token whose skip is not a number.
const NO_INDEX: &str = "slice indices must be integers or None or have an __index__ method";

/// The input for the page at a marker. Members keep their order, which is that of the request.
fn begin_at(input: Record, marker: &str) -> Record {
    // `None` as the service expects it, not as tokens encode it.
    let given = (marker != NONE).then(|| (PagedReply::MARKER, Typed::Text(marker.to_owned())));
    let mut given = given;
    let mut begun: Record = input
        .into_iter()
        .filter_map(
            |(name, value)| {
                if name == PagedReply::MARKER { given.take() } else { Some((name, value)) }
            },
        )
        .collect();
    if let Some((name, value)) = given {
        begun.push(name, value);
    }
    begun
}

/// The end of a Python slice with that index.
fn index(length: usize, at: i64) -> usize {
    let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
    if at < 0 { length.saturating_sub(distance) } else { distance.min(length) }
}
