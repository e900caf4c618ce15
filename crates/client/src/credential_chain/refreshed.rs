//! Credentials that expire, and are refreshed before they do.

use std::sync::{Mutex, PoisonError};

use vmfa_model::Timestamp;

use super::expiry::not_expired;
use crate::{ClientError, Credentials};

/// The last credentials, if any were got.
#[derive(Default)]
pub(super) struct RefreshedCredentials(Mutex<Option<Credentials>>);

impl RefreshedCredentials {
    /// Starts with these credentials, which may have expired already.
    pub(super) fn of(credentials: Credentials) -> Self {
        Self(Mutex::new(Some(credentials)))
    }

    /// The last credentials, or new ones if those expire within [`MARGIN`]. Other threads wait, so
    /// that a person is prompted once.
    pub(super) fn get(
        &self,
        now: Timestamp,
        refresh: impl FnOnce() -> Result<Credentials, ClientError>,
    ) -> Result<Credentials, ClientError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = now.plus(MARGIN);
        let valid = |known: &&Credentials| known.expires.is_none_or(|expires| expires > soon);
        if let Some(known) = last.as_ref().filter(valid) {
            return Ok(known.clone());
        }
        let new = not_expired(refresh()?, now)?;
        *last = Some(new.clone());
        Ok(new)
    }
}

/// Seconds before their expiry from which credentials are refreshed. A session may last no more
/// than fifteen minutes: with botocore's margin of as much, a person would be prompted at each
/// call.
const MARGIN: i64 = 60;
