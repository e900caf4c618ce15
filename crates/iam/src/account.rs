//! The account of a data directory, and the access keys of its root user.

use vmfa_model::{AccountId, Secret};
use vmfa_store::{KeyId, KeyOwner, NewAccessKey, NewAccount, Read, Write};

use crate::{
    Refusal, Service, change::Change, context::Reader, credentials::encrypt_secret, identifiers,
    refusal::InternalError,
};

/// An access key of the root user.
#[derive(Clone, Debug)]
pub struct RootKey {
    /// Such as `AKIA…`, or what the operator chose.
    pub id: String,
    /// The secret access key.
    pub secret: Secret,
}

/// The outcome of [`Service::adopt_root_key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeyAdoption {
    /// The root user has the key.
    Adopted {
        /// The oldest key, which was deleted because the root user may have two.
        replaced: Option<String>,
    },
    /// A user has a key with that identifier. Nothing was changed.
    OwnedByUser,
}

/// The account of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstablishedAccount {
    /// Twelve digits.
    pub account: AccountId,
    /// Whether this call created it.
    pub new: bool,
    /// The number of access keys of its root user.
    pub root_keys: usize,
}

impl Service {
    /// Returns the account. If there is none, creates it with the identifier `wanted`, or a random
    /// one.
    pub fn establish(&self, wanted: Option<AccountId>) -> Result<EstablishedAccount, Refusal> {
        let id = wanted.unwrap_or_else(|| identifiers::account_id(&*self.entropy));
        let created = self.clock.now();
        let found = Reader::of(&*self.store).read(established)?;
        if let Some(found) = found {
            return Ok(found);
        }
        let change = Change::transaction(move |tx| {
            if let Some(found) = established(tx.view())? {
                return Ok(found);
            }
            tx.insert_account(&NewAccount { id, created })?;
            Ok(EstablishedAccount { account: id, new: true, root_keys: 0 })
        });
        change.apply(&*self.store, id)
    }

    /// Creates an access key for the root user, which may have two: if it has, deletes the oldest,
    /// and also returns its identifier.
    pub fn new_root_key(&self, account: AccountId) -> Result<(RootKey, Option<String>), Refusal> {
        let id = identifiers::access_key_id("AKIA", account, &*self.entropy);
        let key = RootKey { id: id.0, secret: identifiers::secret_access_key(&*self.entropy) };
        match self.adopt_root_key(account, &key)? {
            RootKeyAdoption::Adopted { replaced } => Ok((key, replaced)),
            RootKeyAdoption::OwnedByUser => Err(Refusal::Internal(InternalError::Impossible(
                "a random access key id exists already",
            ))),
        }
    }

    /// Adds an access key that the operator chose to the root user, as
    /// [`new_root_key`](Self::new_root_key) does.
    pub fn adopt_root_key(
        &self,
        account: AccountId,
        key: &RootKey,
    ) -> Result<RootKeyAdoption, Refusal> {
        match self.caller_of_key(&key.id, key.secret.expose()) {
            Ok(Some(caller)) if caller.account == account && caller.user().is_none() => {
                return Ok(RootKeyAdoption::Adopted { replaced: None });
            }
            Ok(_) | Err(Refusal::Fault(_)) => {}
            Err(broken) => return Err(broken),
        }
        let secret = encrypt_secret((&key.id, account), &key.secret, &self.keys, &*self.entropy);
        let row = NewAccessKey {
            id: KeyId(key.id.clone()),
            account,
            owner: KeyOwner::Root,
            secret,
            created: self.clock.now(),
        };
        Change::transaction(move |tx| replace_root_key(tx, &row)).apply(&*self.store, account)
    }
}

fn established(view: &dyn Read) -> Result<Option<EstablishedAccount>, Refusal> {
    let Some(account) = view.first_account()? else { return Ok(None) };
    let root_keys = view.access_keys(account.id, &KeyOwner::Root)?.len();
    Ok(Some(EstablishedAccount { account: account.id, new: false, root_keys }))
}

fn replace_root_key(tx: &mut dyn Write, key: &NewAccessKey) -> Result<RootKeyAdoption, Refusal> {
    match tx.view().access_key(&key.id)? {
        Some(same) if same.owner == KeyOwner::Root && same.account == key.account => {
            tx.delete_access_key(&same)?;
        }
        Some(_) => return Ok(RootKeyAdoption::OwnedByUser),
        None => {}
    }
    let present = tx.view().access_keys(key.account, &KeyOwner::Root)?;
    let oldest = present.first().filter(|_| present.len() >= MOST_ROOT_KEYS);
    if let Some(oldest) = oldest {
        tx.delete_access_key(oldest)?;
    }
    tx.insert_access_key(key)?;
    Ok(RootKeyAdoption::Adopted { replaced: oldest.map(|oldest| oldest.id.0.clone()) })
}

/// The most access keys of a root user, as on AWS.
const MOST_ROOT_KEYS: usize = 2;
