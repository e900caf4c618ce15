//! The clock and the source of randomness. Both are arguments, so that tests control them.

use crate::Timestamp;

/// The wall clock. A call of an action reads it once and uses that time throughout.
pub trait Clock: Send + Sync {
    /// The current time in whole seconds of UTC.
    fn now(&self) -> Timestamp;
}

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer, or aborts the process: no secret may be made without it.
    fn fill(&self, buffer: &mut [u8]);
}
