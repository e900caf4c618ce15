//! Writes a secret of a response to a file instead of printing it (`--outfile`).
//!
//! The file is opened before the call: the response shows the secret only once, so that a path that
//! cannot be written must not cost the device.

use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, ErrorKind, Seek as _, SeekFrom, Write as _},
    os::{
        fd::AsFd as _,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
    process::{Resource, getrlimit},
};
use vmfa_iam::{Action, WrappedReply};
use vmfa_model::{Record, Value};

use crate::{
    CliContext,
    error::{CliError, Result},
    interrupt::{self, InterruptHold, UndoGuard},
    paramfile,
};

/// The open file for the secret of a response.
pub(crate) struct Outfile {
    file: File,
    path: String,
    /// The file to create, if `path` is a dangling link.
    place: PathBuf,
    field: &'static str,
    /// Created by this process and still empty, and so removed if the call fails.
    unfilled: bool,
    /// Removes the file if a signal ends the process.
    undo: Option<UndoGuard>,
    /// Held from before the file is created: a signal waits until the secret is written.
    _held: InterruptHold,
}

impl Outfile {
    /// Validates the path: neither empty nor a directory, and in an existing directory. The AWS CLI
    /// checks only the last, and finds only after the call that it cannot write the file.
    pub(crate) fn path(text: &str, context: &CliContext<'_>) -> Result<String> {
        let path = paramfile::expand(text, context);
        let whole = Path::new(&path);
        let parent = whole.parent().filter(|parent| !parent.as_os_str().is_empty());
        let placed = parent.is_none_or(Path::is_dir);
        if path.is_empty() || path.ends_with('/') || whole.is_dir() || !placed {
            return Err(unable(&path));
        }
        Ok(path)
    }

    /// Opens the file and keeps its content until [`keep`](Self::keep).
    pub(crate) fn open(path: String, field: &'static str) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).mode(PRIVATE);
        // Opening a pipe without a reader blocks: a signal ends the process until then.
        let special = fs::metadata(&path).is_ok_and(|found| !found.is_file());
        let special = special.then(|| options.open(&path));
        let place = end_of_dangling(&path).unwrap_or_else(|| PathBuf::from(&path));
        let held = interrupt::hold();
        let (opened, unfilled) = match special {
            Some(opened) => (opened, false),
            None => match options.clone().create_new(true).open(&place) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    (options.open(&place), false)
                }
                made => (made, true),
            },
        };
        let file = opened.map_err(|_| unable(&path))?;
        let room = reserve(&file);
        let undo = unfilled.then(|| {
            let place = place.clone();
            interrupt::undo(move || drop(fs::remove_file(place)))
        });
        let outfile = Self { file, path, place, field, unfilled, undo, _held: held };
        match room {
            Ok(()) => Ok(outfile),
            Err(error) => Err(CliError::Other(paramfile::os(&error, &outfile.path))),
        }
    }

    /// Writes the secret, and removes all secrets from the response.
    pub(crate) fn keep(mut self, action: &Action, mut answer: Record) -> Result<Record> {
        let Some(WrappedReply { member, files, .. }) = action.wrapped() else { return Ok(answer) };
        let Some(Value::Structure(mut inner)) = answer.take(member.as_str()) else {
            return Ok(answer);
        };
        for field in files {
            match inner.take(field) {
                Some(Value::Blob(blob)) if *field == self.field => self.write(blob.expose())?,
                _ => {}
            }
        }
        answer.push(member.as_str(), Value::Structure(inner));
        Ok(answer)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.unfilled = false;
        self.undo = None;
        let written = self.file.metadata().and_then(|file| {
            // Terminals and pipes have no length, and their mode is not changed.
            if file.is_file() {
                self.file.set_permissions(Permissions::from_mode(PRIVATE))?;
                self.file.seek(SeekFrom::Start(0))?;
            }
            self.file.write_all(bytes)?;
            if file.is_file() {
                // Cuts off the rest of the old content or of the reserved space.
                let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.file.set_len(end)?;
                if let Some(mut answers) = standard_output(&file) {
                    // `--outfile` and standard output are the same file: print the response
                    // after the secret.
                    answers.seek(SeekFrom::Start(end))?;
                }
            }
            self.file.flush()
        });
        written.map_err(|error| CliError::Other(paramfile::os(&error, &self.path)))
    }
}

/// The target of a dangling symbolic link. `create_new`, which cannot overwrite a file that another
/// process creates meanwhile, does not follow links.
fn end_of_dangling(path: &str) -> Option<PathBuf> {
    let missing = fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let mut place = PathBuf::from(path);
    let mut links = 0;
    while missing && links < MOST_LINKS {
        let Ok(next) = fs::read_link(&place) else { return (links > 0).then_some(place) };
        // Relative targets start at the directory of the link.
        place = place.parent().map_or(next.clone(), |folder| folder.join(&next));
        links += 1;
    }
    None
}

fn standard_output(file: &Metadata) -> Option<File> {
    let output = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    let other = output.metadata().ok()?;
    (other.dev() == file.dev() && other.ino() == file.ino()).then_some(output)
}

/// Reserves space on the disk and checks the file size limit, so that a shortage is found before
/// the call. Pipes and some file systems do not support reservation.
fn reserve(file: &File) -> io::Result<()> {
    let limit = getrlimit(Resource::Fsize).current;
    if limit.is_some_and(|most| most < ROOM) && file.metadata()?.is_file() {
        return Err(Errno::FBIG.into());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, ROOM) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT)) => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Drop for Outfile {
    fn drop(&mut self) {
        if self.unfilled {
            // The file is empty; the error of the call matters more.
            let _ = fs::remove_file(&self.place);
        }
    }
}

fn unable(path: &str) -> CliError {
    CliError::ParamValidation(format!("Unable to write to file: {path}"))
}

/// The content is the second factor of a user.
const PRIVATE: u32 = 0o600;
/// The maximum size of a secret, in bytes: a PNG of a QR code.
const ROOM: u64 = 16 << 10;
/// Linux follows at most this many links.
const MOST_LINKS: u32 = 40;
