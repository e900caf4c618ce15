//! The machine's time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use vmfa_model::{Clock, Entropy, Timestamp};
use vmfa_otp::Step;

/// The machine that this runs on.
pub(crate) struct Machine;

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the clock of all that runs in this process")]
pub(crate) fn unix() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The step that codes now belong to.
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
        reason = "the randomness of all that runs in this process"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}
