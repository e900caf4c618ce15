//! ListUserPolicies: none, because there are no policies here. Terraform asks before it deletes a
//! user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUserPolicies",
    doc: "Lists the names of the policies that are part of a user. There are no policies here, so \
          the list is empty.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("user_policies", "user_policies_List")
        .also(&[("user_policies", "list_user_policies")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user.
        #[aws = "The name of the user to list policies for."]
        "UserName" user: UserName,
    }
    struct Output {
        /// The names.
        #[element = "policyNameType"]
        "PolicyNames" names: [String],
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    check_empty_list(context, Some(&input.user))?;
    Ok(Output::new(Elements::default(), None))
}
