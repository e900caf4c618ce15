//! ListGroupsForUser: none, because there are no groups here. Terraform asks before it deletes a
//! user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListGroupsForUser",
    doc: "Lists the groups that a user is in. There are no groups here, so the list is empty.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("groups_for_user", "groups_for_user_List")
        .also(&[("groups_for_user", "list_groups_for_user")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user.
        #[aws = "The name of the user to list groups for."]
        "UserName" user: UserName,
    }
    struct Output {
        /// The groups.
        "Groups" groups: [Group],
    }
}

structure! {
    /// A group of users.
    struct Group {
        /// The path.
        "Path" path: String,
        /// The name.
        "GroupName" name: String,
        /// The identifier.
        #[min = 16]
        "GroupId" id: String,
        /// The ARN.
        #[min = 20]
        "Arn" arn: String,
        /// When the group was created.
        "CreateDate" created: Timestamp,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    check_empty_list(context, Some(&input.user))?;
    Ok(Output::new(Elements::default(), None))
}
