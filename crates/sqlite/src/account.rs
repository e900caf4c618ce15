//! Memory accounts: a tree in which each account has a limit of its own, and what it holds counts
//! towards the limits of all above it.
//!
//! An account takes from its parent in blocks, and keeps a few that it does not need, so that most
//! allocations touch one counter only.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// A memory account. Clones share it. It closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Account(Arc<Open>);

#[derive(Debug)]
struct Open {
    counters: &'static Counters,
    /// Keeps the parent open for as long.
    _parent: Option<Account>,
}

/// The counters of an account. They are never freed: an allocation refers to them for as long as
/// it lives, and may outlive the account.
#[derive(Debug)]
pub(crate) struct Counters {
    /// Bytes charged.
    used: AtomicUsize,
    /// Bytes taken from the parent; at least `used`, but for charges in progress.
    taken: AtomicUsize,
    limit: AtomicUsize,
    parent: Mutex<Option<&'static Counters>>,
    interrupted: AtomicBool,
    /// Whether the account was closed: then nothing is kept that is not needed.
    closed: AtomicBool,
}

/// An account has no room for an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of memory")]
pub struct Exhausted;

/// Bytes that are charged to an account until this is dropped.
#[derive(Debug)]
pub struct Charge {
    /// `None` outside the scope of any account.
    counters: Option<&'static Counters>,
    bytes: usize,
}

/// The scope of an account on this thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Scope {
    before: Charging,
    /// It belongs to the thread.
    _thread: PhantomData<*const ()>,
}

/// What the allocations of a thread are charged to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charging {
    pub(crate) counters: Option<&'static Counters>,
    /// Whether allocations are charged, but never refused.
    pub(crate) unrefused: bool,
}

impl Account {
    /// An account of its own, with a limit in bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Open { counters: Counters::open(limit, None), _parent: None }))
    }

    /// An account below this one, with a limit in bytes.
    #[must_use]
    pub fn child(&self, limit: usize) -> Self {
        let counters = Counters::open(limit, Some(self.0.counters));
        Self(Arc::new(Open { counters, _parent: Some(self.clone()) }))
    }

    /// Bytes charged to it now.
    pub fn used(&self) -> usize {
        self.0.counters.used.load(Ordering::Relaxed)
    }

    /// Charges bytes that are allocated elsewhere.
    pub fn charge(&self, bytes: usize) -> Result<Charge, Exhausted> {
        let mut charge = self.nothing();
        charge.resize(bytes)?;
        Ok(charge)
    }

    /// A charge that grows from nothing.
    pub fn nothing(&self) -> Charge {
        Charge { counters: Some(self.0.counters), bytes: 0 }
    }

    /// Charges what SQLite allocates on this thread to the account, until the scope is dropped.
    pub fn enter(&self) -> Scope {
        Scope::of(Charging { counters: Some(self.0.counters), unrefused: false })
    }

    /// Refuses large allocations until [`resume`](Self::resume), and makes [`interrupted`] true
    /// in its scopes.
    pub fn interrupt(&self) {
        self.0.counters.interrupted.store(true, Ordering::Release);
    }

    /// Ends an interruption.
    pub fn resume(&self) {
        self.0.counters.interrupted.store(false, Ordering::Release);
    }

    /// Its own limit, in bytes.
    pub fn limit(&self) -> usize {
        self.0.counters.limit.load(Ordering::Relaxed)
    }

    /// Whether there are clones of it, or accounts below it.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether it is interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.0.counters.is_interrupted()
    }
}

/// A charge to the account of this thread's scope that grows from nothing; outside any scope, to
/// none.
pub fn charge_here() -> Charge {
    Charge { counters: CHARGING.get().counters, bytes: 0 }
}

/// Runs `work` outside the scope of any account.
pub fn uncharged<T>(work: impl FnOnce() -> T) -> T {
    let _scope = Scope::of(Charging { counters: None, unrefused: false });
    work()
}

/// Runs `work`, whose allocations are charged but never refused: for callbacks that cannot report
/// a failed allocation. They must be bounded by other means.
pub fn unrefused<T>(work: impl FnOnce() -> T) -> T {
    let _scope = Scope::of(Charging { unrefused: true, ..CHARGING.get() });
    work()
}

/// Whether the account of this thread's scope is interrupted. False outside any scope.
pub fn interrupted() -> bool {
    CHARGING.get().counters.is_some_and(Counters::is_interrupted)
}

/// What this thread's allocations are charged to now.
pub(crate) fn charging() -> Charging {
    CHARGING.get()
}

thread_local! {
    static CHARGING: Cell<Charging> =
        const { Cell::new(Charging { counters: None, unrefused: false }) };
}

impl Scope {
    fn of(charging: Charging) -> Self {
        Self { before: CHARGING.replace(charging), _thread: PhantomData }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        CHARGING.set(self.before);
    }
}

impl Charge {
    /// Changes how many bytes are charged. Where there is no room for more, nothing changes.
    pub fn resize(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if let Some(counters) = self.counters {
            if bytes > self.bytes && !counters.charge(bytes - self.bytes, false) {
                return Err(Exhausted);
            }
            counters.release(self.bytes.saturating_sub(bytes));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Charges more bytes.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.resize(self.bytes.saturating_add(bytes))
    }

    /// Bytes charged.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(counters) = self.counters {
            counters.release(self.bytes);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counters.closed.store(true, Ordering::Release);
        self.counters.give_back();
        closed().push(self.counters);
    }
}

impl Counters {
    fn open(limit: usize, parent: Option<&'static Self>) -> &'static Self {
        let mut closed = closed();
        // One that an allocation still refers to is not used again.
        let free = closed.iter().position(|counters| counters.taken.load(Ordering::Acquire) == 0);
        let counters = match free {
            Some(at) => closed.swap_remove(at),
            None => Box::leak(Box::new(Self {
                used: AtomicUsize::new(0),
                taken: AtomicUsize::new(0),
                limit: AtomicUsize::new(0),
                parent: Mutex::new(None),
                interrupted: AtomicBool::new(false),
                closed: AtomicBool::new(false),
            })),
        };
        drop(closed);
        // It gave back all that it had when its last allocation was freed.
        *counters.parent() = parent;
        counters.limit.store(limit, Ordering::Release);
        counters.interrupted.store(false, Ordering::Release);
        counters.closed.store(false, Ordering::Release);
        counters
    }

    /// Charges bytes, unless they go beyond a limit: its own, or one above. With `unrefused` they
    /// may.
    pub(crate) fn charge(&self, bytes: usize, unrefused: bool) -> bool {
        let used = self.used.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        let free = self.taken.load(Ordering::Acquire).min(self.limit.load(Ordering::Acquire));
        if used <= free || self.take(used, unrefused) {
            return true;
        }
        self.used.fetch_sub(bytes, Ordering::AcqRel);
        false
    }

    pub(crate) fn release(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let used = self.used.fetch_sub(bytes, Ordering::AcqRel).saturating_sub(bytes);
        let spare = self.taken.load(Ordering::Acquire).saturating_sub(used);
        if spare > KEPT || (spare > 0 && self.closed.load(Ordering::Acquire)) {
            self.give_back();
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }

    /// Takes from the parent what is missing.
    fn take(&self, used: usize, unrefused: bool) -> bool {
        let parent = self.parent();
        if used > self.limit.load(Ordering::Acquire) && !unrefused {
            return false;
        }
        let taken = self.taken.load(Ordering::Acquire);
        let needed = blocks(self.used.load(Ordering::Acquire).max(used));
        let missing = needed.saturating_sub(taken);
        if let Some(parent) = *parent
            && missing > 0
            && !parent.charge(missing, unrefused)
        {
            return false;
        }
        self.taken.fetch_add(missing, Ordering::AcqRel);
        true
    }

    /// Gives back to the parent what is not needed any more.
    fn give_back(&self) {
        let parent = self.parent();
        let used = self.used.load(Ordering::Acquire);
        let kept = if self.closed.load(Ordering::Acquire) { 0 } else { KEPT / 2 };
        let needed = blocks(used).saturating_add(kept);
        let spare = self.taken.load(Ordering::Acquire).saturating_sub(needed);
        self.taken.fetch_sub(spare, Ordering::AcqRel);
        if let Some(parent) = *parent {
            parent.release(spare);
        }
    }

    fn parent(&self) -> std::sync::MutexGuard<'_, Option<&'static Self>> {
        self.parent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accounts that were closed. Their counters are used again once no allocation refers to them.
fn closed() -> std::sync::MutexGuard<'static, Vec<&'static Counters>> {
    static CLOSED: Mutex<Vec<&'static Counters>> = Mutex::new(Vec::new());
    CLOSED.lock().unwrap_or_else(PoisonError::into_inner)
}

const fn blocks(bytes: usize) -> usize {
    bytes.saturating_add(BLOCK - 1) / BLOCK * BLOCK
}

/// Bytes that an account takes from its parent at a time.
const BLOCK: usize = 32 << 10;
/// Bytes that it keeps at most without needing them.
const KEPT: usize = 4 * BLOCK;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_count_towards_every_limit_above() {
        let total = Account::new(100 * BLOCK);
        let (one, other) = (total.child(80 * BLOCK), total.child(80 * BLOCK));
        let first = one.charge(70 * BLOCK).unwrap();
        assert_eq!(one.charge(20 * BLOCK).unwrap_err(), Exhausted, "its own limit");
        assert_eq!(other.charge(40 * BLOCK).unwrap_err(), Exhausted, "the limit above");
        assert_eq!(other.used(), 0, "a refused charge leaves nothing behind");
        drop(first);
        assert!(total.used() <= KEPT, "little is kept without need");
        let mut second = other.charge(80 * BLOCK).unwrap();
        second.resize(BLOCK).unwrap();
        assert!(one.charge(70 * BLOCK).is_ok(), "what was released is there for others");
        drop(second);
        drop((one, other));
        assert_eq!(total.used(), 0, "a closed account keeps nothing");
    }

    #[test]
    fn counters_are_used_again_only_when_nothing_refers_to_them() {
        let account = Account::new(BLOCK);
        let counters = account.0.counters;
        assert!(counters.charge(100, false));
        drop(account);
        let others: Vec<Account> = (0..100).map(|_| Account::new(BLOCK)).collect();
        assert!(others.iter().all(|other| !std::ptr::eq(other.0.counters, counters)));
        counters.release(100);
        assert_eq!(counters.taken.load(Ordering::Acquire), 0);
    }

    #[test]
    fn threads_that_share_an_account_never_pass_its_limit() {
        let total = Account::new(64 * BLOCK);
        let account = total.child(16 * BLOCK);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..2_000_usize {
                        let held: Vec<Charge> =
                            (0..8).filter_map(|n| account.charge((round + n) * 97).ok()).collect();
                        let bytes: usize = held.iter().map(Charge::bytes).sum();
                        assert!(bytes <= 16 * BLOCK);
                    }
                });
            }
        });
        assert_eq!(account.used(), 0);
        drop(account);
        assert_eq!(total.used(), 0);
    }

    #[test]
    fn scopes_nest() {
        let account = Account::new(BLOCK);
        account.interrupt();
        assert!(!interrupted());
        let scope = account.enter();
        assert!(interrupted());
        uncharged(|| assert!(!interrupted()));
        assert!(interrupted());
        drop(scope);
        assert!(!interrupted());
    }
}
