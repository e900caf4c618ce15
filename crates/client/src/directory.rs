//! A data directory: where its files are, and who may hold it.

use std::{
    convert::Infallible,
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use vmfa_model::AccountId;

use crate::{
    DirectoryError, HeldDirectory, LockHolder, ServiceOptions,
    lock::{self, Lock},
};

/// A data directory, which may not exist yet.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    path: PathBuf,
    key: PathBuf,
}

impl DataDirectory {
    /// The directory at `path`. Its key file is beside the database, unless another is named.
    pub fn new(path: PathBuf, key: Option<PathBuf>) -> Self {
        let key = key.unwrap_or_else(|| path.join("key"));
        Self { path, key }
    }

    /// Holds the directory, and makes what it lacks: the directory, the key file, the database,
    /// the account. Waits that long for another holder; `command` is what others are told of this
    /// one.
    pub fn hold(
        &self,
        wait: Duration,
        command: &str,
        means: &ServiceOptions,
    ) -> Result<HeldDirectory, DirectoryError> {
        match self.lock_or(wait, command, |_| None::<Infallible>)? {
            Ok(lock) => HeldDirectory::open(self, lock, means),
            Err(never) => match never {},
        }
    }

    /// Takes the lock, or what `instead` finds while another process has it: whichever comes
    /// first. The error, when the time is up, names that process.
    pub(crate) fn lock_or<T>(
        &self,
        wait: Duration,
        command: &str,
        instead: impl Fn(&Self) -> Option<T>,
    ) -> Result<Result<Lock, T>, DirectoryError> {
        self.make()?;
        let began = Instant::now();
        loop {
            let holder = match Lock::take(&self.lock_file(), command)? {
                Ok(lock) => return Ok(Ok(lock)),
                Err(holder) => holder,
            };
            if let Some(other) = instead(self) {
                return Ok(Err(other));
            }
            if began.elapsed() >= wait {
                return Err(DirectoryError::Held { path: self.path.clone(), holder });
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Refuses a directory in which nothing was made yet, and makes nothing.
    pub fn demand_account(&self) -> Result<(), DirectoryError> {
        let there = fs::metadata(self.database()).is_ok_and(|file| file.len() > 0);
        if there { Ok(()) } else { Err(DirectoryError::NoAccount(self.path.clone())) }
    }

    /// Refuses an account that is not the one that is wanted.
    pub(crate) fn demand(
        &self,
        found: AccountId,
        wanted: Option<AccountId>,
    ) -> Result<(), DirectoryError> {
        match wanted {
            Some(wanted) if wanted != found => {
                Err(DirectoryError::OtherAccount { path: self.path.clone(), found, wanted })
            }
            _ => Ok(()),
        }
    }

    /// Who holds the directory, if anybody does.
    pub fn holder(&self) -> Result<Option<LockHolder>, DirectoryError> {
        lock::holder(&self.lock_file())
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that seals secrets.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path.join("vmfa.db")
    }

    /// Where a server that holds the directory listens for other commands.
    pub fn socket(&self) -> PathBuf {
        self.path.join("vmfa.sock")
    }

    fn lock_file(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn make(&self) -> Result<(), DirectoryError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.path).map_err(|error| {
            let file = self.path.ancestors().find(|path| path.exists() && !path.is_dir());
            match file {
                Some(file) => DirectoryError::NotADirectory(file.to_owned()),
                None => DirectoryError::file(&self.path)(error),
            }
        })
    }
}

/// Between two looks at a directory that another process holds; a command holds it for about
/// this long.
const PAUSE: Duration = Duration::from_millis(5);
