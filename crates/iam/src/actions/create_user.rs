//! CreateUser: adds a user to the account.

use vmfa_model::names::{Arn, NewUserName, Path};
use vmfa_store::NewUser;

use super::prelude::*;
use crate::identifiers;

pub(super) static ACTION: Action = Action {
    name: "CreateUser",
    doc: "Creates a user without access keys and MFA devices. Names are compared without regard \
          to case, and kept as given.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "User"),
    sql: &[SqlMethod::insert("users", "users_Create").also(&[("users", "create_user")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The path of the user's ARN; `/` by default.
        #[aws = " The path for the user name."]
        "Path" path: Option<Path>,
        /// The name.
        #[aws = "The name of the user to create."]
        "UserName" name: NewUserName,
        /// The ARN of a policy as permissions boundary. There are no policies here, so that every
        /// ARN is refused.
        #[aws = "The ARN of the managed policy that is used to set the permissions boundary for the user."]
        "PermissionsBoundary" boundary: Option<Arn>,
        /// Tags to give the user.
        #[aws = "A list of tags that you want to attach to the new user."]
        "Tags" tags: Option<Tags>,
    }
}

structure! {
    struct Output {
        /// The user.
        "User" user: Option<UserShape>,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<Output>, Refusal> {
    let account = context.account();
    let quotas = context.quotas();
    let tags = tagging::new(input.tags, TagKeyCase::IgnoringCase, quotas.tags)?;
    if let Some(policy) = input.boundary {
        return Err(refuse::no_such_policy(policy.as_str()).into());
    }
    let user = NewUser {
        id: identifiers::user_id(&**context.entropy),
        name: input.name.into(),
        path: match input.path {
            Some(path) => path,
            None => Path::try_from("/".to_owned())?,
        },
        created: context.now,
        tags,
    };
    let shown = UserShape::new(account, user.clone());
    let change = Change::transaction(move |tx| {
        if tx.view().user(account, &user.name)?.is_some() {
            return Err(refuse::user_exists(user.name.as_str()).into());
        }
        let present = tx.view().account(account)?.map_or(0, |account| account.users);
        if present >= quotas.users {
            return Err(refuse::over_quota("UsersPerAccount", quotas.users).into());
        }
        Ok(tx.insert_user(account, &user)?)
    });
    Ok(change.then(|()| Output { user: Some(shown) }))
}
