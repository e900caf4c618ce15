//! ListUserTags: the tags of a user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUserTags",
    api: Api::Iam,
    doc: "Lists the tags of a user by key.",
    access: Access::List,
    concerns: Concerns::User("UserName"),
    input: &Input::SHAPE,
    output: Some(&TagPage::SHAPE),
    page: Some(Page::of("Tags")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("user_tags", "user_tags_List").also(&[("user_tags", "list_user_tags")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the IAM user whose tags you want to see."]
        "UserName" user: UserName,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most tags in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<TagPage, Refusal> {
    let account = context.account();
    let user = context.read(|view| find_user(view, account, input.user.as_str()))?;
    let pager = Pager::new(context, &[ACTION.name, &user.id.0], input.limit);
    TagPage::of(user.tags, &pager, input.marker.as_ref())
}
