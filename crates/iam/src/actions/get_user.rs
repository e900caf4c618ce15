//! GetUser: one user, with its tags.

use super::prelude::*;
use crate::refusal::InternalError;

pub(super) static ACTION: Action = Action {
    name: "GetUser",
    doc: "Returns a user's path, identifier, ARN, time of creation and tags. Without a name, it \
          returns the caller, which may be the account's root user.",
    access: Access::Read,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "User"),
    sql: &[SqlMethod::select("users", "users_Get")
        .also(&[("users", "get_user")])
        .requires(&["UserName"])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the user to get information about."]
        "UserName" user: Option<UserName>,
    }
}

structure! {
    struct Output {
        /// The user.
        "User" user: UserShape,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    if input.user.is_none() && context.caller.user().is_none() {
        let found = context.read(|view| Ok(view.account(account)?))?;
        let no_account = Refusal::Internal(InternalError::Impossible("the caller has no account"));
        return Ok(Output { user: UserShape::root(&found.ok_or(no_account)?) });
    }
    let user =
        context.read(|view| find_user_or_caller(view, context.caller, input.user.as_ref()))?;
    Ok(Output { user: UserShape::whole(account, user) })
}
