//! DeleteAccountAlias: removes the alias of the account.

use vmfa_model::names::AccountAlias;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteAccountAlias",
    doc: "Deletes the alias of the account. QR codes of new devices show its identifier again.",
    access: Access::Write,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    sql: &[SqlMethod::delete("account_aliases", "account_aliases_Delete")
        .also(&[("account_aliases", "delete_account_alias")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The alias, which must be the one that the account has.
        #[aws = "The name of the account alias to delete."]
        "AccountAlias" alias: AccountAlias,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    Ok(Change::transaction(move |tx| {
        let present = tx.view().account(account)?.and_then(|account| account.alias);
        if present.as_ref() != Some(&input.alias) {
            return Err(refuse::no_such_alias(input.alias.as_str()).into());
        }
        Ok(tx.set_alias(account, None)?)
    }))
}
