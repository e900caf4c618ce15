//! Errors of a data directory. Each message says what to do, if something can be done.

use std::path::{Path, PathBuf};

use vmfa_iam::Refusal;
use vmfa_model::AccountId;

use crate::LockHolder;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process holds it, and does not serve it.
    #[error(
        "data directory `{}` is held by {holder}: stop that process, or give another --data-dir",
        path.display()
    )]
    Held {
        /// The directory.
        path: PathBuf,
        /// As the lock file names it.
        holder: LockHolder,
    },
    /// The path, or an ancestor of it, is a file.
    #[error("`{}` is not a directory: give another --data-dir", .0.display())]
    NotADirectory(PathBuf),
    /// It has no account, and the command creates none.
    #[error(
        "data directory `{}` has no account: create one with `vmfa serve`, or with any command of \
         `vmfa iam`", .0.display()
    )]
    NoAccount(PathBuf),
    /// The database file is not a SQLite database of vmfa.
    #[error(
        "`{}` is not a database of vmfa: move the file away, or give another --data-dir", .0.display()
    )]
    NotADatabase(PathBuf),
    /// A file, or the directory itself, cannot be read, written or created.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The parent directory of the key file does not exist, so that the file cannot be created.
    #[error(
        "cannot create key file `{}`: its directory does not exist; create it, or give another \
         --key-file",
        .0.display()
    )]
    NoFolder(PathBuf),
    /// The database exists and its key file does not. A new key could not decrypt the database.
    #[error(
        "key file `{}` is missing, and only it decrypts the secrets in `{}`: restore it, or name it \
         with --key-file or VMFA_KEY_FILE", key.display(), database.display()
    )]
    KeyMissing {
        /// The key file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The key file belongs to another database.
    #[error(
        "key file `{}` does not decrypt the secrets in `{}`: it belongs to another data directory; \
         name the right one with --key-file or VMFA_KEY_FILE",
        key.display(), database.display()
    )]
    KeyWrong {
        /// The key file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The access key that the operator chose for the root user belongs to another user.
    #[error(
        "invalid VMFA_ROOT_ACCESS_KEY_ID `{0}`: it is the access key of a user; choose another"
    )]
    KeyOfAUser(String),
    /// Credentials that must be of this account are not.
    #[error(
        "access key `{0}` is unknown in the data directory: set its endpoint with \
         --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url"
    )]
    NotOurs(String),
    /// The directory has another account than the requested one.
    #[error(
        "data directory `{}` has account {found}, not {wanted}: give another --data-dir, or unset \
         VMFA_ACCOUNT_ID", path.display()
    )]
    OtherAccount {
        /// The directory.
        path: PathBuf,
        /// Its account.
        found: AccountId,
        /// The requested account.
        wanted: AccountId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] vmfa_store::Error),
    /// The service failed, or refused the call.
    #[error(transparent)]
    Service(Box<dyn std::error::Error + Send + Sync>),
    /// Another failure: the process that holds the directory sent no usable response, or the
    /// directory has no path.
    #[error("{0}")]
    Other(String),
}

impl DirectoryError {
    /// Adds the path to an error of the system.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}

impl From<Refusal> for DirectoryError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fault(fault) | Refusal::Kept(fault) => Self::Service(Box::new(fault)),
            Refusal::Internal(broken) => Self::Service(Box::new(broken)),
        }
    }
}
