//! ListMFADeviceTags: the tags of a device.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListMFADeviceTags",
    api: Api::Iam,
    doc: "Lists the tags of a virtual MFA device, sorted by key.",
    access: Access::List,
    concerns: Concerns::Device { serial: "SerialNumber", user: None },
    input: &Input::SHAPE,
    output: Some(&TagPage::SHAPE),
    page: Some(Page::of("Tags")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("mfa_device_tags", "mfa_device_tags_List")
        .also(&[("mfa_device_tags", "list_mfa_device_tags")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The unique identifier for the IAM virtual MFA device whose tags you want to see."]
        "SerialNumber" serial: SerialNumber,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most tags in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<TagPage, Refusal> {
    let account = context.account();
    let device = context.read(|view| find_device(view, account, input.serial.as_str()))?;
    let pager = Pager::new(context, &[ACTION.name, input.serial.as_str()], input.limit);
    TagPage::of(device.tags, &pager, input.marker.as_ref())
}
