//! Room on the disk that the store keeps for itself: a file beside the database, which is cut
//! piece by piece when a full disk would make a commit fail.
//!
//! With it, MFA works and a key can be deactivated on a disk that something else has filled.
//!
//! Not here: when a commit needs it.

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

/// The reserve of one database.
pub(super) struct Reserve {
    file: PathBuf,
    is_whole: bool,
    checked: Option<Instant>,
}

impl Reserve {
    /// The reserve of that database, as it is.
    pub(super) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-reserve");
        Self { file: name.into(), is_whole: false, checked: None }
    }

    /// Allocates what is missing, where the disk has twice as much free. Looks at the disk no sooner
    /// than [`INTERVAL`] after it last did, or gave up a piece. A failure leaves the reserve as it
    /// was: the store works without.
    pub(super) fn refill(&mut self) {
        let is_due = self.checked.is_none_or(|checked| checked.elapsed() >= INTERVAL);
        if !self.is_whole && is_due {
            self.checked = Some(Instant::now());
            self.is_whole = self.fill().unwrap_or(false);
        }
    }

    /// Gives a piece of it back to the disk. False where nothing is left.
    pub(super) fn give_up_piece(&mut self) -> bool {
        (self.is_whole, self.checked) = (false, Some(Instant::now()));
        let shortened = || -> io::Result<bool> {
            let file = OpenOptions::new().write(true).open(&self.file)?;
            let length = file.metadata()?.len();
            file.set_len(length.saturating_sub(PIECE))?;
            Ok(length > 0)
        };
        shortened().unwrap_or(false)
    }

    /// Whether it has its whole size afterwards.
    fn fill(&self) -> io::Result<bool> {
        let directory = self.file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let disk = statvfs(directory.unwrap_or(Path::new(".")))?;
        let size = SIZE.min(disk.f_blocks.saturating_mul(disk.f_frsize) / LARGEST_SHARE);
        let allocated = match fs::metadata(&self.file) {
            // A copy may have the length and none of the blocks.
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

/// Allocates the blocks of a file of that size. A failure leaves its length as it was.
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

/// Bytes of the reserve: room for thousands of commits of sign-ins.
const SIZE: u64 = 16 << 20;
/// On a small disk the reserve takes one part in eight.
const LARGEST_SHARE: u64 = 8;
/// Bytes that are given up at a time.
const PIECE: u64 = 4 << 20;
/// Time between two looks whether the disk has room again.
const INTERVAL: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn its_blocks_are_allocated_and_given_back_piece_by_piece() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("db");
        let file = dir.path().join("db-reserve");
        let look = || {
            let found = fs::metadata(&file).unwrap();
            (found.len(), found.blocks() * 512 >= found.len(), found.permissions().mode() & 0o777)
        };
        assert!(!Reserve::beside(&database).give_up_piece(), "there is none yet");
        let mut reserve = Reserve::beside(&database);
        reserve.refill();
        assert_eq!(look(), (SIZE, true, 0o600));
        let pieces = std::iter::from_fn(|| reserve.give_up_piece().then(look)).take(10);
        let lengths: Vec<u64> = pieces.map(|(length, ..)| length).collect();
        assert_eq!(lengths, [3 * PIECE, 2 * PIECE, PIECE, 0]);
        reserve.refill();
        assert_eq!(look().0, 0, "it was given up a moment ago");

        // As a copy that leaves out blocks of zeros.
        File::options().write(true).open(&file).unwrap().set_len(SIZE).unwrap();
        Reserve::beside(&database).refill();
        assert_eq!(look(), (SIZE, true, 0o600));
    }
}
