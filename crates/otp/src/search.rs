//! Which steps a code, or two codes in a row, may belong to.
//!
//! Every step of the window is looked at, and compared in constant time: how long it takes says
//! nothing of where a code was found. Which of the steps counts is for [`choose`](crate::choose) to
//! say, and whether it was used before for the store.

use subtle::Choice;

use crate::{Code, Generator, Step};

/// How far from a device's adjusted time a session's code may be, in steps: what AWS STS was
/// observed to accept, twice the one step of network delay that RFC 6238 section 5.2 recommends.
pub const SESSION_REACH: i64 = 2;

/// How far before a device's adjusted time the second code of a pair may be, in steps, when a
/// device is enabled or resynchronised: AWS IAM, observed.
pub const PAIR_BACK: i64 = 998;

/// As [`PAIR_BACK`], but after it.
pub const PAIR_AHEAD: i64 = 1000;

/// All steps from `centre - reach` to `centre + reach` whose code is this one, earliest first.
///
/// Usually none or one; two with a probability of about a millionth per step of the window.
pub fn matching_steps(keys: &Generator, code: &Code, centre: Step, reach: i64) -> Vec<Step> {
    steps(centre, reach, reach).filter(|step| keys.code(*step).same_as(code).into()).collect()
}

/// All steps `c` from `centre - back` to `centre + ahead` for which `c - 1` has the first code and
/// `c` the second, earliest first.
///
/// The two may be equal: some seeds have the same code twice in a row.
pub fn matching_pairs(
    keys: &Generator,
    first: &Code,
    second: &Code,
    centre: Step,
    back: i64,
    ahead: i64,
) -> Vec<Step> {
    let mut first_came_before = Choice::from(0);
    // One step more, so that the earliest `c` has a predecessor.
    steps(centre, back.saturating_add(1), ahead)
        .filter(|step| {
            let code = keys.code(*step);
            let found = first_came_before & code.same_as(second);
            first_came_before = code.same_as(first);
            found.into()
        })
        .collect()
}

/// The steps of a window, cut off at the ends of time.
fn steps(centre: Step, back: i64, ahead: i64) -> impl Iterator<Item = Step> {
    let from = centre.plus(back.saturating_neg());
    let to = centre.plus(ahead);
    (from.get()..=to.get()).map(Step::new)
}
