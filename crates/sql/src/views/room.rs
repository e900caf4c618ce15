//! How far the file of views and tables may grow: by its budget, and by what the disk can spare.
//!
//! A page that a statement changes is written to the log first and to the file later, so a statement
//! may take twice what the file grows by; and of a user with a budget it is assumed that each
//! statement rewrites the whole file. What running statements may take is claimed, so that several
//! of them do not count on the same room.
//!
//! Not here: giving room back (`upkeep`).

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::fs::statvfs;

use super::{Views, pragma, upkeep};
use crate::{
    Failure,
    engine::{Engine, KEPT},
    failure::State,
};

/// What a statement does to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// It may make the file grow.
    Store,
    /// It deletes rows.
    Delete,
    /// It drops a view or table.
    Drop,
}

/// The room of a statement in progress. Dropping it ends the claim.
pub(crate) struct Room<'v> {
    /// Where it claimed some of the disk.
    claimed: Option<&'v Views>,
    bound: Bound,
}

/// What bounds the growth of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// The budget, in bytes.
    Budget(u64),
    Disk,
}

/// What the statements in progress on one file may take of the disk.
#[derive(Debug, Default)]
pub(super) struct Claim {
    statements: usize,
    bytes: u64,
}

/// Bytes of a disk.
struct Disk {
    free: u64,
    /// What SQL leaves free.
    headroom: u64,
}

impl Views {
    /// Lets the file grow as far as it may for a statement, on the engine's connection.
    ///
    /// # Errors
    /// 53100, where the disk has no room for the statement; 55P03, where the log cannot be
    /// shortened, since it is still being read.
    pub(crate) fn room(&self, engine: &Engine, write: Write) -> Result<Room<'_>, Failure> {
        let Some(file) = &self.file else {
            return Ok(Room { claimed: None, bound: Bound::Disk });
        };
        if write != Write::Drop && self.budget.is_some() {
            shorten_log(file, engine)?;
        }
        let number = |text: &str| engine.ours(|connection| pragma(connection, KEPT, text));
        let (pages, page) = (number("page_count")?, number("page_size")?.max(1));
        let size = pages.saturating_mul(page);
        let (growth, room) = match write {
            Write::Store => self.claim(file, size)?,
            Write::Delete => {
                let room = self.claim_for_delete(file, size)?;
                (SLACK.saturating_mul(page), room)
            }
            Write::Drop => {
                let bound = self.budget.map_or(Bound::Disk, Bound::Budget);
                (SLACK.saturating_mul(page), Room { claimed: None, bound })
            }
        };
        // The engine takes no more pages than fit into 32 bits.
        let most = pages.saturating_add(growth / page).min(u64::from(u32::MAX - 1));
        number(&format!("max_page_count = {most}"))?;
        Ok(room)
    }

    /// How many bytes the file may grow by.
    fn claim(&self, file: &Path, size: u64) -> Result<(u64, Room<'_>), Failure> {
        let (mut all, mut own) = (lock(&CLAIMED), lock(&self.claimed));
        let disk = Disk::of(file)?;
        let others = all.saturating_sub(own.bytes);
        let spare = disk.spare().saturating_sub(others);
        let (growth, bytes, bound) = match self.budget {
            Some(budget) => {
                let Some(spare) = spare.checked_sub(size) else {
                    return Err(Bound::Disk.reached());
                };
                let (by_disk, by_budget) = (spare / 2, budget.saturating_sub(size));
                let growth = by_disk.min(by_budget);
                let bound = if growth == by_budget { Bound::Budget(budget) } else { Bound::Disk };
                (growth, size.saturating_add(growth.saturating_mul(2)), bound)
            }
            None if spare == 0 => return Err(Bound::Disk.reached()),
            // The other half is for the next one.
            None => (spare / 4, spare / 2, Bound::Disk),
        };
        own.add(bytes, &mut all);
        Ok((growth, Room { claimed: Some(self), bound }))
    }

    /// Deleting rewrites pages in the log, for which it may take half of the headroom.
    fn claim_for_delete(&self, file: &Path, size: u64) -> Result<Room<'_>, Failure> {
        let Some(budget) = self.budget else {
            return Ok(Room { claimed: None, bound: Bound::Disk });
        };
        let (mut all, mut own) = (lock(&CLAIMED), lock(&self.claimed));
        let disk = Disk::of(file)?;
        let others = all.saturating_sub(own.bytes);
        let spare = disk.free.saturating_sub(disk.headroom / 2).saturating_sub(others);
        if spare < size {
            return Err(Bound::Disk.reached());
        }
        own.add(size, &mut all);
        Ok(Room { claimed: Some(self), bound: Bound::Budget(budget) })
    }
}

impl Claim {
    /// Claims bytes for one more statement: as many as the largest of those in progress needs,
    /// since they write one after the other.
    fn add(&mut self, bytes: u64, all: &mut u64) {
        self.statements = self.statements.saturating_add(1);
        *all = all.saturating_add(bytes.saturating_sub(self.bytes));
        self.bytes = self.bytes.max(bytes);
    }
}

impl Room<'_> {
    /// The failure of the statement: where the file was full, with the reason and the remedy.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        if failure.is(State::DiskFull) { self.bound.reached() } else { failure }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let Some(views) = self.claimed else { return };
        let (mut all, mut own) = (lock(&CLAIMED), lock(&views.claimed));
        own.statements = own.statements.saturating_sub(1);
        if own.statements == 0 {
            *all = all.saturating_sub(std::mem::take(&mut own.bytes));
        }
    }
}

impl Bound {
    fn reached(self) -> Failure {
        let message = match self {
            Self::Budget(0) => NO_BUDGET.to_owned(),
            Self::Budget(budget) => format!(
                "no room left: the views and tables of this user may take {} (`vmfa srv \
                 --user-tables`); DROP gives room back",
                sized(budget)
            ),
            Self::Disk => {
                "no room left: the disk is nearly full, and the rest is kept for signing \
                           in; DROP gives room back"
                    .to_owned()
            }
        };
        Failure::because(State::DiskFull, message)
    }
}

/// Fails where the disk has no room for a new file.
pub(super) fn demand_for_new(file: &Path) -> Result<(), Failure> {
    let disk = Disk::of(file)?;
    if disk.spare() < NEW_FILE { Err(Bound::Disk.reached()) } else { Ok(()) }
}

/// The refusal of a view or table of a user without a budget.
pub(super) fn no_budget() -> Failure {
    Bound::Budget(0).reached()
}

impl Disk {
    fn of(file: &Path) -> Result<Self, Failure> {
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let disk = statvfs(directory.unwrap_or(Path::new("."))).map_err(|error| {
            let message = format!("cannot tell how much room the disk has: {error}");
            Failure::because(State::Damaged, message)
        })?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let headroom = HEADROOM.min(bytes(disk.f_blocks) / LARGEST_SHARE);
        Ok(Self { free: bytes(disk.f_bavail), headroom })
    }

    /// What SQL may take.
    const fn spare(&self) -> u64 {
        self.free.saturating_sub(self.headroom)
    }
}

/// What SQL may take of the disk of that file, in bytes.
pub(super) fn spare(file: &Path) -> Option<u64> {
    Some(Disk::of(file).ok()?.spare())
}

/// Whether the log is longer than it should be between statements.
pub(super) fn is_log_long(file: &Path) -> bool {
    let mut log = PathBuf::from(file).into_os_string();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > LONGEST_LOG)
}

/// A query that is still open keeps the log from being written from its beginning again, so that
/// statements after it could make it ever longer.
fn shorten_log(file: &Path, engine: &Engine) -> Result<(), Failure> {
    if !is_log_long(file) {
        return Ok(());
    }
    upkeep::give_back(file, || engine.go_on().is_err());
    if !is_log_long(file) {
        return Ok(());
    }
    engine.go_on()?;
    let message = "a query on these views and tables is still open, and all changes since are kept \
                   for it: close it, and try again";
    Err(Failure::because(State::Locked, message))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A size in the largest unit that it is a multiple of.
fn sized(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes.trailing_zeros() >= *shift);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(shift, unit)| format!("{} {unit}", bytes >> shift),
    )
}

/// What the statements in progress of this process may take of disks.
static CLAIMED: Mutex<u64> = Mutex::new(0);

/// Bytes of a disk that SQL leaves free.
const HEADROOM: u64 = 64 << 20;
/// Of a small disk, SQL leaves one part in eight free.
const LARGEST_SHARE: u64 = 8;
/// Bytes that a file takes with its log and the index of that before there is anything in it.
const NEW_FILE: u64 = 128 << 10;
/// Bytes of the log beyond which it is shortened.
const LONGEST_LOG: u64 = 8 << 20;
/// Pages that deleting may take: a tree that is balanced again may need some for a moment.
const SLACK: u64 = 16;

const NO_BUDGET: &str = "views and tables need room on disk, and this user has none: \
                         `vmfa srv --user-tables SIZE` gives each user some";

#[cfg(test)]
mod tests {
    use super::sized;

    #[test]
    fn sizes_are_told_in_their_largest_unit() {
        let told = [1 << 30, 16 << 20, 1536 << 10, 1000].map(sized);
        assert_eq!(told, ["1 GiB", "16 MiB", "1536 KiB", "1000 bytes"]);
    }
}
