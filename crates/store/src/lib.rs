//! What is persisted, and how secrets are sealed.
//!
//! [`Store`] is what the rules know: a read view, and one way to write. [`sqlite`] is the
//! embedded store behind it. Every table leads with the account, and nothing spans accounts.
//!
//! Not here: who may do what, what an action means, and the clock.

mod error;
mod rows;
pub mod seal;
pub mod sqlite;

pub use error::Error;
pub use rows::{
    AccessKey, Account, Attempts, Device, DeviceFilter, DeviceId, DevicePage, Insertion, LastUse,
    Listed, NewDevice, Owned, Owner, Profile, Report, TagList, User, UserId, UserPage,
};
pub use seal::{KeyRing, Sealed};

use vmfa_model::{AccountId, DeviceResource};

/// Where accounts are kept.
pub trait Store: Send + Sync {
    /// Gives a read view to `look`: of one moment, with all that was committed before.
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error>;

    /// Runs `job` in a transaction, alone, and returns when its outcome is durable.
    ///
    /// The job may be run more than once, where an engine must try a transaction again; only the
    /// last run counts. It says whether what it wrote is to be kept.
    fn write(&self, job: Job) -> Result<(), Error>;

    /// A number that grows whenever something that signatures are checked against has changed.
    fn credentials_revision(&self) -> u64;

    /// Notes when and for what keys were used, and returns when that is durable. Keys that are no
    /// more are passed over.
    fn note_use(&self, uses: Vec<(String, LastUse)>) -> Result<(), Error>;
}

/// Work for the writer.
pub type Job = Box<dyn FnMut(&mut dyn Write) -> Result<Verdict, Error> + Send>;

/// Whether what a job wrote is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Keep,
    /// It is undone: the call was refused.
    Undo,
}

/// Questions to the store. What is absent is `None`.
pub trait Read {
    /// A seal by which a wrong key file is told before anything is sealed with it.
    fn key_check(&self) -> Result<Option<Sealed>, Error>;
    /// The account with which the store was made.
    fn first_account(&self) -> Result<Option<Account>, Error>;
    /// An account.
    fn account(&self, account: AccountId) -> Result<Option<Account>, Error>;
    /// A user by name, whatever its case.
    fn user(&self, account: AccountId, name: &str) -> Result<Option<User>, Error>;
    /// A user by identifier.
    fn user_by_id(&self, account: AccountId, id: &UserId) -> Result<Option<User>, Error>;
    /// Users by name, from the one after `after`.
    fn users(&self, account: AccountId, page: &UserPage<'_>) -> Result<Vec<User>, Error>;
    /// A device.
    fn device(&self, account: AccountId, device: &DeviceResource) -> Result<Option<Device>, Error>;
    /// Shows devices in the order in which they were made, one after the other: nothing is copied
    /// that nobody wants.
    fn devices(
        &self,
        account: AccountId,
        page: &DevicePage,
        show: &mut dyn FnMut(Listed<'_>),
    ) -> Result<(), Error>;
    /// Shows the devices of a user in the order in which they were made, from the one after
    /// `after`.
    fn devices_of(
        &self,
        account: AccountId,
        owner: &UserId,
        after: DeviceId,
        limit: usize,
        show: &mut dyn FnMut(Owned<'_>),
    ) -> Result<(), Error>;
    /// The tries of codes on a device of that path and name, whether or not it is still the same.
    fn attempts(&self, account: AccountId, device: &DeviceResource) -> Result<Attempts, Error>;
    /// An access key. This alone is asked without the account, which the key tells.
    fn access_key(&self, id: &str) -> Result<Option<AccessKey>, Error>;
    /// The keys of a user or of the root, oldest first.
    fn access_keys(&self, account: AccountId, owner: &Owner) -> Result<Vec<AccessKey>, Error>;
    /// The last credential report.
    fn report(&self, account: AccountId) -> Result<Option<Report>, Error>;
}

/// Changes, within a transaction. Counts that quotas need are kept along by the store.
pub trait Write {
    /// The state as it is in this transaction.
    fn view(&self) -> &dyn Read;
    /// Sets what [`Read::key_check`] gives.
    fn set_key_check(&mut self, seal: &Sealed) -> Result<(), Error>;
    /// Adds an account.
    fn insert_account(&mut self, account: &Account) -> Result<(), Error>;
    /// Sets or removes the alias.
    fn set_alias(&mut self, account: AccountId, alias: Option<&str>) -> Result<(), Error>;
    /// Adds a user.
    fn insert_user(&mut self, account: AccountId, user: &User) -> Result<(), Error>;
    /// Gives a user another name and path.
    fn rename_user(
        &mut self,
        account: AccountId,
        id: &UserId,
        name: &str,
        path: &str,
    ) -> Result<(), Error>;
    /// Sets a user's tags.
    fn set_user_tags(
        &mut self,
        account: AccountId,
        id: &UserId,
        tags: &TagList,
    ) -> Result<(), Error>;
    /// Removes a user.
    fn delete_user(&mut self, account: AccountId, id: &UserId) -> Result<(), Error>;
    /// Adds a device, if its path and name are free and the account has less than `most`.
    fn insert_device(
        &mut self,
        account: AccountId,
        device: &NewDevice,
        most: u64,
    ) -> Result<Insertion, Error>;
    /// Gives a device an owner.
    fn assign_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
        now: vmfa_model::Timestamp,
    ) -> Result<(), Error>;
    /// Takes a device from its owner. Its seed, tags, drift and last step stay.
    fn release_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
    ) -> Result<(), Error>;
    /// Uses up a step and all before it, if it is newer than any that was. Whether it was: one
    /// statement decides, so that no two callers can both be told yes.
    fn use_step(
        &mut self,
        account: AccountId,
        device: DeviceId,
        step: i64,
        drift: Option<i64>,
    ) -> Result<bool, Error>;
    /// Sets a device's tags.
    fn set_device_tags(
        &mut self,
        account: AccountId,
        device: DeviceId,
        tags: &TagList,
    ) -> Result<(), Error>;
    /// Removes a device that nobody has.
    fn delete_device(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error>;
    /// Sets the tries of a device.
    fn set_attempts(
        &mut self,
        account: AccountId,
        device: &DeviceResource,
        attempts: &Attempts,
    ) -> Result<(), Error>;
    /// Adds an access key.
    fn insert_access_key(&mut self, key: &AccessKey) -> Result<(), Error>;
    /// Makes a key active or inactive.
    fn set_access_key_active(&mut self, id: &str, active: bool) -> Result<(), Error>;
    /// Notes a key's last use.
    fn set_last_use(&mut self, id: &str, last_use: &LastUse) -> Result<(), Error>;
    /// Removes a key.
    fn delete_access_key(&mut self, key: &AccessKey) -> Result<(), Error>;
    /// Keeps a credential report in place of the last.
    fn set_report(&mut self, account: AccountId, report: &Report) -> Result<(), Error>;
}
