//! ListVirtualMFADevices: the devices of the account, without their seeds and tags.

use vmfa_model::names::AssignmentStatus;
use vmfa_store::DevicePage;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListVirtualMFADevices",
    api: Api::Iam,
    doc: "Lists the virtual MFA devices of the account in the order in which they were made: all, \
          or those that a user has, or those that nobody has. Neither seeds nor tags are told.",
    access: Access::List,
    concerns: Concerns::Account("mfa/*"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("VirtualMFADevices").sparing(&["User", "EnableDate"])),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("virtual_mfa_devices", "virtual_mfa_devices_List")
        .also(&[("virtual_mfa_devices", "list_virtual_mfa_devices")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// Which devices: `Assigned`, `Unassigned` or `Any`, which is the default.
        #[aws = " The status (Unassigned or Assigned) of the devices to list."]
        "AssignmentStatus" status: Option<AssignmentStatus>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most devices in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The devices.
        "VirtualMFADevices" devices: Elements<VirtualDevice>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "VirtualMFADevices"
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let status = input.status.unwrap_or(AssignmentStatus::Any);
    let filter = match status {
        AssignmentStatus::Any => DeviceFilter::Any,
        AssignmentStatus::Assigned => DeviceFilter::Assigned,
        AssignmentStatus::Unassigned => DeviceFilter::Unassigned,
    };
    let pager = Pager::new(context, &[ACTION.name, status.as_str()], input.limit);
    let after = device_position(pager.position(input.marker.as_ref())?);
    let owners = context.detail == Detail::Whole;
    let page = DevicePage { filter, owners, after, limit: pager.one_more() };
    let mut gathered = pager.gather();
    let arns = account.arns();
    context.read(|view| {
        Ok(view.devices(account, &page, &mut |device| {
            gathered.add(position_of(device.id), || {
                let (user, enabled) = device.owner.unzip();
                VirtualDevice {
                    serial: arns.device(device.resource),
                    seed: None,
                    qr: None,
                    user: user.map(|user| UserShape::listed(&arns, user)),
                    enabled,
                    tags: None,
                }
            });
        })?)
    })?;
    let (devices, marker) = gathered.finish();
    Ok(Output { devices, more: marker.is_some(), marker })
}
