//! A data directory: the paths of its files, and which process may hold it.

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
    lock::{self, DirectoryLock, LockAttempt},
};

/// A data directory, which may not exist yet.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    path: PathBuf,
    key: PathBuf,
}

/// The lock, or what is used where another process has it.
pub(crate) enum LockOr<T> {
    Lock(DirectoryLock),
    Instead(T),
}

impl DataDirectory {
    /// The directory at `path`. Its key file is beside the database, unless another is named.
    pub fn new(path: PathBuf, key: Option<PathBuf>) -> Self {
        let key = key.unwrap_or_else(|| path.join("key"));
        Self { path, key }
    }

    /// Holds the directory, and creates what is missing: the directory, the key file, the database,
    /// the account. Waits up to `wait` for another holder. `command` is shown to other processes
    /// that wait for this one.
    pub fn hold(
        &self,
        wait: Duration,
        command: &str,
        options: &ServiceOptions,
    ) -> Result<HeldDirectory, DirectoryError> {
        match self.lock_or(wait, command, |_| None::<Infallible>)? {
            LockOr::Lock(lock) => HeldDirectory::open(self, lock, options),
            LockOr::Instead(never) => match never {},
        }
    }

    /// Takes the lock, or returns what `instead` finds while another process has the lock.
    ///
    /// # Errors
    /// `Held`, after `wait`, if neither succeeds.
    pub(crate) fn lock_or<T>(
        &self,
        wait: Duration,
        command: &str,
        instead: impl Fn(&Self) -> Option<T>,
    ) -> Result<LockOr<T>, DirectoryError> {
        self.make()?;
        let began = Instant::now();
        loop {
            let holder = match DirectoryLock::attempt(&self.lock_file(), command)? {
                LockAttempt::Taken(lock) => return Ok(LockOr::Lock(lock)),
                LockAttempt::Held(holder) => holder,
            };
            if let Some(other) = instead(self) {
                return Ok(LockOr::Instead(other));
            }
            if began.elapsed() >= wait {
                return Err(DirectoryError::Held { path: self.path.clone(), holder });
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Refuses a directory without an account. Creates nothing.
    pub fn require_account(&self) -> Result<(), DirectoryError> {
        let there = fs::metadata(self.database()).is_ok_and(|file| file.len() > 0);
        if there { Ok(()) } else { Err(DirectoryError::NoAccount(self.path.clone())) }
    }

    /// Refuses an account other than the wanted one.
    pub(crate) fn require(
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

    /// The process that holds the directory, if one does.
    pub fn holder(&self) -> Result<Option<LockHolder>, DirectoryError> {
        lock::holder(&self.lock_file())
    }

    /// The path that it was made with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file with the keys that encrypt secrets: `key` in the directory, unless another is
    /// named.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// `vmfa.db`, beside which SQLite puts its own files.
    pub fn database(&self) -> PathBuf {
        self.path.join("vmfa.db")
    }

    /// `vmfa.sock`, where the process that holds the directory accepts requests of other commands.
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

/// Between two attempts to take the lock. A short command holds it for about this long.
const PAUSE: Duration = Duration::from_millis(5);
