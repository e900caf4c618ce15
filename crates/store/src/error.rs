//! Breakage of the store. A refusal of a call is not one.

use std::{path::PathBuf, sync::Arc};

use rusqlite::ffi;
use thiserror::Error;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// The engine failed: the disk is full, the file is damaged.
    #[error("the database failed")]
    Engine(#[from] rusqlite::Error),
    /// The engine cannot be set up.
    #[error("the database engine cannot be set up")]
    Setup(#[from] vmfa_sqlite::Late),
    /// A row says what no row may say.
    #[error("a row of `{0}` is damaged or was altered")]
    Inconsistent(&'static str),
    /// A seal does not fit its row: row or seal was altered or moved.
    #[error("a seal does not open: the row was altered, or sealed with a key this ring lacks")]
    Seal,
    /// The data was written by a newer program.
    #[error(
        "the data has schema version {found}, and this program knows {known}: use a newer vmfa"
    )]
    Newer {
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// A file of the data directory cannot be used.
    #[error("cannot use `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The key file is not one.
    #[error("`{}` is not a key file: {problem}", path.display())]
    KeyFile {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Others may read the key file.
    #[error("others may read `{}`: set its mode to 0600", .0.display())]
    KeyExposed(PathBuf),
    /// The writer has ended, or the job failed in a way that it must not.
    #[error("the writer has stopped")]
    Stopped,
    /// The commit failed, and everything in it was undone.
    #[error("the commit failed and was undone")]
    Uncommitted(#[source] Arc<rusqlite::Error>),
    /// The transaction was undone by the engine before it could be committed.
    #[error("the transaction was undone, because another call in it made the database fail")]
    Undone,
    /// A rule panicked.
    #[error("a rule panicked in a transaction, which was undone")]
    Panicked,
}

impl Error {
    /// Names the file that trouble is with.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    /// Whether the file is no database, or not a whole one.
    pub fn is_no_database(&self) -> bool {
        let Self::Engine(cause) = self else { return false };
        cause.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase)
    }

    /// Whether room on the disk is what is missing.
    pub fn is_full(&self) -> bool {
        let code = self.cause().and_then(rusqlite::Error::sqlite_error_code);
        code == Some(rusqlite::ErrorCode::DiskFull)
    }

    /// Whether it may succeed once there is more room on the disk. The engine reports a quota, and
    /// an index of its log that cannot grow, as failed writes.
    pub(crate) fn needs_room(&self) -> bool {
        let code = self.cause().and_then(rusqlite::Error::sqlite_error);
        self.is_full()
            || code.is_some_and(|code| {
                matches!(code.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE)
            })
    }

    fn cause(&self) -> Option<&rusqlite::Error> {
        match self {
            Self::Engine(cause) => Some(cause),
            Self::Uncommitted(cause) => Some(cause),
            _ => None,
        }
    }
}
