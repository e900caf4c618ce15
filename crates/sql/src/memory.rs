//! Memory budgets of the SQL door, in bytes.
//!
//! Each session has an account (`vmfa_sqlite::MemoryAccount`) to which everything is charged that its
//! statements make SQLite allocate, and everything of ours that grows with them: texts, parameters,
//! rows that wait, answers of calls. An account may stand below others, so that sessions of one
//! user, and all sessions together, have budgets too.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use vmfa_sqlite::{Charge, Exhausted, MemoryAccount};

use crate::{Failure, failure::State, sink::Cell};

/// The budget of a session that shares its process with no other: 512 MiB.
pub const LOCAL_SESSION: usize = 512 << 20;

/// The budgets of sessions that share a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    /// All sessions together. An eighth of it is left to the root.
    pub total: usize,
    /// All sessions of one user, and all of the root.
    pub user: usize,
    /// One session, with its cursors.
    pub session: usize,
}

impl Budgets {
    /// Of `total` bytes for all sessions: half of it for those of one user, and a quarter for one.
    pub const fn of(total: usize) -> Self {
        Self { total, user: total / 2, session: total / 4 }
    }
}

impl Default for Budgets {
    /// 512 MiB.
    fn default() -> Self {
        Self::of(512 << 20)
    }
}

/// The accounts of sessions that share a process.
pub(crate) struct Accounts {
    budgets: Budgets,
    total: MemoryAccount,
    /// Of all sessions but those of the root.
    users: MemoryAccount,
    /// By the identifier of the user; of the root for `None`.
    owners: Mutex<HashMap<Option<String>, MemoryAccount>>,
}

impl Accounts {
    /// With nothing charged.
    pub(crate) fn new(budgets: Budgets) -> Self {
        let total = MemoryAccount::new(budgets.total);
        let users = total.child(budgets.total.saturating_sub(budgets.total / 8));
        Self { budgets, total, users, owners: Mutex::default() }
    }

    /// An account for a session of the root, or of that user.
    pub(crate) fn session(&self, owner: Option<&str>) -> MemoryAccount {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.retain(|_, account| account.is_shared());
        let above = if owner.is_some() { &self.users } else { &self.total };
        let account = owners.entry(owner.map(str::to_owned));
        let account = account.or_insert_with(|| above.child(self.budgets.user));
        account.child(self.budgets.session)
    }
}

/// One value: 4 MiB.
pub(crate) const VALUE: usize = 4 << 20;

/// One row of an answer: 16 MiB.
pub(crate) const ROW: usize = 16 << 20;

/// What a statement of `length` bytes takes while it is read and rewritten: measured at up to 290
/// bytes for each byte of text, where every other byte is a token.
pub(crate) fn reading(memory: &MemoryAccount, length: usize) -> Result<Charge, Exhausted> {
    memory.charge(length.saturating_mul(READING))
}

/// What a text of `length` bytes takes that is cut into tokens as PostgreSQL reads them.
pub(crate) fn cutting(memory: &MemoryAccount, length: usize) -> Result<Charge, Exhausted> {
    memory.charge(length.saturating_mul(CUTTING))
}

/// Bytes of a cell.
pub(crate) const fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => 0,
        Cell::Text(text) => text.len(),
        Cell::Blob(bytes) => bytes.len(),
    }
}

/// Bytes of a row that is held: its values, and a cell for each.
pub(crate) fn row_size(row: &[Cell]) -> usize {
    let values = row.iter().map(size).fold(0, usize::saturating_add);
    values.saturating_add(row.len().saturating_mul(size_of::<Cell>()))
}

/// What the records of an answer take.
pub(crate) fn records(memory: &MemoryAccount, count: usize) -> Result<Charge, Exhausted> {
    memory.charge(count.saturating_mul(RECORD))
}

impl From<Exhausted> for Failure {
    fn from(Exhausted: Exhausted) -> Self {
        Self::because(
            State::OutOfMemory,
            "out of memory: the statement needs more than is left of its session's budget; ask for \
             fewer rows, fewer columns or shorter values",
        )
    }
}

/// The failure of a row that is too long.
pub(crate) fn row_too_long() -> Failure {
    let message = format!("a row is longer than {ROW} bytes; select fewer or shorter columns");
    Failure::because(State::OutOfMemory, message)
}

const READING: usize = 256;
/// Bytes for each byte of text: every other byte may be a token, which is copied once.
const CUTTING: usize = 128;
/// Bytes of a record of an answer, as a mean over the lists of the API.
const RECORD: usize = 512;
