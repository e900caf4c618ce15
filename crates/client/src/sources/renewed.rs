//! Credentials that end, and are got anew before they do.
//!
//! Not here: how they are got.

use std::sync::{Mutex, PoisonError};

use vmfa_model::Timestamp;

use super::ends::lasting;
use crate::{ClientError, Credentials};

/// The last credentials that were got.
#[derive(Default)]
pub(super) struct Renewed(Mutex<Option<Credentials>>);

impl Renewed {
    /// Credentials that were just got, and may have ended already.
    pub(super) fn of(credentials: Credentials) -> Self {
        Self(Mutex::new(Some(credentials)))
    }

    /// Those that were got as long as they are good, or else new ones. Others wait meanwhile, so
    /// that a person is asked once.
    pub(super) fn get(
        &self,
        now: Timestamp,
        renew: impl FnOnce() -> Result<Credentials, ClientError>,
    ) -> Result<Credentials, ClientError> {
        let mut got = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = now.plus(MARGIN);
        let lasts = |known: &&Credentials| known.expires.is_none_or(|expires| expires > soon);
        if let Some(known) = got.as_ref().filter(lasts) {
            return Ok(known.clone());
        }
        let new = lasting(renew()?, now)?;
        *got = Some(new.clone());
        Ok(new)
    }
}

/// Seconds before their end in which credentials are replaced. A session lasts fifteen minutes at
/// the least: with a margin as long as that, a person would be asked for a code at each call.
const MARGIN: i64 = 60;
