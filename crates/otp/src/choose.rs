//! Which of several matching steps a code is accepted for.
//!
//! `last` is the newest step that the device has used. Choosing changes nothing: the store records
//! the step by a compare-and-set, which fails if a newer step was recorded meanwhile.

use std::cmp::Reverse;

use crate::Step;

/// The lowest step that is newer than the last one used.
///
/// The lowest, because if a code belongs to two steps of the window, taking the higher one would
/// invalidate the codes between them.
///
/// ```
/// use vmfa_otp::{Step, choose::choose_step};
/// let matching = [Step::new(7), Step::new(9)];
/// assert_eq!(choose_step(&matching, Some(Step::new(7))), Some(Step::new(9)));
/// ```
pub fn choose_step(matching: &[Step], last: Option<Step>) -> Option<Step> {
    newer(matching, last, 0).min()
}

/// The second step of the pair nearest to the centre; of two equally near, the later.
///
/// Both steps of a pair must be newer than the last one used.
pub fn choose_pair(matching: &[Step], centre: Step, last: Option<Step>) -> Option<Step> {
    newer(matching, last, 1).min_by_key(|step| {
        let distance = step.get().abs_diff(centre.get());
        (distance, Reverse(*step))
    })
}

/// The steps for which `step - before` is newer than `last`.
fn newer(matching: &[Step], last: Option<Step>, before: i64) -> impl Iterator<Item = Step> {
    let is_newer = move |step: &Step| last.is_none_or(|last| step.plus(-before) > last);
    matching.iter().copied().filter(is_newer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps<const N: usize>(numbers: [i64; N]) -> [Step; N] {
        numbers.map(Step::new)
    }

    #[test]
    fn choose_step_takes_the_lowest_unused_step() {
        let matching = steps([12, 10, 14]);
        let cases = [
            (None, Some(10)),
            (Some(9), Some(10)),
            (Some(10), Some(12)),
            (Some(13), Some(14)),
            (Some(14), None),
            (Some(i64::MAX), None),
        ];
        for (last, expected) in cases {
            let chosen = choose_step(&matching, last.map(Step::new));
            assert_eq!(chosen.map(Step::get), expected, "after {last:?}");
        }
        assert_eq!(choose_step(&[], None), None);
    }

    #[test]
    fn choose_pair_takes_the_nearest_unused_pair() {
        let cases = [
            (&[-100, 3, 40][..], 0, None, Some(3)),
            // Equally near: the later.
            (&[95, 105], 100, None, Some(105)),
            (&[105, 95], 100, None, Some(105)),
            // The nearest is used, and so is a pair whose first step is used.
            (&[90, 120], 95, Some(90), Some(120)),
            (&[101], 101, Some(99), Some(101)),
            (&[101], 101, Some(100), None),
            (&[101], 101, Some(101), None),
            (&[i64::MIN, i64::MAX], 0, None, Some(i64::MAX)),
            (&[i64::MIN], 0, Some(i64::MIN), None),
            (&[], 0, None, None),
        ];
        for (matching, centre, last, expected) in cases {
            let matching: Vec<_> = matching.iter().copied().map(Step::new).collect();
            let chosen = choose_pair(&matching, Step::new(centre), last.map(Step::new));
            assert_eq!(chosen.map(Step::get), expected, "{matching:?} after {last:?}");
        }
    }
}
