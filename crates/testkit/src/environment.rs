//! Time that a test sets, and randomness.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use vmfa_model::{Clock, Entropy, Timestamp};

/// A clock that a test sets. It stands still, or goes with the system's.
#[derive(Debug)]
pub struct TestClock {
    goes: bool,
    /// The moment where it stands still, else what it is ahead of the system's clock; in seconds.
    seconds: AtomicI64,
}

impl TestClock {
    /// Stands still at a moment, in seconds since 1970.
    pub const fn at(unix: i64) -> Self {
        Self { goes: false, seconds: AtomicI64::new(unix) }
    }

    /// Goes with the system's clock, for clients that ask the system.
    pub const fn of_the_system() -> Self {
        Self { goes: true, seconds: AtomicI64::new(0) }
    }

    /// Puts it forward, or back.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The present moment in seconds since 1970.
    pub fn unix(&self) -> i64 {
        let seconds = self.seconds.load(Ordering::SeqCst);
        if self.goes { system() + seconds } else { seconds }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.unix())
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "here randomness enters a test")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "here time enters a test")]
fn system() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
