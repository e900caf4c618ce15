//! What a server shows of an account, and whether it is consistent in itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use anyhow::Context as _;
use vmfa_model::{Record, Value};

use super::{known::State, space::Space};
use crate::{
    api::Client,
    wire::{Key, text},
};

/// What is there.
pub(super) struct Seen {
    /// Devices by name.
    pub(super) devices: BTreeMap<String, State>,
    /// The names on the list of devices that somebody has, and of those that nobody has.
    assigned: BTreeSet<String>,
    unassigned: BTreeSet<String>,
    /// User and device, by the lists of users' devices.
    of_users: BTreeSet<(String, String)>,
    summary: BTreeMap<String, i64>,
}

impl Seen {
    pub(super) fn look(address: SocketAddr) -> anyhow::Result<Self> {
        let mut root = Client::new(address, Key::root());
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
            devices.insert(name(&device), State { owner, tags: tags.collect() });
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

    /// Where the lists and counts contradict each other.
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
            (self.assigned == with_owner, "the list of assigned devices is another"),
            (self.unassigned == without, "the list of unassigned devices is another"),
            (self.of_users == owned, "the lists of users' devices are others"),
            (count("MFADevices") == Some(self.devices.len()), "MFADevices counts otherwise"),
            (count("MFADevicesInUse") == Some(owned.len()), "MFADevicesInUse counts otherwise"),
        ];
        let broken = claims.iter().filter(|(holds, _)| !holds);
        broken.map(|(_, problem)| (*problem).to_owned()).collect()
    }

    /// Devices that nobody made.
    pub(super) fn strangers(&self, spaces: &[Space]) -> Vec<String> {
        let known = |name: &String| spaces.iter().any(|space| space.devices.contains_key(name));
        let strangers = self.devices.keys().filter(|name| !known(name));
        strangers.map(|name| format!("nobody made `{name}`")).collect()
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
