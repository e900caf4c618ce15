//! The limit of open files, raised to what the connections need.
//!
//! Most systems set a soft limit of 1024, the maximum of `select`, and expect programs that need
//! more to raise it to the hard limit. Without file descriptors the server could accept no client,
//! and the store could open no connection to the database.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Limits;

/// Raises the soft limit to the hard one, and warns where that is too low for the connections and
/// for this many threads that read the store.
pub(crate) fn raise_limit(limits: &Limits, threads: usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    // `None` means unlimited.
    let limit = if raised.is_ok() { maximum } else { current };
    let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
    let needed = count(limits.connections)
        .saturating_mul(LISTENERS)
        .saturating_add(count(threads).saturating_mul(FILES_OF_A_READER))
        .saturating_add(OTHER_FILES);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "the limit of open files is too low for the connections: raise it (`ulimit -n`), or \
             allow fewer connections"
        );
    }
}

/// Each may have the limit's number of connections.
const LISTENERS: u64 = 2;
/// The database and its write-ahead log.
const FILES_OF_A_READER: u64 = 2;
/// Of the writer, the log output and the runtime, rounded up.
const OTHER_FILES: u64 = 64;
