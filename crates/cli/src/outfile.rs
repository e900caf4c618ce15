//! Secrets of an answer that go to a file in place of being printed.
//!
//! The file is opened before the call, since what the answer holds is shown this once: a place
//! that cannot be written must not cost the device.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{ErrorKind, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
};

use vmfa_iam::Action;
use vmfa_model::{Record, Value};

use crate::{
    Surroundings,
    failure::{Failure, Told},
    paramfile,
    values::Given,
};

/// A file that waits for a secret.
pub(crate) struct Outfile {
    file: File,
    path: String,
    field: &'static str,
    /// Made by us, and so removed again where nothing comes of the call.
    unfilled: bool,
}

impl Outfile {
    /// Opens the file, where one is asked for. What is in it stays until there is an answer.
    pub(crate) fn open(given: &Given, around: &Surroundings<'_>) -> Told<Option<Self>> {
        let (Some(path), Some(field)) = (&given.outfile, given.method) else { return Ok(None) };
        let path = paramfile::expand(path, around);
        let mut options = OpenOptions::new();
        options.write(true).mode(PRIVATE);
        let (opened, unfilled) = match options.clone().create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => (options.open(&path), false),
            made => (made, true),
        };
        let unable = |_| Failure::Parameter(format!("Unable to write to file: {path}"));
        let file = opened.map_err(unable)?;
        Ok(Some(Self { file, path, field, unfilled }))
    }

    /// Writes the secret, and takes it and those like it out of the answer.
    pub(crate) fn keep(mut self, action: &Action, mut answer: Record) -> Told<Record> {
        let mut inner = match action.unwrap.map(|name| (name, answer.take(name))) {
            Some((name, Some(Value::Structure(inner)))) => (Some(name), inner),
            _ => (None, std::mem::take(&mut answer)),
        };
        for field in action.blob.iter().flat_map(|blob| blob.fields) {
            match inner.1.take(field) {
                Some(Value::Blob(blob)) if *field == self.field => self.write(blob.expose())?,
                _ => {}
            }
        }
        if let (Some(name), inner) = inner {
            answer.push(name, Value::Structure(inner));
            return Ok(answer);
        }
        Ok(inner.1)
    }

    fn write(&mut self, bytes: &[u8]) -> Told<()> {
        self.unfilled = false;
        let written = self.file.metadata().and_then(|file| {
            // A terminal or a pipe has no length, and its mode is not ours.
            if file.is_file() {
                self.file.set_permissions(Permissions::from_mode(PRIVATE))?;
                self.file.set_len(0)?;
                self.file.seek(SeekFrom::Start(0))?;
            }
            self.file.write_all(bytes)?;
            self.file.flush()
        });
        written.map_err(|error| Failure::Other(paramfile::os(&error, &self.path)))
    }
}

impl Drop for Outfile {
    fn drop(&mut self) {
        if self.unfilled {
            // It is empty; the refusal of the call is what matters.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whoever reads the file has the second factor.
const PRIVATE: u32 = 0o600;
