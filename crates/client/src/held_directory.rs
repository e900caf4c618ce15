//! A data directory that this process holds: its key file, its database, its account.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use vmfa_iam::{Adopted, Established, RootKey, Service, Settings};
use vmfa_model::{AccountId, Clock, Entropy};
use vmfa_store::{KeyRing, Sealed, Store, sqlite::Sqlite};

use crate::{AccessKey, DataDirectory, DirectoryError, lock::Lock};

/// What a service is made with beside its directory.
#[derive(Clone)]
pub struct ServiceOptions {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator chose.
    pub settings: Settings,
    /// The account to make where there is none, and to demand where there is one.
    pub account: Option<AccountId>,
}

/// A data directory that is held until this is dropped.
pub struct HeldDirectory {
    service: Arc<Service>,
    established: Established,
    // Last, so that the store is closed before another process may open it.
    _lock: Lock,
}

impl HeldDirectory {
    pub(crate) fn open(
        directory: &DataDirectory,
        lock: Lock,
        means: &ServiceOptions,
    ) -> Result<Self, DirectoryError> {
        let keys = keys(directory, &*means.entropy)?;
        let database = directory.database();
        make_private(&database)?;
        let store = Sqlite::open(&database).map_err(|error| match error {
            error if error.is_no_database() => DirectoryError::NotADatabase(database),
            error => error.into(),
        })?;
        let store: Arc<dyn Store> = Arc::new(store);
        check_key(directory, &*store, &keys, &*means.entropy)?;
        let service = Service::new(
            store,
            keys,
            Arc::clone(&means.clock),
            Arc::clone(&means.entropy),
            means.settings.clone(),
        );
        let established = service.establish(means.account)?;
        directory.require(established.account, means.account)?;
        Ok(Self { service: Arc::new(service), established, _lock: lock })
    }

    /// The service on this directory. It is not to outlive the hold.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The account, as it was found or made.
    pub fn established(&self) -> Established {
        self.established
    }

    /// Makes an access key for the account's root. It has two at the most: the oldest makes room,
    /// and its identifier is given along.
    pub fn new_root_key(&self) -> Result<(AccessKey, Option<String>), DirectoryError> {
        let (key, replaced) = self.service.new_root_key(self.established.account)?;
        Ok((AccessKey { id: key.id, secret: key.secret }, replaced))
    }

    /// Lets the root use a key that the operator chose. Gives the one that made room for it.
    pub fn adopt_root_key(&self, key: &RootKey) -> Result<Option<String>, DirectoryError> {
        match self.service.adopt_root_key(self.established.account, key)? {
            Adopted::Done { replaced } => Ok(replaced),
            Adopted::OfAUser => Err(DirectoryError::KeyOfAUser(key.id.clone())),
        }
    }
}

/// The key ring: that of the file, or a new one, where nothing was sealed yet.
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
    // The name of the file must outlast a power failure no less than what it opens.
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(DirectoryError::file(parent))?;
    Ok(keys)
}

/// Sees to it that others may not read a file, made where there is none. SQLite gives the files
/// beside a database its mode.
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

/// Refuses keys that cannot open what the store holds. It gets its check before its account, so
/// that nothing is ever sealed without one.
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

/// What the check is bound to.
const CHECK: &[&[u8]] = &[b"key check"];
