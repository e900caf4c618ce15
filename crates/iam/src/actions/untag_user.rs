//! UntagUser: removes tags of a user.

use vmfa_model::names::TagKeys;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "UntagUser",
    doc: "Removes tags of a user by key, without regard to case. Keys that the user does not \
          have, and an empty list, are ignored.",
    access: Access::Tagging,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    sql: &[SqlMethod::exec("users", "users_Untag").also(&[("users", "untag_user")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the IAM user from which you want to remove tags."]
        "UserName" user: UserName,
        /// The keys of the tags to remove.
        #[aws = "A list of key names as a simple array of strings."]
        "TagKeys" keys: TagKeys,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    let keys = input.keys.0;
    Ok(Change::transaction(move |tx| {
        let user = find_user(tx.view(), account, &input.user)?;
        let rest = tagging::without(user.tags, &keys, TagKeyCase::IgnoringCase);
        Ok(tx.set_user_tags(account, &user.id, &rest)?)
    }))
}
