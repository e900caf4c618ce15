//! A store that panics, fails or waits when told to.

use std::sync::{
    Arc, Condvar, Mutex,
    atomic::{AtomicBool, Ordering},
};

use vmfa_model::AccountId;
use vmfa_store::{Completion, Error, Job, KeyId, LastUse, Read, Sealed, Store, Write};

/// What a store is to do.
#[derive(Debug, Default)]
pub struct Failing {
    panics: AtomicBool,
    fails: AtomicBool,
    blocks: AtomicBool,
    waits: Mutex<bool>,
    go_on: Condvar,
}

/// A store that does as it is told.
pub(crate) struct Wrapped {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) failing: Arc<Failing>,
}

impl Failing {
    /// Whether whoever reads or writes is to panic.
    pub fn panic(&self, panics: bool) {
        self.panics.store(panics, Ordering::SeqCst);
    }

    /// Whether reading and writing are to fail.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// Whether writes are to wait until this is called again.
    pub fn wait(&self, waits: bool) {
        *self.waits.lock().unwrap() = waits;
        self.go_on.notify_all();
    }

    /// Whether reads block, for 50 milliseconds, as those of a store over a network do.
    pub fn block_reads(&self, blocks: bool) {
        self.blocks.store(blocks, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Error> {
        assert!(!self.panics.load(Ordering::SeqCst), "a panic that a test asked for");
        if self.fails.load(Ordering::SeqCst) { Err(Error::Seal) } else { Ok(()) }
    }
}

impl Store for Wrapped {
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error> {
        self.failing.check()?;
        if !self.reads_inline() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self.store.read(look)
    }

    fn reads_inline(&self) -> bool {
        !self.failing.blocks.load(Ordering::SeqCst) && self.store.reads_inline()
    }

    fn write(&self, account: AccountId, mut job: Job, completion: Completion) {
        if let Err(error) = self.failing.check() {
            return completion(Err(error));
        }
        // On the writer's thread: whoever queues a job does not wait.
        let failing = Arc::clone(&self.failing);
        let delayed = move |tx: &mut dyn Write| {
            let waits = failing.waits.lock().unwrap();
            drop(failing.go_on.wait_while(waits, |waits| *waits).unwrap());
            job(tx)
        };
        self.store.write(account, Box::new(delayed), completion);
    }

    fn credentials_revision(&self) -> u64 {
        self.store.credentials_revision()
    }

    fn set_key_check(&self, seal: Sealed) -> Result<(), Error> {
        self.store.set_key_check(seal)
    }

    fn note_use(&self, account: AccountId, uses: Vec<(KeyId, LastUse)>) -> Result<(), Error> {
        self.store.note_use(account, uses)
    }
}
