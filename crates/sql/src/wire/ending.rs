//! Why the server ends a connection, and who learns of it.
//!
//! A connection's own thread alone writes to its client. Others leave the reason here, and shut the
//! socket for reading: the thread reads its end, finds the reason and says it.
//!
//! Not here: when connections end.

use std::sync::OnceLock;

use super::report::Report;

/// The reason for which a connection is to end, once there is one.
#[derive(Default)]
pub(super) struct Ending(OnceLock<Reason>);

/// Why a connection ends that its client did not end. The first reason counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The server stops.
    Shutdown,
    /// The access key with which the client logged in was deleted or deactivated.
    Revoked(String),
    /// It had not logged in, and others wanted its place.
    Evicted,
}

impl Ending {
    pub(super) fn set(&self, reason: Reason) {
        self.0.get_or_init(|| reason);
    }

    pub(super) fn reason(&self) -> Option<&Reason> {
        self.0.get()
    }
}

impl From<&Reason> for Report {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::Shutdown => {
                Self::fatal("57P01", "terminating connection due to administrator command")
            }
            Reason::Revoked(key) => {
                let what = format!("access key `{key}` was deleted or deactivated");
                Self::fatal("57P01", format!("terminating connection: {what}"))
            }
            Reason::Evicted => Self::fatal("53300", "too many connections that have not logged in"),
        }
    }
}
