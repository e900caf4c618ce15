//! What is known of one device: how it looks, which of its steps were used.

use std::collections::BTreeMap;

use vmfa_model::Record;
use vmfa_otp::Step;

use crate::{
    api::{Client, Failed},
    clock,
    devices::Device,
};

/// What is known of a device.
pub(super) struct Known {
    /// `None` where it does not exist, or no longer.
    pub(super) state: Option<State>,
    /// What tells its codes; the seed of one whose creation was not answered is lost.
    pub(super) codes: Option<Device>,
    /// The newest step that may have been used.
    pub(super) newest: Step,
    /// The newest step whose use was acknowledged.
    pub(super) used: Option<Step>,
    /// Steps that its clock is ahead of ours, give or take one.
    pub(super) drift: i64,
    /// Refused tries since the last good one, at the most.
    pub(super) failures: u32,
}

/// What anybody may see of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) owner: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A change that was asked for.
pub(super) struct Pending {
    pub(super) name: String,
    pub(super) after: Option<State>,
    /// The step that it uses, and what it makes of the drift.
    pub(super) step: Option<(Step, Option<i64>)>,
}

impl Known {
    pub(super) fn nothing() -> Self {
        Self {
            state: None,
            codes: None,
            newest: clock::step().plus(OLDEST),
            used: None,
            drift: 0,
            failures: 0,
        }
    }

    /// A step that was not used and that the device surely accepts now for a session.
    pub(super) fn session_step(&self) -> Option<Step> {
        self.codes.as_ref()?;
        let centre = clock::step().plus(self.drift);
        let step = self.newest.plus(1).max(centre.plus(-1));
        (step <= centre.plus(1)).then_some(step)
    }

    /// Takes over what a change without an answer came to, if that is what was found. Whether it
    /// can be seen to have been carried out.
    pub(super) fn adopt(&mut self, asked: &Pending, found: Option<&State>) -> bool {
        if found != asked.after.as_ref() || found == self.state.as_ref() {
            return false;
        }
        self.state.clone_from(&asked.after);
        if let Some((_, Some(drift))) = asked.step {
            self.drift = drift;
        }
        true
    }

    /// Tries the newest code whose use was acknowledged once more, where one may: too many
    /// failures would make the device refuse whatever comes, and a code that two steps share may
    /// rightly be good again.
    pub(super) fn replay(
        &mut self,
        user: &str,
        own: &mut Client,
        root: &mut Client,
    ) -> Option<Result<Record, Failed>> {
        let (state, codes, step) = (self.state.as_ref()?, self.codes.as_ref()?, self.used?);
        if self.failures >= PATIENCE || !codes.tells_apart(step) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        Some(match &state.owner {
            Some(_) => own.call("GetSessionToken", codes.members(step)),
            None => root.call("EnableMFADevice", codes.pair(user, step)),
        })
    }
}

/// The first step that a device is enabled by, from now: room for many more.
const OLDEST: i64 = -900;
/// Used codes that are tried on a device in a row; ten failures would make it wait.
const PATIENCE: u32 = 5;
