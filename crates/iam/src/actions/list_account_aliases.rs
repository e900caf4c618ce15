//! ListAccountAliases: the account's alias, if it has one.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAccountAliases",
    doc: "Lists the aliases of the account: at most one.",
    access: Access::List,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("account_aliases", "account_aliases_List")
        .also(&[("account_aliases", "list_account_aliases")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {}
    struct Output {
        /// The aliases.
        #[element = "accountAliasType"]
        "AccountAliases" aliases: [String],
    }
}

fn run(context: &ReadContext<'_>, _: Input) -> Result<Output, Refusal> {
    context.refuse_marker()?;
    let account = context.account();
    let alias =
        context.read(|view| Ok(view.account(account)?.and_then(|account| account.alias)))?;
    Ok(Output::new(alias.iter().map(ToString::to_string).collect(), None))
}
