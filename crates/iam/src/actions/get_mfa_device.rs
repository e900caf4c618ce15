//! GetMFADevice: a FIDO security key, of which none exists here.

use vmfa_model::Map;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetMFADevice",
    doc: "Returns a FIDO security key. Virtual MFA devices are refused, as AWS refuses them; use \
          ListMFADevices.",
    access: Access::Read,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    // A resource of its own: among the devices of `mfa_devices`, a condition on the serial number
    // is to filter them.
    sql: &[SqlMethod::select("mfa_device", "mfa_device_Get").in_iam_api()],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The serial number.
        #[aws = "Serial number that uniquely identifies the MFA device."]
        #[sample = "arn:aws:iam::123456789012:u2f/user/Bob/key"]
        "SerialNumber" serial: SerialNumber,
        /// The user who has the device.
        #[aws = "The friendly name identifying the user."]
        "UserName" user: Option<UserName>,
    }
}

structure! {
    struct Output {
        /// The user who has the device.
        "UserName" user: Option<String>,
        /// The serial number.
        "SerialNumber" serial: String,
        /// When it was enabled.
        "EnableDate" enabled: Option<Timestamp>,
        /// The certifications of the security key.
        #[min = 1]
        "Certifications" certifications: Option<Map<String>>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let serial = input.serial.as_str();
    if let Some(user) = &input.user {
        context.read(|view| find_user(view, account, user))?;
    }
    // The resource type of FIDO security keys; there is none here, so none is found.
    if serial.starts_with(&account.arn("u2f/")) {
        return Err(refuse::no_such_device(serial).into());
    }
    Err(refuse::fido_only().into())
}
