//! UpdateUser: changes the name or path of a user.

use vmfa_model::names::{NewUserName, Path};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "UpdateUser",
    doc: "Gives a user another name, another path, or both. Its identifier, access keys, MFA \
          devices and tags stay; its ARN changes.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[SqlMethod::update("users", "users_Update").also(&[("users", "update_user")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user's present name.
        #[aws = "Name of the user to update."]
        "UserName" user: UserName,
        /// The new path; unchanged by default.
        #[aws = "New path for the IAM user."]
        "NewPath" path: Option<Path>,
        /// The new name; unchanged by default.
        #[aws = "New name for the user."]
        #[sample = "Robert"]
        "NewUserName" name: Option<NewUserName>,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    let name = input.name.map(UserName::from);
    Ok(Change::transaction(move |tx| {
        let user = find_user(tx.view(), account, &input.user)?;
        let name = name.as_ref().unwrap_or(&user.name);
        let path = input.path.as_ref().unwrap_or(&user.path);
        // Its own name in another case is its own.
        if tx.view().user(account, name)?.is_some_and(|other| other.id != user.id) {
            return Err(refuse::user_exists(name.as_str()).into());
        }
        Ok(tx.rename_user(account, &user.id, name, path)?)
    }))
}
