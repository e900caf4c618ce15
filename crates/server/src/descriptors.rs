//! Open files: as many as the connections need.
//!
//! Most systems start a process with a soft limit of 1024, for the sake of programs that use
//! `select`; raising it to the hard one is left to those that need more. Without file descriptors
//! not only would new clients go unanswered: the store could open no connection either.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Limits;

/// Raises the soft limit to the hard one, and warns where that is too little for the connections
/// and for so many threads that look into the store at once.
pub(crate) fn provide(limits: &Limits, threads: usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    // `None` is no limit.
    let most = if raised.is_ok() { maximum } else { current };
    let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
    let needed = count(limits.connections)
        .saturating_mul(LISTENERS)
        .saturating_add(count(threads).saturating_mul(FILES_OF_A_READER))
        .saturating_add(OTHER_FILES);
    if let Some(most) = most.filter(|most| *most < needed) {
        tracing::warn!(
            most,
            needed,
            "this process may open too few files for its connections: raise the limit \
             (`ulimit -n`), or allow fewer connections"
        );
    }
}

/// Each has as many connections as the limit says.
const LISTENERS: u64 = 2;
/// The database and its log.
const FILES_OF_A_READER: u64 = 2;
/// Those of the writer, the log and the runtime, with room to spare.
const OTHER_FILES: u64 = 64;
