//! NAME: TODO what it does, and why it is needed here.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "NAME",
    doc: "TODO: what it does, for help and the reference.",
    access: Access::Write,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("RESOURCE", "METHOD")],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

fn run(_: &WriteContext<'_>, Input {}: Input) -> Result<Change<()>, Refusal> {
    Ok(Change::None(()))
}
