//! TagMFADevice: sets tags of a device.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "TagMFADevice",
    doc: "Sets tags of a virtual MFA device: all of them or, if one is refused, none. A tag with \
          an existing key gets the new value.",
    access: Access::Tagging,
    resource: PermissionResource::Device(Input::SHAPE.named("SerialNumber")),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[
        SqlMethod::exec("mfa_devices", "mfa_devices_Tag")
            .in_iam_api()
            .also(&[("mfa_devices", "tag_mfa_device"), ("tags", "tag_mfa_device")]),
        SqlMethod::update("tags", "tag_mfa_device"),
    ],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The unique identifier for the IAM virtual MFA device to which you want to add tags."]
        "SerialNumber" serial: SerialNumber,
        /// The tags to set.
        #[aws = "The list of tags that you want to attach to the IAM virtual MFA device."]
        "Tags" tags: Tags,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    let most = context.quotas().tags;
    let tags = tagging::checked(input.tags, TagKeyCase::Exact)?;
    Ok(Change::transaction(move |tx| {
        let device = find_device(tx.view(), account, input.serial.as_str())?;
        let tags = tagging::merged(device.tags, &tags, TagKeyCase::Exact, most)?;
        Ok(tx.set_device_tags(account, device.id, &tags)?)
    }))
}
