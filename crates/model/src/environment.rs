//! What the outside gives: the time and randomness. Both are arguments everywhere else.

use crate::Timestamp;

/// Tells the time. One call of an action asks once and uses that answer throughout.
pub trait Clock: Send + Sync {
    /// The present moment, in whole seconds of UTC.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes that an attacker cannot guess.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer, or ends the process: nothing secret may be made without it.
    fn fill(&self, buffer: &mut [u8]);
}
