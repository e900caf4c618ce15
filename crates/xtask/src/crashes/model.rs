//! The expected state of one device, and its used time steps.

use std::collections::BTreeMap;

use vmfa_model::Record;
use vmfa_otp::Step;

use crate::{
    api::{ApiClient, ApiError},
    clock,
    devices::SeededDevice,
};

/// The expected state of a device.
pub(super) struct DeviceModel {
    /// `None` if it does not exist.
    pub(super) state: Option<DeviceState>,
    /// Makes its codes. `None` if the response to its creation, and with it the seed, was lost.
    pub(super) codes: Option<SeededDevice>,
    /// The newest step that may have been used.
    pub(super) newest: Step,
    /// The newest step whose use was acknowledged.
    pub(super) used: Option<Step>,
    /// Drift in steps, to within one step.
    pub(super) drift: i64,
    /// An upper bound of the failed attempts since the last success.
    pub(super) failures: u32,
}

/// The state of a device that the API shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeviceState {
    pub(super) owner: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A change that was requested and not acknowledged yet.
pub(super) struct PendingChange {
    pub(super) name: String,
    pub(super) after: Option<DeviceState>,
    /// The step that it uses, and the drift that it sets.
    pub(super) step: Option<(Step, Option<i64>)>,
}

impl DeviceModel {
    pub(super) fn absent() -> Self {
        Self {
            state: None,
            codes: None,
            newest: clock::step().plus(OLDEST),
            used: None,
            drift: 0,
            failures: 0,
        }
    }

    /// An unused step that is certainly within the window of a session now.
    pub(super) fn session_step(&self) -> Option<Step> {
        self.codes.as_ref()?;
        let centre = clock::step().plus(self.drift);
        let step = self.newest.plus(1).max(centre.plus(-1));
        (step <= centre.plus(1)).then_some(step)
    }

    /// Applies a change without a response if the found state shows that it was carried out.
    /// Returns whether it was.
    pub(super) fn adopt(&mut self, change: &PendingChange, found: Option<&DeviceState>) -> bool {
        if found != change.after.as_ref() || found == self.state.as_ref() {
            return false;
        }
        self.state.clone_from(&change.after);
        if let Some((_, Some(drift))) = change.step {
            self.drift = drift;
        }
        true
    }

    /// Sends the newest code whose use was acknowledged again. Skipped if more failures would
    /// throttle the device, or if a near step has the same code and may rightly be accepted.
    pub(super) fn replay(
        &mut self,
        user: &str,
        own: &mut ApiClient,
        root: &mut ApiClient,
    ) -> Option<Result<Record, ApiError>> {
        let (state, codes, step) = (self.state.as_ref()?, self.codes.as_ref()?, self.used?);
        if self.failures >= MAX_FAILURES || !codes.is_unambiguous(step) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        Some(match &state.owner {
            Some(_) => own.call("GetSessionToken", codes.members(step)),
            None => root.call("EnableMFADevice", codes.pair(user, step)),
        })
    }
}

/// The first step used to enable a device, relative to now: leaves room for many later ones.
const OLDEST: i64 = -900;
/// Failed attempts per device; ten would throttle it.
const MAX_FAILURES: u32 = 5;
