//! DeleteAccessKey: removes a key for good.

use vmfa_model::names::AccessKeyId;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteAccessKey",
    doc: "Deletes an access key of a user. Nothing signed with it is taken any more, and the \
          sessions that it made end.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    sql: &[Sql::delete("access_keys", "access_keys_Delete")
        .also(&[("access_keys", "delete_access_key")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// Whose key it is; the caller's by default. The account's root must name a user.
        #[aws = "The name of the user whose access key pair you want to delete."]
        "UserName" user: Option<UserName>,
        /// The key.
        #[aws = "The access key ID for the access key ID and secret access key you want to delete."]
        "AccessKeyId" id: AccessKeyId,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let caller = context.caller.clone();
    Ok(Change::transaction(move |tx| {
        let user = find_user_or_caller(tx.view(), &caller, input.user.as_ref())?;
        let key = find_access_key(tx.view(), caller.account, user, &input.id)?;
        Ok(tx.delete_access_key(&key)?)
    }))
}
