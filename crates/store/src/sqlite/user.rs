//! Users.

use rusqlite::Row;
use vmfa_model::{
    AccountId,
    names::{Path, Tag, UserName},
};

use super::{
    columns::{account_column, bound, count, name, tags, tags_column, time},
    transaction::Transaction,
    view::View,
};
use crate::{Error, NewUser, ReadUsers, User, UserId, UserPage, WriteUsers};

// In the order in which the function below reads them.
macro_rules! user_columns {
    () => {
        "u.id, u.name, u.path, u.created, u.tags, u.devices, u.access_keys"
    };
}

impl ReadUsers for View<'_> {
    fn user(&self, account: AccountId, name: &UserName) -> Result<Option<User>, Error> {
        let sql =
            concat!("SELECT ", user_columns!(), " FROM user u WHERE u.account = ?1 AND u.key = ?2");
        self.one(sql, &[&account_column(account)?, &user_key(name)], user)
    }

    fn user_by_id(&self, account: AccountId, id: &UserId) -> Result<Option<User>, Error> {
        let sql =
            concat!("SELECT ", user_columns!(), " FROM user u WHERE u.account = ?1 AND u.id = ?2");
        self.one(sql, &[&account_column(account)?, &id.0], user)
    }

    fn users(&self, account: AccountId, page: &UserPage<'_>) -> Result<Vec<User>, Error> {
        let sql = concat!(
            "SELECT ",
            user_columns!(),
            " FROM user u WHERE u.account = ?1 AND u.key > ?2
             ORDER BY u.key LIMIT ?3"
        );
        let after = page.after.map_or_else(String::new, user_key);
        self.many(sql, &[&account_column(account)?, &after, &bound(page.limit)], user)
    }
}

impl WriteUsers for Transaction<'_> {
    fn insert_user(&mut self, account: AccountId, user: &NewUser) -> Result<(), Error> {
        let account = self.account_column(account)?;
        self.one("account", "UPDATE account SET users = users + 1 WHERE id = ?1", &[&account])?;
        self.one(
            "user",
            "INSERT INTO user (account, key, name, path, id, created, tags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            &[
                &account,
                &user_key(&user.name),
                &user.name.as_str(),
                &user.path.as_str(),
                &user.id.0,
                &user.created.unix(),
                &tags_column(&user.tags)?,
            ],
        )
    }

    fn rename_user(
        &mut self,
        account: AccountId,
        id: &UserId,
        name: &UserName,
        path: &Path,
    ) -> Result<(), Error> {
        self.credentials_changed = true;
        let sql = "UPDATE user SET key = ?3, name = ?4, path = ?5 WHERE account = ?1 AND id = ?2";
        self.one(
            "user",
            sql,
            &[
                &self.account_column(account)?,
                &id.0,
                &user_key(name),
                &name.as_str(),
                &path.as_str(),
            ],
        )
    }

    fn set_user_tags(
        &mut self,
        account: AccountId,
        id: &UserId,
        tags: &[Tag],
    ) -> Result<(), Error> {
        let sql = "UPDATE user SET tags = ?3 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&self.account_column(account)?, &id.0, &tags_column(tags)?])
    }

    fn delete_user(&mut self, account: AccountId, id: &UserId) -> Result<(), Error> {
        self.credentials_changed = true;
        let account = self.account_column(account)?;
        self.one("account", "UPDATE account SET users = users - 1 WHERE id = ?1", &[&account])?;
        self.one("user", "DELETE FROM user WHERE account = ?1 AND id = ?2", &[&account, &id.0])
    }
}

fn user(row: &Row<'_>) -> Result<User, Error> {
    Ok(User {
        id: UserId(row.get(0)?),
        name: name(row.get(1)?, "user")?,
        path: name(row.get(2)?, "user")?,
        created: time(row.get(3)?),
        tags: tags(row.get(4)?)?,
        devices: count(row.get(5)?)?,
        access_keys: count(row.get(6)?)?,
    })
}

/// The form in which names are compared. They are ASCII.
fn user_key(name: &UserName) -> String {
    name.as_str().to_ascii_lowercase()
}
