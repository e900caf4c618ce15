//! EnableMFADevice: assigns a device to a user after two consecutive codes.

use vmfa_store::User;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "EnableMFADevice",
    doc: "Assigns a virtual MFA device to a user. Two consecutive codes prove that the user's \
          authenticator holds the seed, and show the drift of its clock; neither can be used \
          again.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OwnDeviceWithMfa(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("mfa_devices", "mfa_devices_Enable")
        .in_iam_api()
        .also(&[("mfa_devices", "enable_mfa_device"), ("users", "enable_mfa_device")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the IAM user for whom you want to enable the MFA device."]
        "UserName" user: UserName,
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The serial number that uniquely identifies the MFA device."]
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
    let account = context.account();
    let with = context.attempt();
    let most = context.quotas().devices_per_user;
    let caller = context.caller.clone();
    let mut codes = CodePair::parse(input.first.expose(), input.second.expose());

    // Cheap pre-check; the transaction re-checks.
    context.read(|view| {
        let (_, device) = permitted(view, &caller, &input)?;
        if let Ok(codes) = &mut codes {
            codes.search(view, &device, &with)?;
        }
        Ok(())
    })?;

    Ok(Change::transaction(move |tx| {
        let (user, device) = permitted(tx.view(), &caller, &input)?;
        if user.devices >= most {
            return Err(refuse::over_quota("MFADevicesPerUser", most).into());
        }
        codes.as_ref().map_err(Clone::clone)?.redeem(tx, &device, &with)?;
        Ok(tx.assign_device(account, device.id, &user.id, with.now)?)
    }))
}

/// User and device, if the one may be bound to the other. The order of refusals is AWS's.
fn permitted(view: &dyn Read, caller: &Caller, input: &Input) -> Result<(User, Device), Refusal> {
    let user = named_user(view, caller, &input.user)?;
    guard_own_mfa(caller, &user)?;
    let device = find_device(view, caller.account, input.serial.as_str())?;
    match &device.owner {
        None => Ok((user, device)),
        Some((owner, _)) if *owner == user.id => {
            Err(refuse::device_already_of(user.name.as_str()).into())
        }
        Some(_) => Err(refuse::device_taken().into()),
    }
}
