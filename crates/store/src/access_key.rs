//! Access keys.

use vmfa_model::{AccountId, Timestamp};

use crate::{
    Error, Sealed, UserId,
    forward::{changes, queries},
};

/// The principal to whom an access key belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// The account's root user.
    Root,
    /// A user.
    User(UserId),
}

/// The identifier of an access key, such as `AKIA…`. The operator may choose one for the root user
/// that is shorter than the API allows, such as `test`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub String);

/// An access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its position in the order of creation, which times in whole seconds do not give.
    pub ordinal: i64,
    /// Such as `AKIA…`.
    pub id: KeyId,
    /// The account of its owner.
    pub account: AccountId,
    /// Whose requests it signs.
    pub owner: KeyOwner,
    /// Whether signatures made with it are accepted.
    pub active: bool,
    /// The encrypted secret access key.
    pub secret: Sealed,
    /// The time of creation.
    pub created: Timestamp,
    /// As of the last [`Store::note_use`](crate::Store::note_use).
    pub last_use: Option<LastUse>,
}

/// An access key to insert: active and not yet used.
#[derive(Clone, Debug)]
pub struct NewAccessKey {
    /// Such as `AKIA…`; unique in the store.
    pub id: KeyId,
    /// The account of its owner.
    pub account: AccountId,
    /// Whose requests it signs.
    pub owner: KeyOwner,
    /// The encrypted secret access key.
    pub secret: Sealed,
    /// The time of creation.
    pub created: Timestamp,
}

/// The last use of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// The time of the request.
    pub at: Timestamp,
    /// The service of the credential scope, such as `iam`.
    pub service: String,
    /// The region of the credential scope.
    pub region: String,
}

queries! {
    /// Queries of access keys.
    pub trait ReadAccessKeys {
        /// An access key of any account: a request names its key, and the key names the account.
        fn access_key(&self, id: &KeyId) -> Result<Option<AccessKey>, Error>;
        /// The keys of a user or of the root user, oldest first.
        fn access_keys(
            &self,
            account: AccountId,
            owner: &KeyOwner,
        ) -> Result<Vec<AccessKey>, Error>;
    }
}

changes! {
    /// Changes of access keys.
    pub trait WriteAccessKeys {
        /// Inserts an access key.
        fn insert_access_key(&mut self, key: &NewAccessKey) -> Result<(), Error>;
        /// Activates or deactivates a key.
        fn set_access_key_active(
            &mut self,
            account: AccountId,
            id: &KeyId,
            active: bool,
        ) -> Result<(), Error>;
        /// Sets a key's last use, if the key still exists.
        fn set_last_use(
            &mut self,
            account: AccountId,
            id: &KeyId,
            last_use: &LastUse,
        ) -> Result<(), Error>;
        /// Deletes a key.
        fn delete_access_key(&mut self, key: &AccessKey) -> Result<(), Error>;
    }
}
