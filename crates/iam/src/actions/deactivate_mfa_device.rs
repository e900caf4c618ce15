//! DeactivateMFADevice: removes a device from its user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeactivateMFADevice",
    doc: "Removes a device from its user. The device keeps its seed, its tags and the record of \
          its used codes, and can be enabled again.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OwnDeviceWithMfa(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("mfa_devices", "mfa_devices_Deactivate")
        .in_iam_api()
        .also(&[("mfa_devices", "deactivate_mfa_device"), ("users", "deactivate_mfa_device")])
        .requires(&["UserName"])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user who has the device; the caller by default.
        #[aws = "The name of the user whose MFA device you want to deactivate."]
        "UserName" user: Option<UserName>,
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The serial number that uniquely identifies the MFA device."]
        "SerialNumber" serial: SerialNumber,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let caller = context.caller.clone();
    Ok(Change::transaction(move |tx| {
        let account = caller.account;
        let user = user_or_caller(tx.view(), &caller, input.user.as_ref())?;
        if let Some(user) = &user {
            guard_own_mfa(&caller, user)?;
        }
        let device = find_device(tx.view(), account, input.serial.as_str())?;
        let user = device_user(&device, user.as_ref())?;
        Ok(tx.release_device(account, device.id, &user.id)?)
    }))
}
