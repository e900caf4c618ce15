//! The SQLite engine of this process: its memory allocator, which charges allocations to accounts.
//!
//! The store and the SQL door share one engine. A statement of the SQL door runs inside the scope
//! of an [`Account`]: whatever SQLite allocates on that thread is charged to it, and is refused
//! (`SQLITE_NOMEM`) beyond its limit. Work for the store runs [`uncharged`], so that no statement
//! can make it fail.

pub mod account;
mod allocator;
mod confined;
mod number;

use std::sync::OnceLock;

pub use account::{
    Account, Charge, Exhausted, Scope, charge_here, interrupted, uncharged, unrefused,
};
pub use allocator::random;
pub use confined::{add_byte_collation, open_in_memory};
pub use number::{real_literal, real_text};

/// Makes the allocator of this crate SQLite's. To be called before the process opens its first
/// connection; further calls do nothing.
///
/// # Errors
/// [`Late`] where SQLite was in use before.
pub fn install() -> Result<(), Late> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    if *INSTALLED.get_or_init(|| uncharged(allocator::install)) { Ok(()) } else { Err(Late) }
}

/// SQLite was initialised with another allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQLite was in use before its allocator was installed")]
pub struct Late;
