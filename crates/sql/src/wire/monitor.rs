//! Ends the connections of access keys that are deleted or deactivated.
//!
//! One thread looks at the keys of all connections. Where it cannot, because the process that holds
//! the data directory restarts, nothing ends: calls with a revoked key are refused anyway.
//!
//! Not here: how a connection ends.

use std::{io, sync::Arc, thread};

use super::server::Shared;

/// Starts the monitor, which runs until the server stops.
pub(super) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    let shared = Arc::clone(shared);
    let builder = thread::Builder::new().name("vmfa-pg-keys".to_owned()).stack_size(STACK);
    builder.spawn(move || watch(&shared)).map(drop)
}

fn watch(shared: &Shared) {
    let mut failing = false;
    loop {
        let keys = shared.keys_after(shared.limits.key_check);
        if shared.is_ending() {
            return;
        }
        let found = shared.keys.revoked(&keys);
        if let Err(failed) = &found
            && !failing
        {
            tracing::warn!(%failed, "cannot tell which access keys are revoked");
        }
        failing = found.is_err();
        shared.end_revoked(&found.unwrap_or_default().into_iter().collect());
    }
}

/// Bytes of the thread's stack.
const STACK: usize = 1 << 20;
