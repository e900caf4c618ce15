//! The steps of a window that match a code, or two consecutive codes.
//!
//! Every step of the window is compared, in constant time, so that the duration does not reveal
//! where a code matched. [`choose`](crate::choose) picks one of the matches.

use subtle::Choice;

use crate::{Code, Generator, Step};

/// Window of a session's code, in steps before and after the device's time (the server's time plus
/// drift). Observed on AWS STS; RFC 6238 section 5.2 recommends one step.
pub const SESSION_WINDOW: i64 = 2;

/// How many steps before the device's time the second code of a pair may be, when a device is
/// enabled or resynchronised. Observed on AWS IAM.
pub const PAIR_WINDOW_BEFORE: i64 = 998;

/// How many steps after the device's time the second code of a pair may be. Observed on AWS IAM.
pub const PAIR_WINDOW_AFTER: i64 = 1000;

/// All steps from `centre - reach` to `centre + reach` that have this code, earliest first.
///
/// Usually none or one; two with a probability of about one in a million per step of the window.
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
    let mut first_matched = Choice::from(0);
    // One more step, so that the earliest `c` has a predecessor.
    steps(centre, back.saturating_add(1), ahead)
        .filter(|step| {
            let code = keys.code(*step);
            let found = first_matched & code.same_as(second);
            first_matched = code.same_as(first);
            found.into()
        })
        .collect()
}

/// The steps of a window, within the range of `i64`.
fn steps(centre: Step, back: i64, ahead: i64) -> impl Iterator<Item = Step> {
    let from = centre.plus(back.saturating_neg());
    let to = centre.plus(ahead);
    (from.get()..=to.get()).map(Step::new)
}
