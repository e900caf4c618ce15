//! ListAccountAliases: the account's alias, if it has one.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAccountAliases",
    api: Api::Iam,
    doc: "Lists the aliases of the account: one at the most.",
    access: Access::List,
    concerns: Concerns::Account("*"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("AccountAliases")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("account_aliases", "account_aliases_List")
        .also(&[("account_aliases", "list_account_aliases")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most aliases in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The aliases.
        #[element = "accountAliasType"]
        "AccountAliases" aliases: Vec<String>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "AccountAliases"
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    // One alias fits every page, so no page ever had a marker.
    if input.marker.is_some() {
        return Err(refuse::bad_marker().into());
    }
    let account = context.account();
    let alias = context.read(|view| Ok(view.account(account)?.and_then(|account| account.alias)))?;
    Ok(Output { aliases: alias.into_iter().collect(), more: false, marker: None })
}
