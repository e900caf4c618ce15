//! NAME: TODO what it does, and why it is needed here.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "NAME",
    doc: "TODO: what it does, for help and the reference.",
    access: Access::List,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("RESOURCE", "METHOD")],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {}
    struct Output {
        /// The names.
        #[element = "TODO: the name of the elements in AWS's model"]
        "Names" names: [String],
    }
}

fn run(context: &ReadContext<'_>, _: Input) -> Result<Output, Refusal> {
    check_empty_list(context, None)?;
    Ok(Output::new(Elements::default(), None))
}
