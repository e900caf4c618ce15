//! What a rule is given: the caller, the time, and the means to read and to write.
//!
//! A rule is one function in three steps. It prepares, outside the writer: randomness, sealing,
//! the picture. It applies, by [`Scene::write`], in one short transaction; since that takes the
//! scene, a rule cannot write twice. It finishes, after the commit, with its answer.

use std::sync::{Arc, Mutex, PoisonError};

use vmfa_model::{AccountId, Entropy, Timestamp};
use vmfa_store::{KeyRing, Read, Store, Verdict, Write};

use crate::{
    Caller, Detail, Quotas, Refusal, Settings, credentials::LastUses, marker::Markers,
    refusal::Broken,
};

/// The scene of one call.
pub(crate) struct Scene<'s> {
    pub(crate) caller: &'s Caller,
    pub(crate) now: Timestamp,
    pub(crate) store: &'s dyn Store,
    pub(crate) keys: &'s Arc<KeyRing>,
    pub(crate) markers: &'s Markers,
    pub(crate) entropy: &'s Arc<dyn Entropy>,
    pub(crate) settings: &'s Settings,
    pub(crate) uses: &'s LastUses,
    /// How much of a list's elements the answer needs to have.
    pub(crate) detail: Detail,
}

impl Scene<'_> {
    pub(crate) fn account(&self) -> AccountId {
        self.caller.account
    }

    pub(crate) fn quotas(&self) -> Quotas {
        self.settings.quotas
    }

    /// Asks the store.
    pub(crate) fn read<T>(
        &self,
        look: impl FnOnce(&dyn Read) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        read(self.store, look)
    }

    /// Applies a change, and returns when it is durable. The job may run more than once; only
    /// its last run counts.
    pub(crate) fn write<T: Send + 'static>(
        self,
        job: impl FnMut(&mut dyn Write) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        write(self.store, self.caller.account, job)
    }
}

pub(crate) fn read<T>(
    store: &dyn Store,
    look: impl FnOnce(&dyn Read) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut look = Some(look);
    let mut found = None;
    store.read(&mut |view| {
        found = look.take().map(|look| look(view));
        Ok(())
    })?;
    found.unwrap_or(Err(Refusal::Broken(Broken::Impossible("the store did not look"))))
}

pub(crate) fn write<T: Send + 'static>(
    store: &dyn Store,
    account: AccountId,
    mut job: impl FnMut(&mut dyn Write) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let slot = Arc::new(Mutex::new(None));
    let answer = Arc::clone(&slot);
    let job = move |tx: &mut dyn Write| {
        let outcome = job(tx);
        let verdict = match &outcome {
            Ok(_) | Err(Refusal::Kept(_)) => Verdict::Keep,
            Err(Refusal::Fault(_) | Refusal::Broken(_)) => Verdict::Undo,
        };
        *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(verdict)
    };
    store.write_and_wait(account, Box::new(job))?;
    let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    outcome.unwrap_or(Err(Refusal::Broken(Broken::Impossible("the writer ran no job"))))
}
