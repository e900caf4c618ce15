//! Opens a data directory: by holding it, or through the socket of the process that holds it.

use std::{sync::Arc, time::Duration};

use vmfa_model::Secret;
use vmfa_store::{Read, sqlite::Sqlite};

use crate::{
    ActAs, Calls, DataDirectory, DirectoryError, Embedded, HeldDirectory, ServiceOptions,
    SocketClient, directory::LockOr,
};

/// The id of an access key, such as `AKIAIOSFODNN7EXAMPLE`, and its secret.
#[derive(Clone, Debug)]
pub struct AccessKeyPair {
    /// 1 to 128 letters, digits or `_`; one that begins with `ASIA` is of a session.
    pub id: String,
    /// 40 characters of base64, or what the operator chose.
    pub secret: Secret,
}

/// The process that holds a data directory: this one, or another that serves it.
pub enum Holding {
    /// This process holds it, as long as the value lives.
    Ours(Arc<HeldDirectory>),
    /// Another process holds it, and accepts requests on this socket.
    Theirs(SocketClient),
}

/// Opens a directory for calls of one caller.
///
/// # Errors
/// Those of [`hold_or_connect`], and `NotOurs` for an access key that must be of this account.
pub fn open(
    directory: &DataDirectory,
    command: &str,
    options: &ServiceOptions,
    act_as: impl Into<ActAs>,
) -> Result<Box<dyn Calls>, DirectoryError> {
    let act_as = act_as.into();
    match hold_or_connect(directory, command, options)? {
        Holding::Ours(held) => Ok(Box::new(Embedded::new(held, act_as)?)),
        Holding::Theirs(socket) => Ok(Box::new(socket.acting(act_as))),
    }
}

/// Holds a directory, or connects to the process that serves it. Waits up to 5 s for commands that
/// hold it without serving it. `command` is shown to processes that wait for this one.
///
/// # Errors
/// `Held` after that time, and those of [`DataDirectory::hold`].
pub fn hold_or_connect(
    directory: &DataDirectory,
    command: &str,
    options: &ServiceOptions,
) -> Result<Holding, DirectoryError> {
    let connect = |directory: &_| SocketClient::of(directory, &options.clock);
    match directory.lock_or(PATIENCE, command, connect)? {
        LockOr::Lock(lock) => {
            Ok(Holding::Ours(Arc::new(HeldDirectory::open(directory, lock, options)?)))
        }
        LockOr::Instead(socket) => {
            if options.account.is_some() {
                // Read from the database, since the server has no request for it.
                let look = |view: &dyn Read| view.first_account();
                let account = Sqlite::peek(&directory.database(), look)?.flatten();
                account.map_or(Ok(()), |account| directory.require(account.id, options.account))?;
            }
            Ok(Holding::Theirs(socket))
        }
    }
}

/// How long a command waits for others that hold the directory.
const PATIENCE: Duration = Duration::from_secs(5);
