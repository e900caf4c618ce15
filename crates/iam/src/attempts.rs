//! The throttle of attempts per device: pure functions of the stored counts and the time.
//!
//! An attempt is claimed before the code is checked, so that concurrent guesses are counted;
//! correct and wrong attempts count alike towards the limit in three minutes. From the tenth
//! consecutive failure there is a back-off, which doubles from 30 seconds to an hour (NIST
//! SP 800-63B, section 3.2.2).

use vmfa_model::Timestamp;
use vmfa_store::Attempts;

/// Claims an attempt at `now`: the new state, or `None` if the device is throttled.
pub(crate) fn claim(attempts: &Attempts, now: Timestamp, limit: u64) -> Option<Attempts> {
    // After the clock was set back, times may lie further ahead than any back-off. These are
    // ignored, or the device would be throttled until the clock has caught up.
    let waits = |until: Timestamp| now < until && until <= now.plus(LONGEST_WAIT);
    if attempts.not_before.is_some_and(waits) {
        return None;
    }
    let mut next = attempts.clone();
    next.recent.retain(|time| now < time.plus(WINDOW) && *time < now.plus(WINDOW));
    if u64::try_from(next.recent.len()).is_ok_and(|tries| tries >= limit) {
        return None;
    }
    next.recent.push(now);
    Some(next)
}

/// The state after the claimed attempt failed.
pub(crate) fn failed(mut attempts: Attempts, now: Timestamp) -> Attempts {
    attempts.failures = attempts.failures.saturating_add(1);
    if let Some(beyond) = attempts.failures.checked_sub(PATIENCE) {
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

/// Seconds of the window in which attempts are counted.
const WINDOW: i64 = 180;
/// The consecutive failure from which there is a back-off.
const PATIENCE: u32 = 10;
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
    fn nine_attempts_are_granted_in_any_three_minutes() {
        let mut state = Attempts::default();
        for second in 0..9 {
            state = succeeded(claim(&state, at(second), 9).unwrap());
        }
        assert_eq!(claim(&state, at(179), 9), None);
        let state = claim(&state, at(180), 9).unwrap();
        assert_eq!(state.recent.len(), 9);
        assert_eq!(claim(&state, at(180), 9), None, "only the first has fallen out");
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
    fn a_clock_that_is_set_back_does_not_throttle() {
        let mut state = Attempts { not_before: Some(at(103_600)), ..Attempts::default() };
        state.recent = vec![at(100_000); 9];
        assert_eq!(claim(&state, at(100_000), 9), None);
        assert_eq!(claim(&state, at(99_999), 9), None);
        assert!(claim(&state, at(0), 9).is_some());
    }
}
