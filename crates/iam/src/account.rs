//! The account of a data directory, and the access keys of its root user.

use vmfa_model::{AccountId, Secret};
use vmfa_store::{KeyId, KeyOwner, NewAccessKey, NewAccount, Read, Write};

use crate::{
    Refusal, Service, change::Change, context::Reader, credentials::seal_secret, identifiers,
    refusal::Broken,
};

/// An access key of the root user, with its secret.
#[derive(Clone, Debug)]
pub struct RootKey {
    /// The identifier.
    pub id: String,
    /// The secret.
    pub secret: Secret,
}

/// The outcome of setting a root access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The root user has the key.
    Done {
        /// The oldest key, which was deleted because the root user had two.
        replaced: Option<String>,
    },
    /// A user has a key of that id. Nothing was changed.
    OfAUser,
}

/// The account of a service's store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Established {
    /// Its identifier.
    pub account: AccountId,
    /// Whether this call created it.
    pub new: bool,
    /// How many access keys the root user has.
    pub root_keys: usize,
}

impl Service {
    /// The account of the store. Where there is none, creates it with the id `wanted` or a random
    /// one. An existing account is returned whatever id is wanted.
    pub fn establish(&self, wanted: Option<AccountId>) -> Result<Established, Refusal> {
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
            Ok(Established { account: id, new: true, root_keys: 0 })
        });
        change.apply(&*self.store, id)
    }

    /// Creates an access key for the root user. It has at most two: the oldest is deleted, and its
    /// id returned.
    pub fn new_root_key(&self, account: AccountId) -> Result<(RootKey, Option<String>), Refusal> {
        let id = identifiers::access_key_id("AKIA", account, &*self.entropy);
        let key = RootKey { id: id.0, secret: identifiers::secret_access_key(&*self.entropy) };
        match self.adopt_root_key(account, &key)? {
            Adopted::Done { replaced } => Ok((key, replaced)),
            Adopted::OfAUser => Err(Refusal::Broken(Broken::Impossible("an id was made twice"))),
        }
    }

    /// Gives the root user a key of the operator. It has at most two: the oldest is deleted.
    pub fn adopt_root_key(&self, account: AccountId, key: &RootKey) -> Result<Adopted, Refusal> {
        match self.caller_of_key(&key.id, key.secret.expose()) {
            Ok(Some(caller)) if caller.account == account && caller.user().is_none() => {
                return Ok(Adopted::Done { replaced: None });
            }
            Ok(_) | Err(Refusal::Fault(_)) => {}
            Err(broken) => return Err(broken),
        }
        let secret = seal_secret((&key.id, account), &key.secret, &self.keys, &*self.entropy);
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

fn established(view: &dyn Read) -> Result<Option<Established>, Refusal> {
    let Some(account) = view.first_account()? else { return Ok(None) };
    let root_keys = view.access_keys(account.id, &KeyOwner::Root)?.len();
    Ok(Some(Established { account: account.id, new: false, root_keys }))
}

fn replace_root_key(tx: &mut dyn Write, key: &NewAccessKey) -> Result<Adopted, Refusal> {
    match tx.view().access_key(&key.id)? {
        Some(same) if same.owner == KeyOwner::Root && same.account == key.account => {
            tx.delete_access_key(&same)?;
        }
        Some(_) => return Ok(Adopted::OfAUser),
        None => {}
    }
    let present = tx.view().access_keys(key.account, &KeyOwner::Root)?;
    let oldest = present.first().filter(|_| present.len() >= MOST_ROOT_KEYS);
    if let Some(oldest) = oldest {
        tx.delete_access_key(oldest)?;
    }
    tx.insert_access_key(key)?;
    Ok(Adopted::Done { replaced: oldest.map(|oldest| oldest.id.0.clone()) })
}

/// AWS's quota of access keys of a root user.
const MOST_ROOT_KEYS: usize = 2;
