//! Where a call goes: the service in this process, or the socket of the process that holds the
//! data directory.

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
