//! UntagMFADevice: removes tags of a device.

use vmfa_model::names::TagKeys;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "UntagMFADevice",
    doc: "Removes tags of a virtual MFA device. Keys that it does not have are ignored.",
    access: Access::Tagging,
    resource: PermissionResource::Device(Input::SHAPE.named("SerialNumber")),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("mfa_devices", "mfa_devices_Untag")
        .in_iam_api()
        .also(&[("mfa_devices", "untag_mfa_device"), ("tags", "untag_mfa_device")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The unique identifier for the IAM virtual MFA device from which you want to remove tags."]
        "SerialNumber" serial: SerialNumber,
        /// The keys of the tags to remove.
        #[aws = "A list of key names as a simple array of strings."]
        "TagKeys" keys: TagKeys,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    if input.keys.0.is_empty() {
        return Err(refuse::empty_list().into());
    }
    Ok(Change::transaction(move |tx| {
        let device = find_device(tx.view(), account, input.serial.as_str())?;
        let tags = tagging::without(device.tags, &input.keys.0, TagKeyCase::Exact);
        Ok(tx.set_device_tags(account, device.id, &tags)?)
    }))
}
