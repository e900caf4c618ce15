//! The throttle of attempts to use codes, as pure arithmetic on stored state.
//!
//! An attempt is counted before its code is checked, so that parallel guesses cannot exceed the
//! limit. Right and wrong attempts count alike towards the limit in three minutes. From the tenth
//! consecutive failure on, each doubles a wait from 30 seconds to an hour (NIST SP 800-63B, section
//! 3.2.2, asks for such a wait).

use vmfa_model::Timestamp;
use vmfa_store::Attempts;

/// The state with another attempt at `now`, or `None` if it is throttled. `limit` is the most
/// attempts in three minutes.
pub(crate) fn claim(attempts: &Attempts, now: Timestamp, limit: u64) -> Option<Attempts> {
    // After the clock was set back, stored times may be further ahead than this code ever sets
    // them. They are ignored, or the device would be throttled until the clock has caught up.
    let waits = |until: Timestamp| now < until && until <= now.plus(LONGEST_WAIT);
    if attempts.not_before.is_some_and(waits) {
        return None;
    }
    let mut next = attempts.clone();
    next.recent.retain(|time| now < time.plus(WINDOW) && *time < now.plus(WINDOW));
    if u64::try_from(next.recent.len()).is_ok_and(|count| count >= limit) {
        return None;
    }
    next.recent.push(now);
    Some(next)
}

/// The state after the claimed attempt failed.
pub(crate) fn failed(mut attempts: Attempts, now: Timestamp) -> Attempts {
    attempts.failures = attempts.failures.saturating_add(1);
    if let Some(beyond) = attempts.failures.checked_sub(FREE_FAILURES) {
        let wait = SHORTEST_WAIT.checked_shl(beyond).filter(|wait| *wait > 0 && beyond < 32);
        attempts.not_before = Some(now.plus(wait.map_or(LONGEST_WAIT, |w| w.min(LONGEST_WAIT))));
    }
    attempts
}

/// The state after the claimed attempt succeeded.
pub(crate) fn succeeded(mut attempts: Attempts) -> Attempts {
    attempts.failures = 0;
    attempts.not_before = None;
    attempts
}

/// Seconds in which attempts are counted.
const WINDOW: i64 = 180;
/// The number of consecutive failures from which attempts are delayed.
const FREE_FAILURES: u32 = 10;
/// Seconds of the first back-off.
const SHORTEST_WAIT: i64 = 30;
/// Seconds of the longest back-off.
const LONGEST_WAIT: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_700_000_000 + seconds)
    }

    #[test]
    fn at_most_nine_attempts_in_three_minutes() {
        let mut state = Attempts::default();
        for second in 0..9 {
            state = succeeded(claim(&state, at(second), 9).unwrap());
        }
        assert_eq!(claim(&state, at(179), 9), None);
        let state = claim(&state, at(180), 9).unwrap();
        assert_eq!(state.recent.len(), 9);
        assert_eq!(claim(&state, at(180), 9), None, "only the first is older than three minutes");
    }

    #[test]
    fn the_back_off_doubles_to_an_hour_and_ends_with_a_success() {
        let mut state = Attempts::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..80 {
            now += 3600;
            let claimed = claim(&state, at(now), 9).unwrap();
            state = failed(claimed, at(now));
            waits.push(state.not_before.map_or(0, |time| time.unix() - at(now).unix()));
        }
        assert_eq!(waits[..9], [0; 9]);
        assert_eq!(waits[9..18], [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert!(waits[18..].iter().all(|wait| *wait == 3600));
        assert_eq!(claim(&state, at(now + 3599), 9), None);
        let state = succeeded(claim(&state, at(now + 3600), 9).unwrap());
        assert_eq!((state.failures, state.not_before), (0, None));
    }

    #[test]
    fn a_clock_set_back_throttles_no_device() {
        let mut state = Attempts { not_before: Some(at(103_600)), ..Attempts::default() };
        state.recent = vec![at(100_000); 9];
        assert_eq!(claim(&state, at(100_000), 9), None);
        assert_eq!(claim(&state, at(99_999), 9), None);
        assert!(claim(&state, at(0), 9).is_some());
    }
}
