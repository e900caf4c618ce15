//! A data directory that this process holds: opens and creates its key file, database and account.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use vmfa_iam::{EstablishedAccount, RootKey, RootKeyAdoption, Service, Settings};
use vmfa_model::{AccountId, Clock, Entropy};
use vmfa_store::{KeyRing, Sealed, Store, sqlite::Sqlite};

use crate::{AccessKeyPair, DataDirectory, DirectoryError, lock::DirectoryLock};

/// What a service needs beside its directory.
#[derive(Clone)]
pub struct ServiceOptions {
    /// The clock of codes, sessions and signatures.
    pub clock: Arc<dyn Clock>,
    /// The randomness of keys, seeds and ids.
    pub entropy: Arc<dyn Entropy>,
    /// The operator's settings.
    pub settings: Settings,
    /// The number of the account to create. An existing account must have it.
    pub account: Option<AccountId>,
}

/// A data directory that this process holds until the value is dropped.
pub struct HeldDirectory {
    service: Arc<Service>,
    established: EstablishedAccount,
    // Dropped last, so that the store is closed before another process can open it.
    _lock: DirectoryLock,
}

impl HeldDirectory {
    pub(crate) fn open(
        directory: &DataDirectory,
        lock: DirectoryLock,
        options: &ServiceOptions,
    ) -> Result<Self, DirectoryError> {
        let keys = keys(directory, &*options.entropy)?;
        let database = directory.database();
        make_private(&database)?;
        let store = Sqlite::open(&database).map_err(|error| match error {
            error if error.is_no_database() => DirectoryError::NotADatabase(database),
            error => error.into(),
        })?;
        let store: Arc<dyn Store> = Arc::new(store);
        check_key(directory, &*store, &keys, &*options.entropy)?;
        let service = Service::new(
            store,
            keys,
            Arc::clone(&options.clock),
            Arc::clone(&options.entropy),
            options.settings.clone(),
        );
        let established = service.establish(options.account)?;
        directory.require(established.account, options.account)?;
        Ok(Self { service: Arc::new(service), established, _lock: lock })
    }

    /// The service of this directory. Its users must not outlive the hold.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The account, as it was found or created.
    pub fn established(&self) -> EstablishedAccount {
        self.established
    }

    /// Creates an access key for the root user, which may have two: the oldest of two is deleted.
    /// The second value is the id of that one.
    pub fn new_root_key(&self) -> Result<(AccessKeyPair, Option<String>), DirectoryError> {
        let (key, replaced) = self.service.new_root_key(self.established.account)?;
        Ok((AccessKeyPair { id: key.id, secret: key.secret }, replaced))
    }

    /// Adds an access key that the operator chose to the root user. Returns the id of the key that
    /// was deleted for it, if one was.
    pub fn adopt_root_key(&self, key: &RootKey) -> Result<Option<String>, DirectoryError> {
        match self.service.adopt_root_key(self.established.account, key)? {
            RootKeyAdoption::Adopted { replaced } => Ok(replaced),
            RootKeyAdoption::OwnedByUser => Err(DirectoryError::KeyOfAUser(key.id.clone())),
        }
    }
}

/// The key ring in the file. A new one is created only if the database is empty.
fn keys(directory: &DataDirectory, entropy: &dyn Entropy) -> Result<KeyRing, DirectoryError> {
    let key = directory.key();
    if let Some(keys) = KeyRing::load(key)? {
        return Ok(keys);
    }
    let database = directory.database();
    if fs::metadata(&database).is_ok_and(|file| file.len() > 0) {
        return Err(DirectoryError::KeyMissing { key: key.to_owned(), database });
    }
    let parent = key.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    if !parent.exists() {
        return Err(DirectoryError::NoFolder(key.to_owned()));
    }
    let keys = KeyRing::create(key, entropy)?;
    // The directory entry must survive a power failure, as the database will.
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(DirectoryError::file(parent))?;
    Ok(keys)
}

/// Creates a file with mode 0600, or restricts the mode of an existing one. SQLite gives the
/// write-ahead log the mode of the database.
fn make_private(path: &Path) -> Result<(), DirectoryError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(path);
    let private = file.and_then(|file| {
        let mut mode = file.metadata()?.permissions();
        if mode.mode() & 0o077 != 0 {
            mode.set_mode(0o600);
            file.set_permissions(mode)?;
        }
        Ok(())
    });
    private.map_err(DirectoryError::file(path))
}

/// Refuses keys that do not decrypt the store's check value. A new store gets that value before its
/// account, so that nothing is encrypted without it.
fn check_key(
    directory: &DataDirectory,
    store: &dyn Store,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), DirectoryError> {
    let mut check = None;
    store.read(&mut |view| {
        check = view.key_check()?;
        Ok(())
    })?;
    let Some(check) = check else { return set_check(store, keys, entropy) };
    match keys.decrypt(CHECK, &check) {
        Ok(_) => Ok(()),
        Err(_) => Err(DirectoryError::KeyWrong {
            key: directory.key().to_owned(),
            database: directory.database(),
        }),
    }
}

fn set_check(
    store: &dyn Store,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), DirectoryError> {
    let check: Sealed = keys.encrypt(CHECK, b"", entropy);
    Ok(store.set_key_check(check)?)
}

/// The associated data of the check value.
const CHECK: &[&[u8]] = &[b"key check"];
