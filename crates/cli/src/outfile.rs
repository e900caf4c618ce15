//! Secrets of an answer that go to a file in place of being printed.
//!
//! The file is opened before the call, since what the answer holds is shown this once: a place
//! that cannot be written must not cost the device.

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
    /// The file itself, where `path` is a dangling link.
    place: PathBuf,
    field: &'static str,
    /// Made by us, and so removed again where nothing comes of the call.
    unfilled: bool,
    /// Removes the file if a signal ends the process.
    undo: Option<UndoGuard>,
    /// An interruption waits for the secret, from before there is a file.
    _held: InterruptHold,
}

impl Outfile {
    /// The path as it is meant, where it may be one: neither empty nor a directory, and in a
    /// directory that is there. The AWS CLI looks at the last alone, and only when it has the
    /// secret finds that it cannot write it.
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

    /// Opens the file. What is in it stays until there is an answer.
    pub(crate) fn open(path: String, field: &'static str) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).mode(PRIVATE);
        // Whoever is to read a pipe may never come: until then an interruption ends the wait.
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

    /// Writes the secret, and takes it and those like it out of the answer.
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
            // A terminal or a pipe has no length, and its mode is not ours.
            if file.is_file() {
                self.file.set_permissions(Permissions::from_mode(PRIVATE))?;
                self.file.seek(SeekFrom::Start(0))?;
            }
            self.file.write_all(bytes)?;
            if file.is_file() {
                // What was there before, or reserved, and is longer.
                let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.file.set_len(end)?;
                if let Some(mut answers) = standard_output(&file) {
                    // The answer comes after the secret, as in a pipe, and not over it.
                    answers.seek(SeekFrom::Start(end))?;
                }
            }
            self.file.flush()
        });
        written.map_err(|error| CliError::Other(paramfile::os(&error, &self.path)))
    }
}

/// The target of a symbolic link whose target does not exist. `create_new`, which cannot overwrite
/// what another process makes meanwhile, follows no link.
fn end_of_dangling(path: &str) -> Option<PathBuf> {
    let missing = fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let mut place = PathBuf::from(path);
    let mut links = 0;
    while missing && links < MOST_LINKS {
        let Ok(next) = fs::read_link(&place) else { return (links > 0).then_some(place) };
        // A relative link begins in the directory of the link.
        place = place.parent().map_or(next.clone(), |folder| folder.join(&next));
        links += 1;
    }
    None
}

/// Standard output, if it is that file.
fn standard_output(file: &Metadata) -> Option<File> {
    let output = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    let other = output.metadata().ok()?;
    (other.dev() == file.dev() && other.ino() == file.ino()).then_some(output)
}

/// Room for the secret on the disk and within what the process may write, so that a lack of it is
/// found out before the call. Where room cannot be had, as for a pipe or on a file system that
/// reserves nothing, there is no promise.
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
            // It is empty; the refusal of the call is what matters.
            let _ = fs::remove_file(&self.place);
        }
    }
}

fn unable(path: &str) -> CliError {
    CliError::ParamValidation(format!("Unable to write to file: {path}"))
}

/// Whoever reads the file has the second factor.
const PRIVATE: u32 = 0o600;
/// Bytes of the largest secret: a picture of a QR code.
const ROOM: u64 = 16 << 10;
/// Links that Linux follows from one to the next.
const MOST_LINKS: u32 = 40;
