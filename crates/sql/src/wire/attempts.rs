//! A rate limit on log-ins that fail, per address: a token bucket in which only failures take
//! tokens.
//!
//! Not here: what counts as a failure.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{Limits, admission::Origin};

/// The buckets of all addresses from which log-ins failed lately.
pub(super) struct Attempts {
    /// Tokens of a full bucket.
    burst: u32,
    /// The time in which one token comes back.
    interval: Duration,
    /// When the bucket of an address will be full again; full ones are left out.
    full_at: HashMap<Origin, Instant>,
}

impl Attempts {
    pub(super) fn new(limits: &Limits) -> Self {
        let Limits { failed_logins: burst, failed_login_interval: interval, .. } = *limits;
        Self { burst, interval, full_at: HashMap::new() }
    }

    /// Whether an address has a token left; if it has none, the time until it has.
    pub(super) fn check(&self, origin: Origin, now: Instant) -> Result<(), Duration> {
        let Some(full_at) = self.full_at.get(&origin) else { return Ok(()) };
        let missing = full_at.saturating_duration_since(now);
        let most = self.interval.saturating_mul(self.burst.saturating_sub(1));
        missing.checked_sub(most).filter(|wait| !wait.is_zero()).map_or(Ok(()), Err)
    }

    /// Takes a token for a log-in that failed. Log-ins that ran at the same time can take more than
    /// there are; the debt is at most one more bucket.
    pub(super) fn fail(&mut self, origin: Origin, now: Instant) {
        if !self.full_at.contains_key(&origin) {
            self.make_room(now);
        }
        let full_at = self.full_at.entry(origin).or_insert(now);
        let most = self.interval.saturating_mul(self.burst.saturating_mul(2));
        let missing = full_at.saturating_duration_since(now).saturating_add(self.interval);
        if let Some(later) = now.checked_add(missing.min(most)) {
            *full_at = later;
        }
    }

    /// Forgets the buckets that are full, or, where none is, the one that is closest to it.
    fn make_room(&mut self, now: Instant) {
        if self.full_at.len() < MOST_ADDRESSES {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= MOST_ADDRESSES {
            let fullest = self.full_at.iter().min_by_key(|(_, full_at)| **full_at);
            if let Some(fullest) = fullest.map(|(origin, _)| *origin) {
                self.full_at.remove(&fullest);
            }
        }
    }
}

/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts() -> Attempts {
        let failed_login_interval = Duration::from_secs(2);
        Attempts::new(&Limits { failed_logins: 3, failed_login_interval, ..Limits::default() })
    }

    fn origin(last: u32) -> Origin {
        Origin::of(std::net::Ipv4Addr::from_bits(0x0a00_0000 | last).into())
    }

    #[test]
    fn failures_beyond_the_burst_wait_for_their_tokens() {
        let (mut attempts, start) = (attempts(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(attempts.check(origin(1), start), Ok(()));
            attempts.fail(origin(1), start);
        }
        assert_eq!(attempts.check(origin(1), start), Err(Duration::from_secs(2)));
        assert_eq!(attempts.check(origin(2), start), Ok(()));
        assert_eq!(attempts.check(origin(1), after(1)), Err(Duration::from_secs(1)));
        assert_eq!(attempts.check(origin(1), after(2)), Ok(()));
        attempts.fail(origin(1), after(2));
        assert!(attempts.check(origin(1), after(2)).is_err());
        // A full bucket holds no more than the burst.
        for _ in 0..3 {
            attempts.fail(origin(1), after(1000));
        }
        assert!(attempts.check(origin(1), after(1000)).is_err());
    }

    #[test]
    fn log_ins_at_the_same_time_leave_a_debt_that_is_bounded() {
        let (mut attempts, start) = (attempts(), Instant::now());
        (0..1000).for_each(|_| attempts.fail(origin(1), start));
        assert_eq!(attempts.check(origin(1), start), Err(Duration::from_secs(8)));
    }

    #[test]
    fn so_many_addresses_are_remembered() {
        let (mut attempts, start) = (attempts(), Instant::now());
        for _ in 0..3 {
            attempts.fail(origin(0), start);
        }
        for last in 1..10_000 {
            attempts.fail(origin(last), start);
        }
        assert!(attempts.full_at.len() <= MOST_ADDRESSES);
        // Those that failed once give way first.
        assert!(attempts.check(origin(0), start).is_err());
        attempts.fail(origin(20_000), start + Duration::from_secs(100));
        assert_eq!(attempts.full_at.len(), 1);
    }
}
