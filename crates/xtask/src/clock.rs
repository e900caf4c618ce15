//! The machine's time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use vmfa_model::{Clock, Entropy, Timestamp};
use vmfa_otp::Step;

/// The system's clock and random number generator.
pub(crate) struct Machine;

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn unix() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The current time step.
pub(crate) fn step() -> Step {
    Step::at(unix())
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(unix())
    }
}

impl Entropy for Machine {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system for randomness"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}
