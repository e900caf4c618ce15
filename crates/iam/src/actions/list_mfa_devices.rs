//! ListMFADevices: the devices of one user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListMFADevices",
    doc: "Lists the devices of a user in the order of their creation.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("mfa_devices", "mfa_devices_List")
        .in_iam_api()
        .also(&[("mfa_devices", "list_mfa_devices")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the user whose MFA devices you want to list."]
        "UserName" user: Option<UserName>,
    }
    struct Output {
        /// The devices.
        "MFADevices" devices: [DeviceShape],
    }
}

structure! {
    /// A device that a user has.
    struct DeviceShape {
        /// The user of the device.
        "UserName" user: String,
        /// The serial number, which for a virtual device is its ARN.
        "SerialNumber" serial: String,
        /// When it was enabled.
        "EnableDate" enabled: Timestamp,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let (devices, marker) = context.read(|view| {
        let user = user_or_caller(view, context.caller, input.user.as_ref())?;
        let pager = context.pager()?;
        let after = pager.after().copied().unwrap_or_default();
        let mut page = pager.page();
        // No call of the API gives the root a device.
        if let Some(user) = &user {
            let arns = account.arns();
            view.devices_of(account, &user.id, after, pager.rows(), &mut |device| {
                page.add(device.id, || DeviceShape {
                    user: user.name.to_string(),
                    serial: arns.device(device.resource),
                    enabled: device.enabled,
                });
            })?;
        }
        Ok(page.finish())
    })?;
    Ok(Output::new(devices, marker))
}
