//! The lock of a data directory, and the process that holds it.
//!
//! The operating system releases the lock when its process ends, even if it is killed; the file
//! stays. Its text (process id and command) is for messages only.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::DirectoryError;

/// The lock, held until this is dropped.
#[derive(Debug)]
pub(crate) struct DirectoryLock(File);

/// What became of an attempt to take the lock.
pub(crate) enum LockAttempt {
    Taken(DirectoryLock),
    Held(LockHolder),
}

/// The process that has the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder(Option<(u32, String)>);

impl DirectoryLock {
    /// Attempts to take the lock, without waiting. `command` is what others read of its holder.
    pub(crate) fn attempt(path: &Path, command: &str) -> Result<LockAttempt, DirectoryError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(DirectoryError::file(path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(LockAttempt::Held(read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(DirectoryError::file(path)(error)),
        }
        let text = format!("{} {command}\n", std::process::id());
        let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        match written {
            // On a full disk the lock is taken without the holder's name.
            Err(error) if error.kind() != ErrorKind::StorageFull => {
                Err(DirectoryError::file(path)(error))
            }
            _ => Ok(LockAttempt::Taken(Self(file))),
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // A failure leaves the name of an ended process, which is harmless.
        let _ = self.0.set_len(0);
    }
}

/// The process that holds the lock, if one does.
pub(crate) fn holder(path: &Path) -> Result<Option<LockHolder>, DirectoryError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DirectoryError::file(path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read(&mut file))),
        Err(TryLockError::Error(error)) => Err(DirectoryError::file(path)(error)),
    }
}

/// Reads the holder from the file, which has no text yet just after the lock was taken.
fn read(file: &mut File) -> LockHolder {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    let line = read.ok().and_then(|_| text.trim_end().split_once(' '));
    LockHolder(line.and_then(|(id, command)| Some((id.parse().ok()?, command.to_owned()))))
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some((id, command)) => write!(f, "process {id} ({command})"),
            None => f.write_str("another process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_has_the_lock_and_others_learn_which() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert_eq!(holder(&path).unwrap(), None);

        let attempt = |command| DirectoryLock::attempt(&path, command).unwrap();
        let LockAttempt::Taken(lock) = attempt("vmfa serve") else { panic!("it is held") };
        let id = std::process::id();
        let LockAttempt::Held(refused) = attempt("vmfa iam") else { panic!("it is not held") };
        assert_eq!(refused.to_string(), format!("process {id} (vmfa serve)"));
        assert_eq!(holder(&path).unwrap(), Some(refused));

        drop(lock);
        assert_eq!(holder(&path).unwrap(), None);
        assert!(matches!(attempt("vmfa iam"), LockAttempt::Taken(_)));
    }
}
