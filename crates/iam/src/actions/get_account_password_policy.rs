//! GetAccountPasswordPolicy: always refused, since no user has a password here.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetAccountPasswordPolicy",
    doc: "Returns the account's rules for passwords. No user has a password here, so it finds \
          none.",
    access: Access::Read,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "PasswordPolicy"),
    sql: &[SqlMethod::select("account_password_policies", "account_password_policies_Get")
        .also(&[("account_password_policies", "get_account_password_policy")])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// The rules.
        "PasswordPolicy" policy: PasswordPolicy,
    }
}

structure! {
    /// Rules for the passwords of an account's users.
    struct PasswordPolicy {
        /// Characters of the shortest password, 6 to 128.
        "MinimumPasswordLength" shortest: Option<i64>,
        /// Whether a password must have a symbol.
        "RequireSymbols" symbols: Option<bool>,
        /// Whether a password must have a digit.
        "RequireNumbers" numbers: Option<bool>,
        /// Whether a password must have an upper-case letter of the English alphabet.
        "RequireUppercaseCharacters" upper_case: Option<bool>,
        /// Whether a password must have a lower-case letter of the English alphabet.
        "RequireLowercaseCharacters" lower_case: Option<bool>,
        /// Whether users may change their own passwords.
        "AllowUsersToChangePassword" users_change: Option<bool>,
        /// Whether passwords expire.
        "ExpirePasswords" expire: Option<bool>,
        /// Days after which a password expires, 1 to 1095.
        "MaxPasswordAge" age: Option<i64>,
        /// Earlier passwords that must not be used again, 1 to 24.
        "PasswordReusePrevention" reuse: Option<i64>,
        /// Whether an expired password can be reset by an administrator only.
        "HardExpiry" hard_expiry: Option<bool>,
    }
}

fn run(context: &ReadContext<'_>, _: Input) -> Result<Output, Refusal> {
    Err(refuse::no_password_policy(context.account()).into())
}
