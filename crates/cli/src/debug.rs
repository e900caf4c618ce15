//! The log of `--debug` on standard error.
//!
//! It contains no code, seed or key: [`words`] hides them in the command line, [`record`] in inputs
//! and outputs, both by the shapes.

mod calls;
mod record;
mod words;

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use vmfa_client::Trace;
use vmfa_model::Timestamp;

pub(crate) use self::{calls::LoggedCalls, record::is_secret};

/// A local wall-clock time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub milliseconds: i64,
    /// The offset from UTC in seconds.
    pub offset: i32,
}

impl fmt::Display for WallTime {
    /// Formats as `2026-11-22 02:03:04,123`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.milliseconds.div_euclid(1000).saturating_add(self.offset.into());
        let written = Timestamp::from_unix(seconds).to_string().replace('T', " ");
        write!(f, "{},{:03}", written.trim_end_matches('Z'), self.milliseconds.rem_euclid(1000))
    }
}

/// The log of `--debug`, disabled until [`turn_on`](Self::turn_on).
pub struct DebugLog {
    on: AtomicBool,
    write: Box<dyn Fn(&str) + Send + Sync>,
    now: Box<dyn Fn() -> WallTime + Send + Sync>,
}

impl DebugLog {
    /// `write` receives each line with its line feed; `now` gives its time.
    pub fn new(
        write: impl Fn(&str) + Send + Sync + 'static,
        now: impl Fn() -> WallTime + Send + Sync + 'static,
    ) -> Self {
        Self { on: AtomicBool::new(false), write: Box::new(write), now: Box::new(now) }
    }

    /// A log that writes nothing.
    pub fn silent() -> Self {
        Self::new(|_| {}, || WallTime { milliseconds: 0, offset: 0 })
    }

    /// Starts writing lines.
    pub fn turn_on(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// Whether lines are written, so that callers can skip expensive messages.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Logs the version and the arguments. `version` is the output of `--version`.
    pub(crate) fn begin(&self, version: &str, words: &[String]) {
        if self.is_on() {
            self.note(DRIVER, format_args!("CLI version: {}", version.trim_end()));
            self.note(DRIVER, format_args!("Arguments entered to CLI: {}", words::listed(words)));
        }
    }

    /// Logs a message. It must not contain a secret.
    pub fn note(&self, logger: &str, message: impl fmt::Display) {
        if self.is_on() {
            let moment = (self.now)();
            (self.write)(&format!("{moment} - MainThread - {logger} - DEBUG - {message}\n"));
        }
    }
}

impl Trace for DebugLog {
    fn note(&self, logger: &str, message: &str) {
        Self::note(self, logger, message);
    }
}

impl fmt::Debug for DebugLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("on", &self.on).finish_non_exhaustive()
    }
}

/// The logger of the AWS CLI that runs commands.
const DRIVER: &str = "awscli.clidriver";
/// Replaces secrets.
const STRUCK: &str = "*****";

#[cfg(test)]
mod tests;
