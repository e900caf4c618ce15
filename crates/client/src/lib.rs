//! Where calls go: to the service in this process, to the socket of the process that holds the data
//! directory, or to an endpoint.
//!
//! A [`Route`] is resolved from a command's options ([`ConnectionOptions`]) and the
//! [`Configuration`] (the AWS CLI's own files and variables): calls go to the [`Endpoint`] that
//! they name, or else to the data directory. One process holds a data directory; [`open`] holds it
//! for one command, or connects to the process that serves it.

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
pub use open::{AccessKeyPair, Holding, hold_or_connect, open};
pub use options::ConnectionOptions;
pub use route::{OpenDirectory, Route};
pub use socket::SocketClient;

use vmfa_iam::{Call, Detail};
use vmfa_model::{Fault, Record};

/// Makes calls. The doors do not know whether in this process or elsewhere.
pub trait Calls: Send + Sync {
    /// Makes a call and waits for its output.
    fn call(&self, call: Call) -> Result<Record, CallError>;

    /// As [`call`](Self::call). Implementations may leave out members of a list's elements that
    /// `detail` does not ask for.
    fn call_for(&self, call: Call, _detail: Detail) -> Result<Record, CallError> {
        self.call(call)
    }

    /// Whether `Detail::Bare` is honoured.
    fn supports_bare(&self) -> bool {
        false
    }

    /// How many calls should be made at the same time, by a door that has several to make. In this
    /// process a call takes less time than handing it to another thread.
    fn max_concurrency(&self) -> usize {
        1
    }

    /// The credentials of the calls, if they go to an endpoint. This may run a process, prompt for
    /// a code, and call STS.
    fn credentials(&self) -> Result<Option<Credentials>, ClientError> {
        Ok(None)
    }
}

/// Why a call has no output.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service refused it.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// The service refused the last attempt.
    #[error("{fault}")]
    Exhausted {
        /// The last refusal.
        fault: Fault,
        /// The attempts before the last one: botocore's `reached max retries`.
        retries: u32,
    },
    /// The process that holds the data directory did not respond.
    #[error("{0}")]
    Unreachable(String),
    /// No response, for a reason that botocore knows.
    #[error(transparent)]
    Client(#[from] ClientError),
}
