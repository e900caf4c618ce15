//! ListUserTags: the tags of a user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUserTags",
    doc: "Lists the tags of a user, sorted by key.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[
        SqlMethod::select("user_tags", "user_tags_List").also(&[("user_tags", "list_user_tags")])
    ],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user.
        #[aws = "The name of the IAM user whose tags you want to see."]
        "UserName" user: UserName,
    }
    struct Output {
        /// The tags.
        "Tags" tags: [Tag],
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let user = context.read(|view| find_user(view, account, &input.user))?;
    let (tags, marker) = tag_page(context, user.tags)?;
    Ok(Output::new(tags, marker))
}
