//! TagUser: sets tags of a user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "TagUser",
    doc: "Sets tags of a user. A tag with an existing key replaces that tag; keys are compared \
          without regard to case.",
    access: Access::Tagging,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[
        SqlMethod::exec("users", "users_Tag").also(&[("users", "tag_user")]),
        SqlMethod::update("tags", "tag_user"),
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
    let tags = tagging::checked(input.tags, TagKeyCase::IgnoringCase)?;
    Ok(Change::transaction(move |tx| {
        let user = find_user(tx.view(), account, &input.user)?;
        let merged = tagging::merged(user.tags, &tags, TagKeyCase::IgnoringCase, most)?;
        Ok(tx.set_user_tags(account, &user.id, &merged)?)
    }))
}
