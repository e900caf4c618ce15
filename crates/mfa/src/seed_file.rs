//! Writes a seed to a new file, which is created before the device: an error is found before there
//! is a seed to lose.
//!
//! Not here: reading a seed (see `source`).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::Error;

/// A new file with mode 0600. Deleted when dropped, unless [`keep`](Self::keep) was called.
pub(crate) struct SeedFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl SeedFile {
    /// Creates the file, empty. An existing file is never overwritten.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let shown = path.display();
        let file = made.map_err(|error| {
            Error::failed(match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    format!("seed file `{shown}` already exists and may hold another seed; name a new file")
                }
                _ => format!("cannot create seed file `{shown}`: {error}"),
            })
        })?;
        Ok(Self { path: path.to_owned(), file, kept: false })
    }

    /// Writes the seed durably: file and directory entry.
    pub(crate) fn write(&mut self, seed: &str) -> Result<(), Error> {
        // One write, without copies of the seed.
        let line = zeroize::Zeroizing::new(format!("{seed}\n"));
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let written = self.file.write_all(line.as_bytes());
        let written = written.and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| File::open(folder)?.sync_all());
        written.map_err(|error| {
            Error::failed(format!("cannot write seed file `{}`: {error}", self.path.display()))
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for SeedFile {
    fn drop(&mut self) {
        if !self.kept {
            // The error that caused this is reported; the seed of a deleted device is harmless.
            let _ = fs::remove_file(&self.path);
        }
    }
}
