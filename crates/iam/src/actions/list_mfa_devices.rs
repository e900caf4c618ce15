//! ListMFADevices: the devices of one user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListMFADevices",
    api: Api::Iam,
    doc: "Lists the devices of a user in the order in which they were made.",
    access: Access::List,
    concerns: Concerns::DevicesOf("UserName"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("MFADevices")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("mfa_devices", "mfa_devices_List")
        .in_iam_api()
        .also(&[("mfa_devices", "list_mfa_devices")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the user whose MFA devices you want to list."]
        "UserName" user: Option<UserName>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most devices in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The devices.
        "MFADevices" devices: Elements<DeviceShape>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "MFADevices"
}

structure! {
    /// A device that a user has.
    struct DeviceShape {
        /// Who has it.
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
        let whose = user.as_ref().map_or("", |user| &user.id.0);
        let pager = Pager::new(context, &[ACTION.name, whose], input.limit);
        let after = device_position(pager.position(input.marker.as_ref())?);
        let mut page = pager.gather();
        // No call of the API gives the root a device.
        if let Some(user) = &user {
            let arns = account.arns();
            view.devices_of(account, &user.id, after, pager.one_more(), &mut |device| {
                page.add(position_of(device.id), || DeviceShape {
                    user: user.name.clone(),
                    serial: arns.device(device.resource),
                    enabled: device.enabled,
                });
            })?;
        }
        Ok(page.finish())
    })?;
    Ok(Output { devices, more: marker.is_some(), marker })
}
