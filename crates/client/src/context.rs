//! What calls to endpoints need of the outside: the time, chance, patience, a person, a witness.

use std::{sync::Arc, time::Duration};

use vmfa_model::{Clock, Entropy};

/// What calls to endpoints need of the outside.
#[derive(Clone)]
pub struct ClientContext {
    /// The time, for signatures and for credentials that end.
    pub clock: Arc<dyn Clock>,
    /// Chance, for pauses between attempts.
    pub entropy: Arc<dyn Entropy>,
    /// Waits.
    pub pause: Arc<Sleep>,
    /// Shows a person a prompt and reads a line from them that is not shown. `None` where there is
    /// nobody to answer.
    pub ask: Arc<Prompt>,
    /// Who is told what is done, for `--debug`.
    pub trace: Option<Arc<dyn Trace>>,
    /// The name and version that endpoints are told.
    pub user_agent: String,
}

/// Waits that long.
pub type Sleep = dyn Fn(Duration) + Send + Sync;
/// Shows a prompt and gives the line that was answered.
pub type Prompt = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A witness of what is done.
pub trait Trace: Send + Sync {
    /// Takes note of a step: who does it, in botocore's names of its loggers, such as
    /// `botocore.auth`, and what. Secrets are struck out already.
    fn note(&self, logger: &str, message: &str);
}

impl ClientContext {
    /// Tells the witness, if there is one; the message is only made then.
    pub(crate) fn note(&self, logger: &str, message: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.note(logger, &message());
        }
    }
}
