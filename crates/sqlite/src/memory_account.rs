//! Memory accounts: a tree in which each account has a limit, and a charge counts towards the limits
//! of the account and of all its ancestors.
//!
//! An account reserves memory from its parent in blocks and keeps a few in reserve, so that most
//! allocations update one counter only.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// A memory account. Clones share it; it closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct MemoryAccount(Arc<OpenAccount>);

#[derive(Debug)]
struct OpenAccount {
    counters: &'static Counters,
    /// Keeps the parent open.
    _parent: Option<MemoryAccount>,
}

/// The counters of an account. Never freed, since allocations refer to them and may outlive the
/// account; reused once no allocation does.
#[derive(Debug)]
pub(crate) struct Counters {
    /// Bytes charged.
    used: AtomicUsize,
    /// Bytes reserved from the parent; at least `used`, except during a charge.
    taken: AtomicUsize,
    limit: AtomicUsize,
    parent: Mutex<Option<&'static Counters>>,
    interrupted: AtomicBool,
    /// A closed account keeps no reserve.
    closed: AtomicBool,
}

/// A charge would exceed the limit of an account or of one of its ancestors.
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

/// The scope of an account on this thread; ends when dropped.
#[derive(Debug)]
pub struct Scope {
    before: Charging,
    /// Makes the type `!Send`.
    _thread: PhantomData<*const ()>,
}

/// How the allocations of a thread are charged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charging {
    pub(crate) counters: Option<&'static Counters>,
    /// Charge allocations, but never refuse them.
    pub(crate) unrefused: bool,
}

impl MemoryAccount {
    /// A root account with a limit in bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(OpenAccount { counters: Counters::open(limit, None), _parent: None }))
    }

    /// A child account with a limit in bytes.
    #[must_use]
    pub fn child(&self, limit: usize) -> Self {
        let counters = Counters::open(limit, Some(self.0.counters));
        Self(Arc::new(OpenAccount { counters, _parent: Some(self.clone()) }))
    }

    /// Bytes charged now.
    pub fn used(&self) -> usize {
        self.0.counters.used.load(Ordering::Relaxed)
    }

    /// Charges bytes that are allocated outside SQLite.
    pub fn charge(&self, bytes: usize) -> Result<Charge, Exhausted> {
        let mut charge = self.empty_charge();
        charge.resize(bytes)?;
        Ok(charge)
    }

    /// A charge of zero bytes, to be grown.
    pub fn empty_charge(&self) -> Charge {
        Charge { counters: Some(self.0.counters), bytes: 0 }
    }

    /// Charges SQLite's allocations on this thread to the account until the scope is dropped.
    pub fn enter(&self) -> Scope {
        Scope::of(Charging { counters: Some(self.0.counters), unrefused: false })
    }

    /// Refuses large allocations until [`clear_interrupt`](Self::clear_interrupt);
    /// [`interrupted`] is true in the account's scopes.
    pub fn interrupt(&self) {
        self.0.counters.interrupted.store(true, Ordering::Release);
    }

    /// Ends the effect of [`interrupt`](Self::interrupt).
    pub fn clear_interrupt(&self) {
        self.0.counters.interrupted.store(false, Ordering::Release);
    }

    /// The account's limit in bytes, regardless of its ancestors'.
    pub fn limit(&self) -> usize {
        self.0.counters.limit.load(Ordering::Relaxed)
    }

    /// Whether it has clones or children.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether [`interrupt`](Self::interrupt) was called, and
    /// [`clear_interrupt`](Self::clear_interrupt) not since.
    pub fn is_interrupted(&self) -> bool {
        self.0.counters.is_interrupted()
    }
}

/// A charge of zero bytes to the account of this thread's scope; to none outside any scope.
pub fn charge_here() -> Charge {
    Charge { counters: CHARGING.get().counters, bytes: 0 }
}

/// Runs `work` outside the scope of any account: its allocations are neither charged nor refused.
pub fn uncharged<T>(work: impl FnOnce() -> T) -> T {
    let _scope = Scope::of(Charging { counters: None, unrefused: false });
    work()
}

/// Runs `work` with allocations charged but never refused, for callbacks that cannot report a failed
/// allocation. They must be bounded by other means.
pub fn unrefused<T>(work: impl FnOnce() -> T) -> T {
    let _scope = Scope::of(Charging { unrefused: true, ..CHARGING.get() });
    work()
}

/// Whether the account of this thread's scope is interrupted. False outside any scope.
pub fn interrupted() -> bool {
    CHARGING.get().counters.is_some_and(Counters::is_interrupted)
}

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
    /// Sets the number of bytes. An error changes nothing.
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

    /// Charges additional bytes.
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

impl Drop for OpenAccount {
    fn drop(&mut self) {
        self.counters.closed.store(true, Ordering::Release);
        self.counters.give_back();
        closed().push(self.counters);
    }
}

impl Counters {
    fn open(limit: usize, parent: Option<&'static Self>) -> &'static Self {
        let mut closed = closed();
        // Counters that an allocation still refers to are not reused.
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
        // Everything was returned to the parent when the last allocation was freed.
        *counters.parent() = parent;
        counters.limit.store(limit, Ordering::Release);
        counters.interrupted.store(false, Ordering::Release);
        counters.closed.store(false, Ordering::Release);
        counters
    }

    /// Charges bytes. Returns false if that would exceed the account's limit or an ancestor's;
    /// `unrefused` charges never fail.
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

    /// Reserves what is missing from the parent.
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

    /// Returns to the parent what exceeds the reserve.
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

/// Counters of closed accounts, to be reused.
fn closed() -> std::sync::MutexGuard<'static, Vec<&'static Counters>> {
    static CLOSED: Mutex<Vec<&'static Counters>> = Mutex::new(Vec::new());
    CLOSED.lock().unwrap_or_else(PoisonError::into_inner)
}

const fn blocks(bytes: usize) -> usize {
    bytes.saturating_add(BLOCK - 1) / BLOCK * BLOCK
}

/// Bytes reserved from the parent at a time.
const BLOCK: usize = 32 << 10;
/// The largest reserve, in bytes.
const KEPT: usize = 4 * BLOCK;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_count_towards_the_limits_of_all_ancestors() {
        let total = MemoryAccount::new(100 * BLOCK);
        let (one, other) = (total.child(80 * BLOCK), total.child(80 * BLOCK));
        let first = one.charge(70 * BLOCK).unwrap();
        assert_eq!(one.charge(20 * BLOCK).unwrap_err(), Exhausted, "its own limit");
        assert_eq!(other.charge(40 * BLOCK).unwrap_err(), Exhausted, "the limit above");
        assert_eq!(other.used(), 0, "a refused charge leaves nothing behind");
        drop(first);
        assert!(total.used() <= KEPT, "the reserve is small");
        let mut second = other.charge(80 * BLOCK).unwrap();
        second.resize(BLOCK).unwrap();
        assert!(one.charge(70 * BLOCK).is_ok(), "released bytes are available to other accounts");
        drop(second);
        drop((one, other));
        assert_eq!(total.used(), 0, "a closed account keeps nothing");
    }

    #[test]
    fn counters_are_reused_only_without_allocations() {
        let account = MemoryAccount::new(BLOCK);
        let counters = account.0.counters;
        assert!(counters.charge(100, false));
        drop(account);
        let others: Vec<MemoryAccount> = (0..100).map(|_| MemoryAccount::new(BLOCK)).collect();
        assert!(others.iter().all(|other| !std::ptr::eq(other.0.counters, counters)));
        counters.release(100);
        assert_eq!(counters.taken.load(Ordering::Acquire), 0);
    }

    #[test]
    fn threads_cannot_exceed_the_limit_of_a_shared_account() {
        let total = MemoryAccount::new(64 * BLOCK);
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
        let account = MemoryAccount::new(BLOCK);
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
