//! Access keys.

use rusqlite::Row;
use vmfa_model::AccountId;

use super::{
    columns::{account_column, account_id, time},
    transaction::Transaction,
    view::View,
};
use crate::{
    AccessKey, Error, KeyId, KeyOwner, LastUse, NewAccessKey, ReadAccessKeys, Sealed, UserId,
    WriteAccessKeys,
};

// In the order in which the function below reads them.
macro_rules! access_key_columns {
    () => {
        "ordinal, id, account, owner, active, secret, created, used_at, used_service, used_region"
    };
}

impl ReadAccessKeys for View<'_> {
    fn access_key(&self, id: &KeyId) -> Result<Option<AccessKey>, Error> {
        let sql = concat!("SELECT ", access_key_columns!(), " FROM access_key WHERE id = ?1");
        self.one(sql, &[&id.0], access_key)
    }

    fn access_keys(&self, account: AccountId, owner: &KeyOwner) -> Result<Vec<AccessKey>, Error> {
        let sql = concat!(
            "SELECT ",
            access_key_columns!(),
            " FROM access_key WHERE account = ?1 AND owner IS ?2
             ORDER BY ordinal"
        );
        self.many(sql, &[&account_column(account)?, &owner_column(owner)], access_key)
    }
}

impl WriteAccessKeys for Transaction<'_> {
    fn insert_access_key(&mut self, key: &NewAccessKey) -> Result<(), Error> {
        self.credentials_changed = true;
        self.count_keys(key.account, &key.owner, 1)?;
        self.one(
            "access_key",
            "INSERT INTO access_key (id, account, owner, active, secret, created)
             VALUES (?1, ?2, ?3, 1, ?4, ?5)",
            &[
                &key.id.0,
                &self.account_column(key.account)?,
                &owner_column(&key.owner),
                &key.secret.as_bytes(),
                &key.created.unix(),
            ],
        )
    }

    fn set_access_key_active(
        &mut self,
        account: AccountId,
        id: &KeyId,
        active: bool,
    ) -> Result<(), Error> {
        self.credentials_changed = true;
        let sql = "UPDATE access_key SET active = ?3 WHERE id = ?1 AND account = ?2";
        self.one("access_key", sql, &[&id.0, &self.account_column(account)?, &active])
    }

    fn set_last_use(
        &mut self,
        account: AccountId,
        id: &KeyId,
        last_use: &LastUse,
    ) -> Result<(), Error> {
        let account = self.account_column(account)?;
        let LastUse { at, service, region } = last_use;
        let sql = "UPDATE access_key SET used_at = ?3, used_service = ?4, used_region = ?5
                   WHERE id = ?1 AND account = ?2";
        self.run(sql, &[&id.0, &account, &at.unix(), service, region]).map(|_| ())
    }

    fn delete_access_key(&mut self, key: &AccessKey) -> Result<(), Error> {
        self.credentials_changed = true;
        self.count_keys(key.account, &key.owner, -1)?;
        let sql = "DELETE FROM access_key WHERE id = ?1 AND account = ?2";
        self.one("access_key", sql, &[&key.id.0, &self.account_column(key.account)?])
    }
}

impl Transaction<'_> {
    fn count_keys(&self, account: AccountId, owner: &KeyOwner, change: i64) -> Result<(), Error> {
        let account = self.account_column(account)?;
        let KeyOwner::User(id) = owner else { return Ok(()) };
        let sql = "UPDATE user SET access_keys = access_keys + ?3 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&account, &id.0, &change])
    }
}

fn access_key(row: &Row<'_>) -> Result<AccessKey, Error> {
    let owner = row.get::<_, Option<String>>(3)?;
    let last_use = match row.get::<_, Option<i64>>(7)? {
        Some(at) => Some(LastUse { at: time(at), service: row.get(8)?, region: row.get(9)? }),
        None => None,
    };
    Ok(AccessKey {
        ordinal: row.get(0)?,
        id: KeyId(row.get(1)?),
        account: account_id(row.get(2)?, "access_key")?,
        owner: owner.map_or(KeyOwner::Root, |id| KeyOwner::User(UserId(id))),
        active: row.get(4)?,
        secret: Sealed::from_bytes(row.get(5)?),
        created: time(row.get(6)?),
        last_use,
    })
}

/// The value of an owner's column.
fn owner_column(owner: &KeyOwner) -> Option<&str> {
    match owner {
        KeyOwner::Root => None,
        KeyOwner::User(id) => Some(&id.0),
    }
}
