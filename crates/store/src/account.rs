//! Accounts, with the counts that quotas need.

use vmfa_model::{AccountId, Timestamp, names::AccountAlias};

use crate::{
    Error,
    forward::{changes, queries},
};

/// An account, with the counts that quotas need.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// Stands for the identifier in QR codes.
    pub alias: Option<AccountAlias>,
    /// The time of creation.
    pub created: Timestamp,
    /// The number of users.
    pub users: u64,
    /// The number of devices, assigned or not.
    pub devices: u64,
    /// The number of devices with an owner.
    pub devices_in_use: u64,
}

/// An account to insert: without alias, users and devices.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount {
    /// Twelve digits.
    pub id: AccountId,
    /// The time of creation.
    pub created: Timestamp,
}

queries! {
    /// Queries of accounts.
    pub trait ReadAccounts {
        /// The account with the lowest identifier.
        fn first_account(&self) -> Result<Option<Account>, Error>;
        /// An account by its identifier.
        fn account(&self, account: AccountId) -> Result<Option<Account>, Error>;
    }
}

changes! {
    /// Changes of accounts.
    pub trait WriteAccounts {
        /// Inserts an account.
        fn insert_account(&mut self, account: &NewAccount) -> Result<(), Error>;
        /// Sets or removes the alias.
        fn set_alias(
            &mut self,
            account: AccountId,
            alias: Option<&AccountAlias>,
        ) -> Result<(), Error>;
    }
}
