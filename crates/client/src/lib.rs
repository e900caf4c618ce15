//! Where a call goes: the service in this process, the socket of the process that holds the data
//! directory, or an endpoint.
//!
//! [`connect`] gives a door its way, by what a command wishes for ([`ConnectionOptions`]) and what is
//! configured ([`Configuration`], the AWS CLI's own files and variables): to the [`Endpoint`] that
//! is named, or to the embedded store. One process holds a data directory; [`open`] gives a command
//! whatever there is: the directory itself for its moment, or the way to the server that holds it.
//!
//! What goes wrong on the way is [`ClientError`], in botocore's words.
//!
//! Not here: what a call means, and how its answer is shown.

mod client_error;
mod configuration;
mod context;
mod credential_chain;
mod credentials;
mod destination;
mod directory;
mod directory_error;
mod embedded;
mod endpoint;
mod held_directory;
mod http;
mod keys;
mod lock;
mod open;
mod options;
mod route;
mod socket;

pub use client_error::{ClientError, ClientErrorKind};
pub use configuration::{AWS, Aliases, Configuration, SettingValue, split_words};
pub use context::{ClientContext, Prompt, Sleep, Trace};
pub use credentials::{ActAs, Credentials};
pub use destination::Destination;
pub use directory::DataDirectory;
pub use directory_error::DirectoryError;
pub use embedded::Embedded;
pub use endpoint::{Endpoint, has_scheme};
pub use held_directory::{HeldDirectory, ServiceOptions};
pub use keys::{AccessKeys, FindHolder, HeldKeys, ServedKeys, SingleKey};
pub use lock::LockHolder;
pub use open::{AccessKey, Holding, hold_or_connect, open};
pub use options::ConnectionOptions;
pub use route::{OpenDirectory, Route};
pub use socket::Socket;

use vmfa_iam::{Call, Detail};
use vmfa_model::{Fault, Record};

/// Something that answers calls. The doors do not know which.
pub trait Calls: Send + Sync {
    /// Makes a call and waits for its answer.
    fn call(&self, call: Call) -> Result<Record, CallError>;

    /// As [`call`](Self::call), for somebody who wants no more than that of a list's elements.
    fn call_for(&self, call: Call, _: Detail) -> Result<Record, CallError> {
        self.call(call)
    }

    /// Whether less is told, and sooner, where less is wanted.
    fn supports_bare(&self) -> bool {
        false
    }

    /// How many calls are best made at a time, by whoever has several to make. In this process
    /// they take less time than handing them to other threads.
    fn max_concurrency(&self) -> usize {
        1
    }

    /// The credentials that calls are made with, where calls go to an endpoint. Getting them may
    /// start a process, ask a person, and call STS.
    fn credentials(&self) -> Result<Option<Credentials>, ClientError> {
        Ok(None)
    }
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// It was refused, and it was the last of the attempts that are made.
    #[error("{fault}")]
    Exhausted {
        /// The refusal.
        fault: Fault,
        /// How many attempts came before: botocore's `reached max retries`.
        retries: u32,
    },
    /// Nobody could be asked.
    #[error("{0}")]
    Unreachable(String),
    /// Nobody could be asked, for a reason that the AWS CLI knows too.
    #[error(transparent)]
    Client(#[from] ClientError),
}
