//! The reserve file: room on the disk that the store keeps beside its database, and frees piece by
//! piece when a full disk makes a commit fail.
//!
//! So sessions can be created and keys deactivated on a disk that something else has filled.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    io::Errno,
};

/// The reserve file of a database.
pub(super) struct Reserve {
    file: PathBuf,
    is_whole: bool,
    checked: Option<Instant>,
}

impl Reserve {
    pub(super) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-reserve");
        Self { file: name.into(), is_whole: false, checked: None }
    }

    /// Allocates what is missing, if the disk has twice as much free. Checks no sooner than
    /// [`INTERVAL`] after the last check or freed piece. Failures are ignored: the store works
    /// without a reserve.
    pub(super) fn refill(&mut self) {
        let is_due = self.checked.is_none_or(|checked| checked.elapsed() >= INTERVAL);
        if !self.is_whole && is_due {
            self.checked = Some(Instant::now());
            self.is_whole = self.fill().unwrap_or(false);
        }
    }

    /// Gives a piece back to the disk. Returns false if nothing was left.
    pub(super) fn free_piece(&mut self) -> bool {
        (self.is_whole, self.checked) = (false, Some(Instant::now()));
        let shortened = || -> io::Result<bool> {
            let file = OpenOptions::new().write(true).open(&self.file)?;
            let length = file.metadata()?.len();
            file.set_len(length.saturating_sub(PIECE))?;
            Ok(length > 0)
        };
        shortened().unwrap_or(false)
    }

    /// Returns whether it then has its full size.
    fn fill(&self) -> io::Result<bool> {
        let directory = self.file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let disk = statvfs(directory.unwrap_or(Path::new(".")))?;
        let size = SIZE.min(disk.f_blocks.saturating_mul(disk.f_frsize) / LARGEST_SHARE);
        let allocated = match fs::metadata(&self.file) {
            // A copied file may be sparse.
            Ok(found) => found.len().min(found.blocks().saturating_mul(512)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let missing = size.saturating_sub(allocated);
        if missing == 0 {
            return Ok(true);
        }
        if disk.f_bavail.saturating_mul(disk.f_frsize) / 2 < missing {
            return Ok(false);
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        allocate(&options.open(&self.file)?, size).map(|()| true)
    }
}

/// Allocates the blocks of a file of that size. Restores its length on failure.
fn allocate(mut file: &File, size: u64) -> io::Result<()> {
    let length = file.metadata()?.len();
    let allocated = match fallocate(file, FallocateFlags::empty(), 0, size) {
        Err(Errno::NOTSUP | Errno::NOSYS) => {
            let mut zeros = io::repeat(0).take(size.saturating_sub(length));
            let end = file.seek(io::SeekFrom::End(0));
            end.and_then(|_| io::copy(&mut zeros, &mut file)).map(drop)
        }
        done => done.map_err(Into::into),
    };
    if allocated.is_err() {
        file.set_len(length)?;
    }
    allocated
}

/// Bytes of the reserve: room for thousands of commits that use up a code.
const SIZE: u64 = 16 << 20;
/// The divisor of the disk's size that limits the reserve on a small disk.
const LARGEST_SHARE: u64 = 8;
/// Bytes that are freed at a time.
const PIECE: u64 = 4 << 20;
/// Time between two checks for free room.
const INTERVAL: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn its_blocks_are_allocated_and_freed_piece_by_piece() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("db");
        let file = dir.path().join("db-reserve");
        let look = || {
            let found = fs::metadata(&file).unwrap();
            (found.len(), found.blocks() * 512 >= found.len(), found.permissions().mode() & 0o777)
        };
        assert!(!Reserve::beside(&database).free_piece(), "it does not exist yet");
        let mut reserve = Reserve::beside(&database);
        reserve.refill();
        assert_eq!(look(), (SIZE, true, 0o600));
        let pieces = std::iter::from_fn(|| reserve.free_piece().then(look)).take(10);
        let lengths: Vec<u64> = pieces.map(|(length, ..)| length).collect();
        assert_eq!(lengths, [3 * PIECE, 2 * PIECE, PIECE, 0]);
        reserve.refill();
        assert_eq!(look().0, 0, "a piece was freed within the interval");

        // As a sparse copy.
        File::options().write(true).open(&file).unwrap().set_len(SIZE).unwrap();
        Reserve::beside(&database).refill();
        assert_eq!(look(), (SIZE, true, 0o600));
    }
}
