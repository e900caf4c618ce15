//! What is persisted, and how secrets are sealed.
//!
//! [`Store`] is what the rules know: a read view, and one way to write. [`sqlite`] is the
//! embedded store behind it. Every table leads with the account, and nothing spans accounts.
//!
//! Not here: who may do what, what an action means, and the clock.

mod error;
mod key_ring;
mod rows;
pub mod sqlite;

pub use error::{EngineCondition, EngineError, Error};
pub use key_ring::{KeyRing, Sealed};
pub use rows::{
    AccessKey, Account, Attempts, Device, DeviceFilter, DeviceId, DevicePage, Insertion, LastUse,
    Listed, NewDevice, Owned, Owner, Profile, Report, TagList, User, UserId, UserPage,
};

use std::sync::mpsc;

use vmfa_model::{AccountId, DeviceResource};

/// A store of accounts.
///
/// `tests/contract` states in tests what every implementation promises.
pub trait Store: Send + Sync {
    /// Shows `look` a snapshot that includes every commit acknowledged before the call.
    fn read(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) -> Result<(), Error>;

    /// Whether [`read`](Self::read) may run on a thread that must not block: yes for an embedded
    /// engine, no over a network.
    fn reads_inline(&self) -> bool;

    /// Queues `job` as a transaction of `account`, in which it may write to that account alone, and
    /// calls `completion` once, when the outcome is durable. Does not block.
    ///
    /// Jobs of an account run one after the other. A job may run more than once, where the engine
    /// has to repeat a transaction; only the last run counts. Once a method of [`Write`] or of its
    /// [view](Write::view) has returned an error, the transaction is rolled back and that error is
    /// the outcome, whatever the job returns.
    ///
    /// The completion runs on a thread of the store: it must be short, and must not call the store.
    fn write(&self, account: AccountId, job: Job, completion: Completion);

    /// Runs [`write`](Self::write) and blocks until its outcome is durable.
    fn write_and_wait(&self, account: AccountId, job: Job) -> Result<(), Error> {
        wait_for(|completion| self.write(account, job, completion))
    }

    /// A number that grows with every commit that may change what signatures are checked against.
    fn credentials_revision(&self) -> u64;

    /// Sets what [`Read::key_check`] returns, and blocks until that is durable.
    fn set_key_check(&self, seal: Sealed) -> Result<(), Error>;

    /// Writes the last uses of an account's keys, and blocks until that is durable. Keys that no
    /// longer exist are ignored.
    fn note_use(&self, account: AccountId, uses: Vec<(String, LastUse)>) -> Result<(), Error> {
        let job = move |tx: &mut dyn Write| {
            for (key, last_use) in &uses {
                tx.set_last_use(key, last_use)?;
            }
            Ok(Verdict::Keep)
        };
        self.write_and_wait(account, Box::new(job))
    }
}

/// What a transaction does; see [`Store::write`].
pub type Job = Box<dyn FnMut(&mut dyn Write) -> Result<Verdict, Error> + Send>;

/// Blocks until the completion that it gives `start` is called.
pub(crate) fn wait_for(start: impl FnOnce(Completion)) -> Result<(), Error> {
    let (sender, outcome) = mpsc::sync_channel(1);
    start(Box::new(move |result| {
        // The receiver waits below.
        let _ = sender.send(result);
    }));
    outcome.recv().unwrap_or(Err(Error::Stopped))
}

/// Receives the outcome of a transaction; see [`Store::write`].
pub type Completion = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What becomes of a job's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are committed.
    Keep,
    /// They are rolled back: the call was refused.
    Undo,
}

/// Queries. A row that does not exist is `None`.
///
/// Callbacks that are shown rows must not query: an engine may have one open cursor per
/// connection. The SQLite store asserts it in debug builds.
pub trait Read {
    /// A seal by which a wrong key file is recognised before anything is encrypted with it.
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
    /// Shows devices in the order of their creation, row by row and without copying them.
    fn devices(
        &self,
        account: AccountId,
        page: &DevicePage,
        show: &mut dyn FnMut(Listed<'_>),
    ) -> Result<(), Error>;
    /// Shows the devices of a user in the order of their creation, beginning after `after`.
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
