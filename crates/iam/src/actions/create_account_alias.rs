//! CreateAccountAlias: sets the alias of the account.

use vmfa_model::names::AccountAlias;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "CreateAccountAlias",
    doc: "Gives the account an alias, which replaces its identifier in the QR codes of new \
          devices. An account has one alias; a new one replaces it.",
    access: Access::Write,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    sql: &[SqlMethod::insert("account_aliases", "account_aliases_Create")
        .also(&[("account_aliases", "create_account_alias")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The alias: lower-case letters, digits, and single hyphens between them.
        #[aws = "The account alias to create."]
        "AccountAlias" alias: AccountAlias,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    Ok(Change::transaction(move |tx| {
        let alias = &input.alias;
        let present = tx.view().account(account)?.and_then(|account| account.alias);
        if present.as_ref() == Some(alias) {
            return Err(refuse::alias_exists(alias.as_str()).into());
        }
        Ok(tx.set_alias(account, Some(alias))?)
    }))
}
