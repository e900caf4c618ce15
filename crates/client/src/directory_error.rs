//! Why a data directory cannot be used.

use std::path::{Path, PathBuf};

use vmfa_iam::Refusal;
use vmfa_model::AccountId;

use crate::LockHolder;

/// Why a data directory cannot be used. Each says what to do, where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process holds it.
    #[error(
        "data directory `{}` is held by {holder}: stop it, or give another --data-dir",
        path.display()
    )]
    Held {
        /// The directory.
        path: PathBuf,
        /// Who holds it.
        holder: LockHolder,
    },
    /// It, or something on the way to it, is a file.
    #[error("`{}` is not a directory: give another --data-dir", .0.display())]
    NotADirectory(PathBuf),
    /// It has no account yet, and whoever asks makes none.
    #[error(
        "there is no account in `{}`: `vmfa serve` makes one, and so does the first command of \
         `vmfa iam`", .0.display()
    )]
    NoAccount(PathBuf),
    /// There is something else in place of the database.
    #[error(
        "`{}` is not a database of vmfa: move it away, or give another --data-dir", .0.display()
    )]
    NotADatabase(PathBuf),
    /// A file or the directory itself cannot be used.
    #[error("cannot use `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no place for the key file that is to be made.
    #[error(
        "the folder of key file `{}` does not exist: make it, or give another --key-file",
        .0.display()
    )]
    NoFolder(PathBuf),
    /// The database is there and its key file is not. None is made then: it would open nothing.
    #[error(
        "key file `{}` is missing, and nothing else opens the secrets in `{}`: put it back, or \
         name it with --key-file or VMFA_KEY_FILE", key.display(), database.display()
    )]
    KeyMissing {
        /// The key file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The key file is one, but of another database.
    #[error(
        "key file `{}` does not open the secrets in `{}`: it is that of another data directory",
        key.display(), database.display()
    )]
    KeyWrong {
        /// The key file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The access key that the operator chose for the root is a user's.
    #[error("VMFA_ROOT_ACCESS_KEY_ID is `{0}`, which is the access key of a user: choose another")]
    KeyOfAUser(String),
    /// The key that was named is not of this account.
    #[error(
        "access key `{0}` is not of this machine's own account: name the endpoint that it is for \
         with --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url"
    )]
    NotOurs(String),
    /// The directory has an account, and it is not the one that was asked for.
    #[error(
        "data directory `{}` has account {found}, not {wanted}: choose another directory, or do \
         not set VMFA_ACCOUNT_ID", path.display()
    )]
    OtherAccount {
        /// The directory.
        path: PathBuf,
        /// Its account.
        found: AccountId,
        /// The one asked for.
        wanted: AccountId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] vmfa_store::Error),
    /// The service failed, or refused.
    #[error(transparent)]
    Service(Box<dyn std::error::Error + Send + Sync>),
    /// Another failure: the process that holds the directory sent no usable response, or the directory
    /// has no path.
    #[error("{0}")]
    Other(String),
}

impl DirectoryError {
    /// Names the file that trouble is with.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}

impl From<Refusal> for DirectoryError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fault(fault) | Refusal::Kept(fault) => Self::Service(Box::new(fault)),
            Refusal::Broken(broken) => Self::Service(Box::new(broken)),
        }
    }
}
