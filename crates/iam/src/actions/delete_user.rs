//! DeleteUser: deletes a user without keys and devices.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteUser",
    doc: "Deletes a user. Its MFA devices must be deactivated and its access keys deleted first.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[SqlMethod::delete("users", "users_Delete").also(&[("users", "delete_user")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the user to delete."]
        "UserName" user: UserName,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    Ok(Change::transaction(move |tx| {
        let user = find_user(tx.view(), account, &input.user)?;
        if user.devices > 0 {
            return Err(refuse::must_remove_tokens().into());
        }
        if user.access_keys > 0 {
            return Err(refuse::must_first("delete access keys").into());
        }
        Ok(tx.delete_user(account, &user.id)?)
    }))
}
