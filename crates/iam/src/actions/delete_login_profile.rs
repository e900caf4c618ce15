//! DeleteLoginProfile: always refused, since no user has a password here. Terraform calls it
//! before it deletes a user, and accepts the refusal.

use vmfa_model::names::NewUserName;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteLoginProfile",
    doc: "Deletes the password of a user. No user has a password here, so it finds none.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[SqlMethod::delete("login_profiles", "login_profiles_Delete")
        .also(&[("login_profiles", "delete_login_profile")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user; the caller by default. The account's root must name one.
        #[aws = "The name of the user whose password you want to delete."]
        "UserName" user: Option<NewUserName>,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    match find_login_profile(context, input.user)? {}
}
