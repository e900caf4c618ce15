//! ListVirtualMFADevices: the devices of the account, without their seeds and tags.

use vmfa_model::names::AssignmentStatus;
use vmfa_store::DevicePage;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListVirtualMFADevices",
    doc: "Lists the virtual MFA devices of the account in the order of their creation: all, or \
          those that are assigned to a user, or those that are not. Seeds and tags are not \
          included.",
    access: Access::List,
    resource: PermissionResource::InAccount("mfa/*"),
    input: &Input::SHAPE,
    reply: Output::REPLY.sparing(&["User", "EnableDate"]),
    sql: &[SqlMethod::select("virtual_mfa_devices", "virtual_mfa_devices_List")
        .also(&[("virtual_mfa_devices", "list_virtual_mfa_devices")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// `Assigned`, `Unassigned` or `Any`; `Any` by default.
        #[aws = " The status (Unassigned or Assigned) of the devices to list."]
        "AssignmentStatus" status: Option<AssignmentStatus>,
    }
    struct Output {
        /// The devices.
        "VirtualMFADevices" devices: [VirtualDevice],
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let filter = match input.status.unwrap_or(AssignmentStatus::Any) {
        AssignmentStatus::Any => DeviceFilter::Any,
        AssignmentStatus::Assigned => DeviceFilter::Assigned,
        AssignmentStatus::Unassigned => DeviceFilter::Unassigned,
    };
    let pager = context.pager()?;
    let after = pager.after().copied().unwrap_or_default();
    let owners = context.detail == Detail::Whole;
    let wanted = DevicePage { filter, owners, after, limit: pager.rows() };
    let mut page = pager.page();
    let arns = account.arns();
    context.read(|view| {
        Ok(view.devices(account, &wanted, &mut |device| {
            page.add(device.id, || {
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
    let (devices, marker) = page.finish();
    Ok(Output::new(devices, marker))
}
