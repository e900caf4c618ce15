//! Whichever way there is to a data directory.

use std::time::Duration;

use vmfa_model::Secret;
use vmfa_store::{Read, sqlite::Sqlite};

use crate::{
    ActAs, Calls, DataDirectory, DirectoryError, Embedded, HeldDirectory, ServiceOptions, Socket,
};

/// An access key to act by.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The identifier.
    pub id: String,
    /// The secret.
    pub secret: Secret,
}

/// A way to make calls on a data directory: holds it, or goes through the server that does. Other
/// short commands are waited for.
pub fn open(
    directory: &DataDirectory,
    command: &str,
    means: &ServiceOptions,
    acting: impl Into<ActAs>,
) -> Result<Box<dyn Calls>, DirectoryError> {
    let acting = acting.into();
    match or_holder(directory, command, means)? {
        Ok(held) => Ok(Box::new(Embedded::new(held, acting)?)),
        Err(socket) => Ok(Box::new(socket.acting(acting))),
    }
}

/// Holds the directory, or gives the socket of the server that does.
pub fn or_holder(
    directory: &DataDirectory,
    command: &str,
    means: &ServiceOptions,
) -> Result<Result<HeldDirectory, Socket>, DirectoryError> {
    let found = directory.lock_or(PATIENCE, command, |found| Socket::of(found, &means.clock))?;
    match found {
        Ok(lock) => HeldDirectory::open(directory, lock, means).map(Ok),
        Err(socket) => {
            if means.account.is_some() {
                // The server does not tell; its database does, without waiting for anybody.
                let look = |view: &dyn Read| view.first_account();
                let account = Sqlite::glance(&directory.database(), look)?.flatten();
                account.map_or(Ok(()), |account| directory.demand(account.id, means.account))?;
            }
            Ok(Err(socket))
        }
    }
}

/// How long a command waits for others before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);
