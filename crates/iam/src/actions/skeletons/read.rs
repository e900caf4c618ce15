//! NAME: TODO what it does, and why it is needed here.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "NAME",
    doc: "TODO: what it does, for help and the reference.",
    access: Access::Read,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::select("RESOURCE", "METHOD")],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// The name.
        "Name" name: Option<String>,
    }
}

fn run(_: &ReadContext<'_>, Input {}: Input) -> Result<Output, Refusal> {
    Ok(Output { name: None })
}
