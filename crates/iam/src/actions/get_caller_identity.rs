//! GetCallerIdentity: the caller.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetCallerIdentity",
    doc: "Returns the account, identifier and ARN of the caller. Needs no permission.",
    access: Access::Read,
    resource: PermissionResource::Any,
    self_service: SelfService::Always,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::select("caller_identity", "caller_identity_Get")
        .also(&[("caller_identity", "get_caller_identity")])],
    rule: reads!(run),
    ..Action::STS
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// The identifier of the user; the account's own for its root.
        #[min = 0]
        "UserId" user: String,
        /// The account.
        "Account" account: String,
        /// The ARN.
        #[min = 20]
        "Arn" arn: String,
    }
    wire "Arn", "UserId", "Account"
}

fn run(context: &ReadContext<'_>, Input {}: Input) -> Result<Output, Refusal> {
    let account = context.account().to_string();
    let user = context.caller.user().map_or_else(|| account.clone(), |user| user.id.0.clone());
    Ok(Output { user, account, arn: context.caller.arn() })
}
