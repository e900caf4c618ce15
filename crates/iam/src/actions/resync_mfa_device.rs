//! ResyncMFADevice: measures the drift of a device's clock again.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ResyncMFADevice",
    doc: "Measures the drift of a device's clock with two consecutive codes, and applies it from \
          then on. Neither code can be used again.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("mfa_devices", "mfa_devices_Resync")
        .in_iam_api()
        .also(&[("mfa_devices", "resync_mfa_device"), ("users", "resync_mfa_device")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user who has the device.
        #[aws = "The name of the user whose MFA device you want to resynchronize."]
        "UserName" user: UserName,
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "Serial number that uniquely identifies the MFA device."]
        "SerialNumber" serial: SerialNumber,
        /// A code of the device: six digits.
        #[aws = "An authentication code emitted by the device."]
        "AuthenticationCode1" first: AuthenticationCode,
        /// The next code of the device: six digits.
        #[aws = "A subsequent authentication code emitted by the device."]
        #[sample = "789012"]
        "AuthenticationCode2" second: AuthenticationCode,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let caller = context.caller.clone();
    let with = context.attempt();
    let mut codes = CodePair::parse(input.first.expose(), input.second.expose());

    // Cheap pre-check; the transaction re-checks.
    context.read(|view| {
        let device = permitted(view, &caller, &input)?;
        if let Ok(codes) = &mut codes {
            codes.search(view, &device, &with)?;
        }
        Ok(())
    })?;

    Ok(Change::transaction(move |tx| {
        let device = permitted(tx.view(), &caller, &input)?;
        codes.as_ref().map_err(Clone::clone)?.redeem(tx, &device, &with)
    }))
}

/// The device, if the user has it. Whose it is comes before whether the codes fit.
fn permitted(view: &dyn Read, caller: &Caller, input: &Input) -> Result<Device, Refusal> {
    let user = named_user(view, caller, &input.user)?;
    let device = find_device(view, caller.account, input.serial.as_str())?;
    device_user(&device, Some(&user))?;
    Ok(device)
}
