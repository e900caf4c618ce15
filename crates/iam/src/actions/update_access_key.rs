//! UpdateAccessKey: sets an access key active or inactive.

use vmfa_model::names::{AccessKeyId, Status};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "UpdateAccessKey",
    doc: "Makes an access key inactive, so that requests signed with it are refused and the \
          sessions that it created end, or active again.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    sql: &[SqlMethod::update("access_keys", "access_keys_Update")
        .also(&[("access_keys", "update_access_key")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user of the key; the caller by default. The account's root must name one.
        #[aws = "The name of the user whose key you want to update."]
        "UserName" user: Option<UserName>,
        /// The key.
        #[aws = "The access key ID of the secret access key you want to update."]
        "AccessKeyId" id: AccessKeyId,
        /// `Active` or `Inactive`; no key can be made `Expired`.
        #[aws = " The status you want to assign to the secret access key."]
        "Status" status: Status,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let caller = context.caller.clone();
    Ok(Change::transaction(move |tx| {
        let user = find_user_or_caller(tx.view(), &caller, input.user.as_ref())?;
        let key = find_access_key(tx.view(), caller.account, user, &input.id)?;
        let active = match input.status {
            Status::Active => true,
            Status::Inactive => false,
            Status::Expired => return Err(refuse::key_cannot_expire().into()),
        };
        Ok(tx.set_access_key_active(caller.account, &key.id, active)?)
    }))
}
