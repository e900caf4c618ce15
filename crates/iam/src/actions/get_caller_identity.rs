//! GetCallerIdentity: who the caller is.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetCallerIdentity",
    api: Api::Sts,
    doc: "Tells who the caller is. Needs no permission.",
    access: Access::Read,
    concerns: Concerns::Caller,
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: None,
    unwrap: None,
    blob: None,
    sql: &[Sql::select("caller_identity", "caller_identity_Get")
        .also(&[("caller_identity", "get_caller_identity")])],
    run: rule!(run),
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

#[expect(clippy::needless_pass_by_value, reason = "every rule is given its scene")]
#[expect(clippy::unnecessary_wraps, reason = "every rule may refuse")]
fn run(scene: Scene<'_>, _input: Input) -> Result<Output, Refusal> {
    let account = scene.account().to_string();
    let user = scene.caller.user().map_or_else(|| account.clone(), |user| user.id.0.clone());
    Ok(Output { user, account, arn: scene.caller.arn() })
}
