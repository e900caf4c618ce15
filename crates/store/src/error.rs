//! Errors of the store. A refused call is not one of them.

use std::{error::Error as StdError, fmt, io, path::PathBuf, sync::Arc};

use thiserror::Error;
use vmfa_model::AccountId;

/// Why the store failed.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The database engine failed: the disk is full, the file is damaged, the server is gone.
    #[error("database error")]
    Engine(#[source] EngineError),
    /// The database engine cannot be initialised.
    #[error("cannot initialise the database engine")]
    Setup(#[from] vmfa_sqlite::AlreadyInitialised),
    /// A row holds a value that the store never writes. Names the table or column.
    #[error("invalid row or column `{0}`: damaged, or modified outside vmfa")]
    Inconsistent(&'static str),
    /// A job of one account wrote to another.
    #[error("a transaction of account {own} cannot write to account {other}")]
    OtherAccount {
        /// The account that [`Store::write`](crate::Store::write) was given.
        own: AccountId,
        /// The account of the row.
        other: AccountId,
    },
    /// A secret cannot be decrypted.
    #[error("cannot decrypt: the row was modified, or its key is missing from the key file")]
    Seal,
    /// A newer program wrote the data.
    #[error("the data has schema version {found}; this program supports {known}: use a newer vmfa")]
    Newer {
        /// The schema version found.
        found: i64,
        /// The newest version that this program supports.
        known: i64,
    },
    /// A file of the data directory cannot be used.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: Arc<io::Error>,
    },
    /// The key file does not have the format that [`KeyRing::load`](crate::KeyRing::load) reads.
    #[error("`{}` is not a key file: {problem}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What does not conform.
        problem: &'static str,
    },
    /// The key file's mode lets others read it.
    #[error("other users can read key file `{}`: set its mode to 0600", .0.display())]
    KeyExposed(PathBuf),
    /// The writer thread has ended.
    #[error("the writer thread has stopped")]
    Stopped,
    /// The commit failed and was rolled back.
    #[error("the commit failed and was rolled back")]
    Uncommitted(#[source] EngineError),
    /// The engine rolled the transaction back before its commit.
    #[error("the database rolled back the batch, after an error in another job")]
    Undone,
    /// A job panicked.
    #[error("a job panicked; its changes were rolled back")]
    Panicked,
}

/// An error of a database engine, with the engine's own message.
#[derive(Clone, Debug)]
pub struct EngineError {
    condition: EngineCondition,
    cause: Arc<dyn StdError + Send + Sync>,
}

/// What an engine's error means to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineCondition {
    /// The disk has no room.
    DiskFull,
    /// A write failed that may succeed with more room on the disk: engines report an exceeded quota
    /// so.
    WriteFailed,
    /// The file is not a database.
    NotADatabase,
    /// Anything else.
    Other,
}

impl Error {
    /// Adds the path to an error of the operating system.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source: Arc::new(source) }
    }

    /// Whether the file is not a database, or is truncated.
    pub fn is_no_database(&self) -> bool {
        self.condition() == Some(EngineCondition::NotADatabase)
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        self.condition() == Some(EngineCondition::DiskFull)
    }

    /// Whether the operation may succeed with more room on the disk.
    pub(crate) fn needs_room(&self) -> bool {
        matches!(self.condition(), Some(EngineCondition::DiskFull | EngineCondition::WriteFailed))
    }

    fn condition(&self) -> Option<EngineCondition> {
        match self {
            Self::Engine(error) | Self::Uncommitted(error) => Some(error.condition),
            _ => None,
        }
    }
}

impl EngineError {
    /// Wraps an engine's error.
    pub fn new(condition: EngineCondition, cause: impl StdError + Send + Sync + 'static) -> Self {
        Self { condition, cause: Arc::new(cause) }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl StdError for EngineError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.source()
    }
}
