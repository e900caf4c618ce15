//! The file that keeps a seed: made before the device is, so that whatever is wrong with it is found
//! while there is no seed to lose.
//!
//! Not here: reading one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::Trouble;

/// A new file, for its owner alone. Removed when dropped, unless it is kept.
pub(crate) struct SeedFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl SeedFile {
    /// Makes the file, empty. One that is there already is never written over.
    pub(crate) fn make(path: &Path) -> Result<Self, Trouble> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let shown = path.display();
        let file = made.map_err(|error| {
            Trouble::failed(match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    format!("seed file `{shown}` exists already, and may hold another seed: name a new one")
                }
                _ => format!("cannot make seed file `{shown}`: {error}"),
            })
        })?;
        Ok(Self { path: path.to_owned(), file, kept: false })
    }

    /// Writes the seed, to the disk: the name of the file must outlast a power failure as well.
    pub(crate) fn write(&mut self, seed: &str) -> Result<(), Trouble> {
        // In one piece: no copy is made on the way.
        let line = zeroize::Zeroizing::new(format!("{seed}\n"));
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let written = self.file.write_all(line.as_bytes());
        let written = written.and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| File::open(folder)?.sync_all());
        written.map_err(|error| {
            Trouble::failed(format!("cannot write seed file `{}`: {error}", self.path.display()))
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it where it is.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for SeedFile {
    fn drop(&mut self) {
        if !self.kept {
            // Whoever failed tells of that; a file of a device that is gone opens nothing.
            let _ = fs::remove_file(&self.path);
        }
    }
}
