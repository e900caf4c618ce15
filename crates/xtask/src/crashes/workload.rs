//! The changes that one connection makes to the devices of its own user, and their expected state.

use std::{collections::BTreeMap, net::SocketAddr};

use vmfa_model::{Record, Value};

use super::{
    check::ServerView,
    model::{DeviceModel, PendingChange},
};
use crate::{
    api::{ApiClient, ApiError},
    clock,
    devices::{Owner, SeededDevice},
    random::Random,
    wire::{RequestSigner, text},
};

/// A user with devices, whose names begin with the user's.
pub(super) struct Workload {
    pub(super) user: String,
    pub(super) devices: BTreeMap<String, DeviceModel>,
    /// The change in flight.
    pub(super) pending: Option<PendingChange>,
    pub(super) acknowledged: u64,
    owner: Owner,
    random: Random,
    made: u64,
}

#[derive(Clone, Copy)]
enum Change {
    Create,
    Enable,
    Session,
    Tag,
    Deactivate,
    Delete,
}

impl Workload {
    pub(super) fn new(address: SocketAddr, number: u32, random: Random) -> anyhow::Result<Self> {
        let user = format!("user-{number}");
        let owner = Owner::make(address, &user)?;
        Ok(Self {
            user,
            devices: BTreeMap::new(),
            pending: None,
            acknowledged: 0,
            owner,
            random,
            made: 0,
        })
    }

    /// Makes changes until the server is killed.
    ///
    /// # Errors
    /// A valid request was refused.
    pub(super) fn write(&mut self, address: SocketAddr) -> Result<(), String> {
        let mut root = ApiClient::new(address, RequestSigner::root());
        let mut own = self.owner.client(address);
        loop {
            let (change, name) = self.choose();
            let (action, members, pending) = self.plan(change, name);
            let name = pending.name.clone();
            self.pending = Some(pending);
            let client = if matches!(change, Change::Session) { &mut own } else { &mut root };
            match client.call(action, members) {
                Ok(answer) => self.acknowledge(change, &answer)?,
                Err(ApiError::Lost(_)) => return Ok(()),
                Err(failed) => {
                    self.pending = None;
                    return Err(format!("{action} for `{name}`: {failed}"));
                }
            }
        }
    }

    /// Compares with the server's state after a restart. Returns the differences, and whether the
    /// change in flight was carried out.
    pub(super) fn settle(&mut self, seen: &ServerView) -> (Vec<String>, bool) {
        let (mut wrong, mut happened) = (Vec::new(), false);
        let pending = self.pending.take();
        for (name, known) in &mut self.devices {
            let change = pending.as_ref().filter(|pending| pending.name == *name);
            let found = seen.devices.get(name);
            happened |= change.is_some_and(|change| known.adopt(change, found));
            if found != known.state.as_ref() {
                wrong.push(format!("`{name}` is {found:?}, expected {:?}", known.state));
                known.state = found.cloned();
            }
        }
        self.devices.retain(|_, known| known.state.is_some());
        (wrong, happened)
    }

    /// Sends used codes again. Returns the ones that were not refused, and how many were sent.
    pub(super) fn replay(&mut self, address: SocketAddr) -> (Vec<String>, u32) {
        let mut root = ApiClient::new(address, RequestSigner::root());
        let mut own = self.owner.client(address);
        let (mut wrong, mut tried) = (Vec::new(), 0_u32);
        for (name, known) in &mut self.devices {
            let Some(outcome) = known.replay(&self.user, &mut own, &mut root) else { continue };
            tried = tried.saturating_add(1);
            let code = outcome.as_ref().err().and_then(ApiError::code);
            if !matches!(code.as_deref(), Some("AccessDenied" | "InvalidAuthenticationCode")) {
                wrong.push(format!("a used code of `{name}` was not refused: {outcome:?}"));
            }
        }
        (wrong, tried)
    }

    fn choose(&mut self) -> (Change, Option<String>) {
        let names: Vec<String> = self.devices.keys().cloned().collect();
        let name = self.random.pick(&names).cloned();
        let known = name.as_ref().and_then(|name| self.devices.get(name));
        let (Some(known), true) = (known, names.len() >= MIN_DEVICES) else {
            return (Change::Create, None);
        };
        let is_enabled = known.state.as_ref().is_some_and(|state| state.owner.is_some());
        let can_enable = known.codes.is_some();
        let can_begin = known.session_step().is_some();
        let change = match (is_enabled, self.random.below(10)) {
            (true, 0..=3) if can_begin => Change::Session,
            (true, 0..=5) => Change::Tag,
            (true, _) => Change::Deactivate,
            (false, 0..=4) if can_enable => Change::Enable,
            (false, 0..=6) => Change::Tag,
            (false, 7) if names.len() < MAX_DEVICES => return (Change::Create, None),
            (false, _) => Change::Delete,
        };
        (change, name)
    }

    /// The action, its input, and the state that it leads to.
    fn plan(
        &mut self,
        change: Change,
        name: Option<String>,
    ) -> (&'static str, Vec<(&'static str, Value)>, PendingChange) {
        let name = name.unwrap_or_else(|| {
            self.made = self.made.saturating_add(1);
            format!("{}-{}", self.user, self.made)
        });
        let new_tags = self.tags();
        let known = self.devices.entry(name.clone()).or_insert_with(DeviceModel::absent);
        let before = known.state.clone();
        let mut state = before.clone().unwrap_or_default();
        let serial = vec![("SerialNumber", text(serial(&name)))];
        let of_user = || [serial.clone(), vec![("UserName", text(&self.user))]].concat();
        let (mut step, mut exists) = (None, true);
        let (action, members) = match change {
            Change::Create => {
                state.tags.clone_from(&new_tags);
                let members =
                    vec![("VirtualMFADeviceName", text(&name)), ("Tags", tags(&new_tags))];
                ("CreateVirtualMFADevice", members)
            }
            Change::Enable => {
                state.owner = Some(self.user.clone());
                let newest = known.newest.plus(2);
                step = Some((newest, Some(newest.get().saturating_sub(clock::step().get()))));
                let members = known.codes.as_ref().map(|codes| codes.pair(&self.user, newest));
                ("EnableMFADevice", members.unwrap_or_default())
            }
            Change::Session => {
                let newest = known.session_step().unwrap_or(known.newest);
                step = Some((newest, None));
                let members = known.codes.as_ref().map(|codes| codes.members(newest));
                ("GetSessionToken", members.unwrap_or_default())
            }
            Change::Tag => {
                state.tags.extend(new_tags.clone());
                ("TagMFADevice", [serial, vec![("Tags", tags(&new_tags))]].concat())
            }
            Change::Deactivate => {
                state.owner = None;
                ("DeactivateMFADevice", of_user())
            }
            Change::Delete => {
                exists = false;
                ("DeleteVirtualMFADevice", serial)
            }
        };
        // The step may be used even if the response is lost.
        known.newest = step.map_or(known.newest, |(newest, _)| newest);
        (action, members, PendingChange { name, after: exists.then_some(state), step })
    }

    fn acknowledge(&mut self, change: Change, answer: &Record) -> Result<(), String> {
        self.acknowledged = self.acknowledged.saturating_add(1);
        let Some(pending) = self.pending.take() else { return Ok(()) };
        if pending.after.is_none() {
            self.devices.remove(&pending.name);
            return Ok(());
        }
        let Some(known) = self.devices.get_mut(&pending.name) else { return Ok(()) };
        known.state = pending.after;
        if let Some((step, drift)) = pending.step {
            known.used = Some(step);
            known.drift = drift.unwrap_or(known.drift);
            known.failures = 0;
        }
        if matches!(change, Change::Create) {
            known.codes = Some(SeededDevice::of(answer).map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    /// One to three tags with new values.
    fn tags(&mut self) -> BTreeMap<String, String> {
        let mut tag = || (format!("key-{}", self.random.below(6)), self.random.next().to_string());
        (0..3).map(|_| tag()).collect()
    }
}

fn serial(name: &str) -> String {
    format!("arn:aws:iam::{}:mfa/{name}", crate::child::ACCOUNT)
}

fn tags(tags: &BTreeMap<String, String>) -> Value {
    let tag = |(key, value): (&String, &String)| {
        Value::Structure([("Key", text(key)), ("Value", text(value))].into_iter().collect())
    };
    Value::List(tags.iter().map(tag).collect())
}

/// With fewer devices, the next change creates one.
const MIN_DEVICES: usize = 4;
/// With more devices, no change creates one.
const MAX_DEVICES: usize = 20;
