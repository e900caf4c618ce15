//! What a rule is given: the caller, the time, and a way to read.
//!
//! A rule that reads is given a [`ReadContext`], from which nothing that writes can be reached. A
//! rule that writes is given a [`WriteContext`], which adds what new things are made of; its one
//! transaction is the [`Change`](crate::change::Change) that it returns.

use std::{ops::Deref, sync::Arc};

use vmfa_model::{AccountId, Entropy, Timestamp};
use vmfa_store::{KeyRing, Read, Store};

use crate::{
    Caller, Detail, Quotas, Refusal, Settings, credentials::LastUses, page::PageRequest,
    refusal::InternalError,
};

/// What every rule is given.
pub(crate) struct ReadContext<'c> {
    pub(crate) caller: &'c Caller,
    pub(crate) now: Timestamp,
    /// How much of a list's elements the output must have.
    pub(crate) detail: Detail,
    pub(crate) settings: &'c Settings,
    /// Uses of access keys that are not yet in the store.
    pub(crate) uses: &'c LastUses,
    /// The page that the call asks for, where the action pages.
    pub(crate) page: Option<PageRequest<'c>>,
    pub(crate) reader: Reader<'c>,
}

/// What a rule that writes is given.
pub(crate) struct WriteContext<'c> {
    pub(crate) read: ReadContext<'c>,
    pub(crate) keys: &'c Arc<KeyRing>,
    pub(crate) entropy: &'c Arc<dyn Entropy>,
}

/// A store that can only be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'s>(&'s dyn Store);

impl ReadContext<'_> {
    pub(crate) fn account(&self) -> AccountId {
        self.caller.account
    }

    pub(crate) fn quotas(&self) -> Quotas {
        self.settings.quotas
    }

    /// Reads from one snapshot of the store.
    pub(crate) fn read<T>(
        &self,
        look: impl FnOnce(&dyn Read) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.reader.read(look)
    }
}

impl<'c> Deref for WriteContext<'c> {
    type Target = ReadContext<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'s> Reader<'s> {
    pub(crate) fn of(store: &'s dyn Store) -> Self {
        Self(store)
    }

    /// Reads from one snapshot.
    pub(crate) fn read<T>(
        self,
        look: impl FnOnce(&dyn Read) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut look = Some(look);
        let mut found = None;
        self.0.read(&mut |view| {
            found = look.take().map(|look| look(view));
            Ok(())
        })?;
        found.unwrap_or(Err(Refusal::Internal(InternalError::Impossible("the store did not look"))))
    }
}
