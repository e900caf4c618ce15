//! The SQLite library of this process, with an allocator that charges memory to accounts.
//!
//! The store and the SQL door share the library. A statement of the SQL door runs in the scope of an
//! [`MemoryAccount`]: what SQLite allocates on that thread is charged to the account, and refused
//! (`SQLITE_NOMEM`) beyond its limit. The store runs [`uncharged`], so that no statement can make it
//! fail.

mod allocator;
mod confined;
pub mod memory_account;
mod number;

use std::sync::OnceLock;

pub use allocator::random;
pub use confined::{add_byte_collation, open_in_memory};
pub use memory_account::{
    Charge, Exhausted, MemoryAccount, Scope, charge_here, interrupted, uncharged, unrefused,
};
pub use number::{real_literal, real_text};

/// Installs the allocator in SQLite. Call it before the process opens its first connection; later
/// calls do nothing.
///
/// # Errors
/// SQLite was initialised before.
pub fn install() -> Result<(), AlreadyInitialised> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let installed = *INSTALLED.get_or_init(|| uncharged(allocator::install));
    installed.then_some(()).ok_or(AlreadyInitialised)
}

/// SQLite was initialised with another allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQLite was initialised before its allocator was installed")]
pub struct AlreadyInitialised;
