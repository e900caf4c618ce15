//! DeleteAccessKey: deletes an access key.

use vmfa_model::names::AccessKeyId;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteAccessKey",
    doc: "Deletes an access key of a user. Requests signed with it are refused, and the sessions \
          that it created end.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    sql: &[SqlMethod::delete("access_keys", "access_keys_Delete")
        .also(&[("access_keys", "delete_access_key")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user of the key; the caller by default. The account's root must name one.
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
