//! A clock that a test sets, and randomness.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use vmfa_model::{Clock, Entropy, Timestamp};

/// A clock that a test sets: a stopped one, or one with an offset from the system's.
#[derive(Debug)]
pub struct TestClock {
    runs: bool,
    /// Seconds since 1970 of a stopped clock; else seconds ahead of the system's clock.
    seconds: AtomicI64,
}

impl TestClock {
    /// A stopped clock, in seconds since 1970.
    pub const fn at(unix: i64) -> Self {
        Self { runs: false, seconds: AtomicI64::new(unix) }
    }

    /// The system's clock, for clients that use it too.
    pub const fn of_the_system() -> Self {
        Self { runs: true, seconds: AtomicI64::new(0) }
    }

    /// Sets it forward, or back if negative.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> i64 {
        let seconds = self.seconds.load(Ordering::SeqCst);
        if self.runs { system() + seconds } else { seconds }
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
    #[expect(clippy::disallowed_methods, reason = "randomness enters tests here")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "time enters tests here")]
fn system() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
