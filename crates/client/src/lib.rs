//! Where a call goes: the service in this process, or the socket of the process that holds the
//! data directory.
//!
//! One process holds a data directory. [`open`] gives a command whatever there is: the directory
//! itself for its moment, or the way to the server that holds it.
//!
//! Not here: what a call means, and how its answer is shown.

mod directory;
mod embedded;
mod error;
mod held;
mod lock;
mod open;
mod reach;
mod socket;

pub use directory::Directory;
pub use embedded::Embedded;
pub use error::Error;
pub use held::{Held, Means};
pub use lock::Holder;
pub use open::{AccessKey, open, or_holder};
pub use reach::reach;
pub use socket::Socket;

use vmfa_iam::Call;
use vmfa_model::{Fault, Record};

/// Something that answers calls. The doors do not know which.
pub trait Calls: Send + Sync {
    /// Makes a call and waits for its answer.
    fn call(&self, call: Call) -> Result<Record, Failed>;
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// Nobody could be asked.
    #[error("{0}")]
    Unreachable(String),
}
