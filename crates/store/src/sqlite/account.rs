//! Accounts, with the counts that quotas need.

use rusqlite::Row;
use vmfa_model::{AccountId, names::AccountAlias};

use super::{
    columns::{account_column, account_id, count, optional, time},
    transaction::Transaction,
    view::View,
};
use crate::{Account, Error, NewAccount, ReadAccounts, WriteAccounts};

// In the order in which the function below reads them.
macro_rules! account_columns {
    () => {
        "id, alias, created, users, devices, devices_in_use"
    };
}

impl ReadAccounts for View<'_> {
    fn first_account(&self) -> Result<Option<Account>, Error> {
        self.one(
            concat!("SELECT ", account_columns!(), " FROM account ORDER BY id LIMIT 1"),
            &[],
            account,
        )
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        self.one(
            concat!("SELECT ", account_columns!(), " FROM account WHERE id = ?1"),
            &[&account_column(id)?],
            account,
        )
    }
}

impl WriteAccounts for Transaction<'_> {
    fn insert_account(&mut self, account: &NewAccount) -> Result<(), Error> {
        self.one(
            "account",
            "INSERT INTO account (id, created) VALUES (?1, ?2)",
            &[&self.account_column(account.id)?, &account.created.unix()],
        )
    }

    fn set_alias(&mut self, account: AccountId, alias: Option<&AccountAlias>) -> Result<(), Error> {
        let sql = "UPDATE account SET alias = ?2 WHERE id = ?1";
        self.one(
            "account",
            sql,
            &[&self.account_column(account)?, &alias.map(AccountAlias::as_str)],
        )
    }
}

fn account(row: &Row<'_>) -> Result<Account, Error> {
    Ok(Account {
        id: account_id(row.get(0)?, "account")?,
        alias: optional(row.get(1)?, "account")?,
        created: time(row.get(2)?),
        users: count(row.get(3)?)?,
        devices: count(row.get(4)?)?,
        devices_in_use: count(row.get(5)?)?,
    })
}
