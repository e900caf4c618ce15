//! The lock on a data directory, and who has it.
//!
//! The operating system lets go of the lock when its process ends, however that ends; the file
//! stays. What is written in it is for people alone.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::DirectoryError;

/// The lock. Dropping it lets the next one have it.
#[derive(Debug)]
pub(crate) struct Lock(File);

/// The process that has the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder(Option<(u32, String)>);

impl Lock {
    /// Takes the lock without waiting, or tells who has it.
    pub(crate) fn take(
        path: &Path,
        command: &str,
    ) -> Result<Result<Self, LockHolder>, DirectoryError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(DirectoryError::file(path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(DirectoryError::file(path)(error)),
        }
        let text = format!("{} {command}\n", std::process::id());
        let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        match written {
            // The lock holds on a full disk too, without the name.
            Err(error) if error.kind() != ErrorKind::StorageFull => {
                Err(DirectoryError::file(path)(error))
            }
            _ => Ok(Ok(Self(file))),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The name of one who has gone would mislead, but does no harm.
        let _ = self.0.set_len(0);
    }
}

/// Who has the lock, if anybody has.
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

/// Between taking the lock and writing into the file there is a moment without a name.
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
    fn one_has_it_and_the_others_are_told_who() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert_eq!(holder(&path).unwrap(), None);

        let lock = Lock::take(&path, "vmfa serve").unwrap().unwrap();
        let id = std::process::id();
        let refused = Lock::take(&path, "vmfa iam").unwrap().unwrap_err();
        assert_eq!(refused.to_string(), format!("process {id} (vmfa serve)"));
        assert_eq!(holder(&path).unwrap(), Some(refused));

        drop(lock);
        assert_eq!(holder(&path).unwrap(), None);
        drop(Lock::take(&path, "vmfa iam").unwrap().unwrap());
    }
}
