//! ListAttachedUserPolicies: none, since there are no policies here. Terraform asks before it
//! deletes a user.

use vmfa_model::names::{NewUserName, PolicyPath};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAttachedUserPolicies",
    api: Api::Iam,
    doc: "Lists the managed policies that are attached to a user. There are no policies here, so \
          the list is empty.",
    access: Access::List,
    concerns: Concerns::User("UserName"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("AttachedPolicies")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("attached_user_policies", "attached_user_policies_List")
        .also(&[("attached_user_policies", "list_attached_user_policies")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name (friendly name, not ARN) of the user to list attached policies for."]
        "UserName" user: NewUserName,
        /// How the paths of the policies begin; `/` by default.
        #[aws = "The path prefix for filtering the results."]
        "PathPrefix" prefix: Option<PolicyPath>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most policies in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The policies.
        "AttachedPolicies" policies: Vec<Policy>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "AttachedPolicies"
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
    check_empty_list(context, Some(input.user.as_str()), input.marker.as_ref())?;
    Ok(Output { policies: Vec::new(), more: false, marker: None })
}
