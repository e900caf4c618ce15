//! What is persisted, and the encryption of secrets.
//!
//! [`Store`] is the interface that the rules know: snapshots to read and transactions to write.
//! [`sqlite`] is the embedded store that implements it. The key of every table begins with the
//! account, except that of access keys; no transaction writes to two accounts.

mod error;
mod key_ring;
mod rows;
pub mod sqlite;

pub use error::{EngineCondition, EngineError, Error};
pub use key_ring::{KeyRing, Sealed};
pub use rows::{
    AccessKey, Account, Attempts, CredentialReport, Device, DeviceColumns, DeviceFilter, DeviceId,
    DeviceInsertion, DevicePage, KeyId, KeyOwner, LastUse, NewAccessKey, NewAccount, NewDevice,
    NewUser, OwnedDeviceColumns, User, UserColumns, UserId, UserPage,
};

use std::sync::mpsc;

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{AccountAlias, Path, Tag, UserName},
};
use vmfa_otp::Step;

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
    fn note_use(&self, account: AccountId, uses: Vec<(KeyId, LastUse)>) -> Result<(), Error> {
        let job = move |tx: &mut dyn Write| {
            for (key, last_use) in &uses {
                tx.set_last_use(account, key, last_use)?;
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
    /// The account that was inserted first.
    fn first_account(&self) -> Result<Option<Account>, Error>;
    /// An account by its identifier.
    fn account(&self, account: AccountId) -> Result<Option<Account>, Error>;
    /// A user by name, without regard to case.
    fn user(&self, account: AccountId, name: &UserName) -> Result<Option<User>, Error>;
    /// A user by identifier.
    fn user_by_id(&self, account: AccountId, id: &UserId) -> Result<Option<User>, Error>;
    /// Users by name.
    fn users(&self, account: AccountId, page: &UserPage<'_>) -> Result<Vec<User>, Error>;
    /// A device by path and name.
    fn device(&self, account: AccountId, device: &DeviceResource) -> Result<Option<Device>, Error>;
    /// Shows devices in the order of their creation, row by row and without copying them.
    fn devices(
        &self,
        account: AccountId,
        page: &DevicePage,
        show: &mut dyn FnMut(DeviceColumns<'_>),
    ) -> Result<(), Error>;
    /// Shows the devices of a user in the order of their creation, beginning after `after`.
    fn devices_of(
        &self,
        account: AccountId,
        owner: &UserId,
        after: DeviceId,
        limit: usize,
        show: &mut dyn FnMut(OwnedDeviceColumns<'_>),
    ) -> Result<(), Error>;
    /// The attempts on devices of that path and name, including deleted ones.
    fn attempts(&self, account: AccountId, device: &DeviceResource) -> Result<Attempts, Error>;
    /// An access key of any account: a request names its key, and the key names the account.
    fn access_key(&self, id: &KeyId) -> Result<Option<AccessKey>, Error>;
    /// The keys of a user or of the root user, oldest first.
    fn access_keys(&self, account: AccountId, owner: &KeyOwner) -> Result<Vec<AccessKey>, Error>;
    /// The latest credential report.
    fn report(&self, account: AccountId) -> Result<Option<CredentialReport>, Error>;
}

/// Changes, within a transaction. The store maintains the counts that quotas need.
pub trait Write {
    /// The state of this transaction, including its own changes.
    fn view(&self) -> &dyn Read;
    /// Inserts an account.
    fn insert_account(&mut self, account: &NewAccount) -> Result<(), Error>;
    /// Sets or removes the alias.
    fn set_alias(&mut self, account: AccountId, alias: Option<&AccountAlias>) -> Result<(), Error>;
    /// Inserts a user, whose name must not be taken.
    fn insert_user(&mut self, account: AccountId, user: &NewUser) -> Result<(), Error>;
    /// Changes the name and path of a user. The new name must not be taken by another.
    fn rename_user(
        &mut self,
        account: AccountId,
        id: &UserId,
        name: &UserName,
        path: &Path,
    ) -> Result<(), Error>;
    /// Replaces a user's tags.
    fn set_user_tags(&mut self, account: AccountId, id: &UserId, tags: &[Tag])
    -> Result<(), Error>;
    /// Deletes a user, who must have no devices and keys.
    fn delete_user(&mut self, account: AccountId, id: &UserId) -> Result<(), Error>;
    /// Inserts a device, unless its path and name are taken or the account has `quota` devices.
    fn insert_device(
        &mut self,
        account: AccountId,
        device: &NewDevice,
        quota: u64,
    ) -> Result<DeviceInsertion, Error>;
    /// Assigns an unassigned device to a user.
    fn assign_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
        now: Timestamp,
    ) -> Result<(), Error>;
    /// Unassigns a device. Its seed, tags, drift and last step stay.
    fn release_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
    ) -> Result<(), Error>;
    /// Uses up a step and all before it and sets the drift, if the step is newer than the newest
    /// that was used. Returns whether it was. One statement decides, so of two callers with the
    /// same step only one succeeds.
    fn use_step(
        &mut self,
        account: AccountId,
        device: DeviceId,
        step: Step,
        drift: i64,
    ) -> Result<bool, Error>;
    /// Replaces a device's tags.
    fn set_device_tags(
        &mut self,
        account: AccountId,
        device: DeviceId,
        tags: &[Tag],
    ) -> Result<(), Error>;
    /// Deletes an unassigned device.
    fn delete_device(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error>;
    /// Replaces the attempts of a device.
    fn set_attempts(
        &mut self,
        account: AccountId,
        device: &DeviceResource,
        attempts: &Attempts,
    ) -> Result<(), Error>;
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
    /// Replaces the credential report.
    fn set_report(&mut self, account: AccountId, report: &CredentialReport) -> Result<(), Error>;
}
