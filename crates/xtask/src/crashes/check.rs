//! The state of an account as the API shows it, and whether its lists and counts agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use anyhow::Context as _;
use vmfa_model::{Record, Value};

use super::{model::DeviceState, workload::Workload};
use crate::{
    api::ApiClient,
    wire::{RequestSigner, text},
};

pub(super) struct ServerView {
    pub(super) devices: BTreeMap<String, DeviceState>,
    /// Device names by `AssignmentStatus`.
    assigned: BTreeSet<String>,
    unassigned: BTreeSet<String>,
    /// User name and device name, from `ListMFADevices` of each user.
    of_users: BTreeSet<(String, String)>,
    summary: BTreeMap<String, i64>,
}

impl ServerView {
    pub(super) fn look(address: SocketAddr) -> anyhow::Result<Self> {
        let mut root = ApiClient::new(address, RequestSigner::root());
        let mut list = |status: &str| root.all(LIST, &[("AssignmentStatus", text(status))]);
        let (any, assigned, unassigned) = (list("Any")?, list("Assigned")?, list("Unassigned")?);
        let mut devices = BTreeMap::new();
        for device in any {
            let serial = device.text("SerialNumber").context("a device has a serial number")?;
            let tags = root.all("ListMFADeviceTags", &[("SerialNumber", text(serial))])?;
            let owner = match device.get("User") {
                Some(Value::Structure(user)) => user.text("UserName").map(str::to_owned),
                _ => None,
            };
            let tags = tags.iter().filter_map(|tag| {
                Some((tag.text("Key")?.to_owned(), tag.text("Value")?.to_owned()))
            });
            devices.insert(name(&device), DeviceState { owner, tags: tags.collect() });
        }
        let mut of_users = BTreeSet::new();
        for user in root.all("ListUsers", &[])? {
            let user = user.text("UserName").context("a user has a name")?;
            for device in root.all("ListMFADevices", &[("UserName", text(user))])? {
                of_users.insert((user.to_owned(), name(&device)));
            }
        }
        let names = |list: Vec<Record>| list.iter().map(name).collect();
        let summary = summary(&root.call("GetAccountSummary", Vec::new())?);
        let (assigned, unassigned) = (names(assigned), names(unassigned));
        Ok(Self { devices, assigned, unassigned, of_users, summary })
    }

    /// Contradictions between lists and counts.
    pub(super) fn problems(&self) -> Vec<String> {
        let owned = self
            .devices
            .iter()
            .filter_map(|(name, state)| state.owner.clone().map(|owner| (owner, name.clone())));
        let owned: BTreeSet<_> = owned.collect();
        let with_owner: BTreeSet<_> = owned.iter().map(|(_, name)| name.clone()).collect();
        let without = self.devices.iter().filter(|(_, state)| state.owner.is_none());
        let without: BTreeSet<_> = without.map(|(name, _)| name.clone()).collect();
        let count = |name: &str| self.summary.get(name).and_then(|n| usize::try_from(*n).ok());
        let claims = [
            (
                self.assigned == with_owner,
                "the list of assigned devices differs from the devices' owners",
            ),
            (
                self.unassigned == without,
                "the list of unassigned devices differs from the devices' owners",
            ),
            (self.of_users == owned, "the lists of users' devices differ from the devices' owners"),
            (
                count("MFADevices") == Some(self.devices.len()),
                "MFADevices differs from the number of devices",
            ),
            (
                count("MFADevicesInUse") == Some(owned.len()),
                "MFADevicesInUse differs from the number of assigned devices",
            ),
        ];
        let broken = claims.iter().filter(|(holds, _)| !holds);
        broken.map(|(_, problem)| (*problem).to_owned()).collect()
    }

    /// Devices that no workload created.
    pub(super) fn unknown_devices(&self, workloads: &[Workload]) -> Vec<String> {
        let known =
            |name: &String| workloads.iter().any(|workload| workload.devices.contains_key(name));
        let unknown = self.devices.keys().filter(|name| !known(name));
        unknown.map(|name| format!("no request created `{name}`")).collect()
    }
}

fn name(device: &Record) -> String {
    let serial = device.text("SerialNumber").unwrap_or_default();
    serial.rsplit('/').next().unwrap_or_default().to_owned()
}

fn summary(answer: &Record) -> BTreeMap<String, i64> {
    let Some(Value::Map(entries)) = answer.get("SummaryMap") else { return BTreeMap::new() };
    let number = |(name, value): &(String, Value)| match value {
        Value::Integer(number) => Some((name.clone(), *number)),
        _ => None,
    };
    entries.iter().filter_map(number).collect()
}

const LIST: &str = "ListVirtualMFADevices";
