//! GetLoginProfile: always refused, since no user has a password here. Terraform calls it before it
//! deletes a user.

use vmfa_model::names::NewUserName;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetLoginProfile",
    doc: "Returns when the password of a user was created. No user has a password here, so it \
          finds none.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "LoginProfile"),
    sql: &[SqlMethod::select("login_profiles", "login_profiles_Get")
        .also(&[("login_profiles", "get_login_profile")])
        .requires(&["UserName"])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user; the caller by default. The account's root must name one.
        #[aws = "The name of the user whose login profile you want to retrieve."]
        "UserName" user: Option<NewUserName>,
    }
}

structure! {
    struct Output {
        /// The password's properties.
        "LoginProfile" profile: LoginProfile,
    }
}

structure! {
    /// What AWS shows of a password.
    struct LoginProfile {
        /// The user's name.
        #[min = 1]
        "UserName" user: String,
        /// When the password was created.
        "CreateDate" created: Timestamp,
        /// Whether the user must choose another at the next sign-in.
        "PasswordResetRequired" reset_required: Option<bool>,
        /// Seconds that a sign-in session may last.
        "MaxSigninSessionDuration" longest_session: Option<i64>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    match find_login_profile(context, input.user)? {}
}
