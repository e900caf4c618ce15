//! ListAttachedUserPolicies: none, because there are no policies here. Terraform calls it before it
//! deletes a user.

use vmfa_model::names::{NewUserName, PolicyPath};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAttachedUserPolicies",
    doc: "Lists the managed policies that are attached to a user. There are no policies here, so \
          the list is empty.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("attached_user_policies", "attached_user_policies_List")
        .also(&[("attached_user_policies", "list_attached_user_policies")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user.
        #[aws = "The name (friendly name, not ARN) of the user to list attached policies for."]
        "UserName" user: NewUserName,
        /// The prefix of the policies' paths; `/` by default.
        #[aws = "The path prefix for filtering the results."]
        "PathPrefix" prefix: Option<PolicyPath>,
    }
    struct Output {
        /// The policies.
        "AttachedPolicies" policies: [Policy],
    }
}

structure! {
    /// A managed policy.
    struct Policy {
        /// The name.
        "PolicyName" name: Option<String>,
        /// The ARN.
        #[min = 20]
        "PolicyArn" arn: Option<String>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    check_empty_list(context, Some(&input.user.into()))?;
    Ok(Output::new(Elements::default(), None))
}
