//! ListUserPolicies: none, since there are no policies here. Terraform asks before it deletes a
//! user.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUserPolicies",
    api: Api::Iam,
    doc: "Lists the names of the policies that are part of a user. There are no policies here, so \
          the list is empty.",
    access: Access::List,
    concerns: Concerns::User("UserName"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("PolicyNames")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("user_policies", "user_policies_List")
        .also(&[("user_policies", "list_user_policies")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user.
        #[aws = "The name of the user to list policies for."]
        "UserName" user: UserName,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most names in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The names.
        #[element = "policyNameType"]
        "PolicyNames" names: Vec<String>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "PolicyNames"
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    check_empty_list(context, Some(input.user.as_str()), input.marker.as_ref())?;
    Ok(Output { names: Vec::new(), more: false, marker: None })
}
