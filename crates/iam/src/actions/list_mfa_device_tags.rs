//! ListMFADeviceTags: the tags of a device.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListMFADeviceTags",
    doc: "Lists the tags of a virtual MFA device, sorted by key.",
    access: Access::List,
    resource: PermissionResource::Device(Input::SHAPE.named("SerialNumber")),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("mfa_device_tags", "mfa_device_tags_List")
        .also(&[("mfa_device_tags", "list_mfa_device_tags")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The unique identifier for the IAM virtual MFA device whose tags you want to see."]
        "SerialNumber" serial: SerialNumber,
    }
    struct Output {
        /// The tags.
        "Tags" tags: [Tag],
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let device = context.read(|view| find_device(view, account, input.serial.as_str()))?;
    let (tags, marker) = tag_page(context, device.tags)?;
    Ok(Output::new(tags, marker))
}
