//! What calls to endpoints need from their environment: clock, randomness, sleep, prompt, trace.

use std::{sync::Arc, time::Duration};

use vmfa_model::{Clock, Entropy};

/// The environment of calls to endpoints. Tests give their own.
#[derive(Clone)]
pub struct ClientContext {
    /// For signatures, and for the expiry of credentials.
    pub clock: Arc<dyn Clock>,
    /// For the jitter of the back-off, and for invocation ids.
    pub entropy: Arc<dyn Entropy>,
    /// Sleeps between attempts.
    pub sleep: Arc<Sleep>,
    /// Prompts for a line that is not echoed. `None` without a terminal.
    pub prompt: Arc<Prompt>,
    /// Receives log messages, for `--debug`.
    pub trace: Option<Arc<dyn Trace>>,
    /// The `User-Agent` header, such as `vmfa/0.1.0`.
    pub user_agent: String,
}

/// Sleeps for that long.
pub type Sleep = dyn Fn(Duration) + Send + Sync;
/// Prints a prompt and reads a line.
pub type Prompt = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Receives the log messages of a client.
pub trait Trace: Send + Sync {
    /// `logger` is botocore's name of the logger, such as `botocore.auth`. Secrets in the message
    /// are masked already.
    fn note(&self, logger: &str, message: &str);
}

impl ClientContext {
    /// Logs a message, which is only formatted if there is a trace.
    pub(crate) fn note(&self, logger: &str, message: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.note(logger, &message());
        }
    }
}
