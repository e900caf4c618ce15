//! Following the pages of a list to their end.

use vmfa_client::Calls;
use vmfa_iam::{Call, Page};
use vmfa_model::{Record, Value};

use crate::failure::{Failure, Told};

/// Makes a call; for a list, as often as it has pages. The answer is then the whole list alone.
pub(crate) fn all(calls: &dyn Calls, call: Call) -> Told<Record> {
    let action = call.action;
    let Some(page) = action.page else { return one(calls, call) };
    let mut items = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut input = call.input.clone();
        if let Some(marker) = &marker {
            input.push(Page::MARKER, Value::Text(marker.clone()));
        }
        let mut answer = one(calls, Call { action, input })?;
        if let Some(Value::List(more)) = answer.take(page.items) {
            items.extend(more);
        }
        let more = matches!(answer.get(Page::MORE), Some(Value::Boolean(true)));
        let next = answer.text(Page::MARKER).filter(|_| more).map(str::to_owned);
        if next.is_none() {
            return Ok(Record::from_iter([(page.items, Value::List(items))]));
        }
        if next == marker {
            return Err(Failure::Other(format!(
                "Error during pagination: The same next token was received twice: {}",
                next.unwrap_or_default()
            )));
        }
        marker = next;
    }
}

fn one(calls: &dyn Calls, call: Call) -> Told<Record> {
    let action = call.action;
    calls.call(call).map_err(|failed| Failure::of(action, failed))
}

#[cfg(test)]
mod tests {
    use vmfa_client::Failed;
    use vmfa_iam::{Api, find};

    use super::*;

    /// Lists that never end.
    struct Endless;
    impl Calls for Endless {
        fn call(&self, _: Call) -> Result<Record, Failed> {
            Ok(Record::from_iter([
                (Page::MORE, Value::Boolean(true)),
                (Page::MARKER, Value::Text("same".into())),
            ]))
        }
    }

    #[test]
    fn a_marker_that_comes_again_ends_the_list() {
        let action = find(Api::Iam, "ListUsers").unwrap();
        let failure = all(&Endless, Call { action, input: Record::new() }).unwrap_err();
        assert!(failure.text("p").contains("received twice: same"), "{}", failure.text("p"));
    }
}
