//! TagUser: sets tags of a user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "TagUser",
    doc: "Sets tags of a user. A tag whose key the user has already takes the place of that one; \
          keys are told apart without regard to case.",
    access: Access::Tagging,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[
        Sql::exec("users", "users_Tag").also(&[("users", "tag_user")]),
        Sql::update("tags", "tag_user"),
    ],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the IAM user to which you want to add tags."]
        "UserName" user: UserName,
        /// The tags to set.
        #[aws = "The list of tags that you want to attach to the IAM user."]
        "Tags" tags: Tags,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    let most = context.quotas().tags;
    let tags = tagging::checked(input.tags, Keys::IgnoringCase)?;
    Ok(Change::transaction(move |tx| {
        let user = find_user(tx.view(), account, &input.user)?;
        let merged = tagging::merged(user.tags, &tags, Keys::IgnoringCase, most)?;
        Ok(tx.set_user_tags(account, &user.id, &merged)?)
    }))
}
