//! What is persisted, and the encryption of secrets.
//!
//! [`Store`] is the interface that the rules know: snapshots to read and transactions to write.
//! [`sqlite`] is the embedded store that implements it. The key of every table begins with the
//! account, except that of access keys; no transaction writes to two accounts.

mod access_key;
mod account;
mod attempts;
mod credential_report;
mod device;
mod error;
mod forward;
mod key_check;
mod key_ring;
pub mod sqlite;
mod user;

pub use access_key::{
    AccessKey, KeyId, KeyOwner, LastUse, NewAccessKey, ReadAccessKeys, WriteAccessKeys,
};
pub use account::{Account, NewAccount, ReadAccounts, WriteAccounts};
pub use attempts::{Attempts, ReadAttempts, WriteAttempts};
pub use credential_report::{CredentialReport, ReadCredentialReports, WriteCredentialReports};
pub use device::{
    Device, DeviceColumns, DeviceFilter, DeviceId, DeviceInsertion, DevicePage, NewDevice,
    OwnedDeviceColumns, ReadDevices, WriteDevices,
};
pub use error::{EngineCondition, EngineError, Error};
pub use forward::{ForwardRead, ForwardWrite};
pub use key_check::ReadKeyCheck;
pub use key_ring::{KeyRing, Sealed};
pub use user::{NewUser, ReadUsers, User, UserColumns, UserId, UserPage, WriteUsers};

use std::sync::mpsc;

use vmfa_model::AccountId;

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

    /// Sets what [`ReadKeyCheck::key_check`] returns, and blocks until that is durable.
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

/// The queries of all entities, each of which has a file with its rows, queries and changes. A row
/// that does not exist is `None`.
///
/// Callbacks that are shown rows must not query: an engine may have one open cursor per
/// connection. The SQLite store asserts it in debug builds.
pub trait Read:
    ReadKeyCheck
    + ReadAccounts
    + ReadUsers
    + ReadDevices
    + ReadAttempts
    + ReadAccessKeys
    + ReadCredentialReports
{
}

impl<T> Read for T where
    T: ReadKeyCheck
        + ReadAccounts
        + ReadUsers
        + ReadDevices
        + ReadAttempts
        + ReadAccessKeys
        + ReadCredentialReports
{
}

/// The changes of all entities, within a transaction. The store maintains the counts that quotas
/// need.
pub trait Write:
    WriteAccounts + WriteUsers + WriteDevices + WriteAttempts + WriteAccessKeys + WriteCredentialReports
{
    /// The state of this transaction, including its own changes.
    fn view(&self) -> &dyn Read;
}
