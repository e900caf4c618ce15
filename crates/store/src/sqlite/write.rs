//! The changes. Counts change in the same transaction as what they count.

use rusqlite::{Connection, OptionalExtension as _, ToSql};
use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{AccountAlias, Path, Tag, UserName},
};
use vmfa_otp::Step;

use super::read::{View, number, owner_column, user_key};
use crate::{
    AccessKey, Attempts, CredentialReport, DeviceId, DeviceInsertion, Error, KeyId, KeyOwner,
    LastUse, NewAccessKey, NewAccount, NewDevice, NewUser, Read, Sealed, UserId, Write,
};

/// The transaction that is open on the writer's connection.
pub(super) struct Transaction<'c> {
    pub(super) connection: &'c Connection,
    view: View<'c>,
    /// The account of the job that runs; `None` for what belongs to no account.
    account: Option<AccountId>,
    /// Whether something changed that signatures are checked against. It stays set where the change
    /// is rolled back; that costs a query, no more.
    pub(super) credentials_changed: bool,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, view: View::new(connection), account: None, credentials_changed: false }
    }

    /// Begins a job: its account, and no error yet.
    pub(super) fn begin(&mut self, account: Option<AccountId>) {
        self.account = account;
        self.view.take_error();
    }

    /// The first error that the job was given.
    pub(super) fn take_error(&self) -> Option<Error> {
        self.view.take_error()
    }

    pub(super) fn set_key_check(&self, seal: &Sealed) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO key_check (id, seal) VALUES (1, ?1)";
        self.one("key_check", sql, &[&seal.as_bytes()])
    }

    /// The account's column, where it is the job's account.
    fn number(&self, other: AccountId) -> Result<i64, Error> {
        self.view.noted(match self.account {
            Some(own) if own != other => Err(Error::OtherAccount { own, other }),
            _ => number(other),
        })
    }

    fn run(&self, sql: &'static str, parameters: &[&dyn ToSql]) -> Result<usize, Error> {
        let run = || Ok(self.view.prepare(sql)?.execute(parameters)?);
        self.view.noted(run())
    }

    /// Runs a statement that must change one row, of `table`.
    fn one(
        &self,
        table: &'static str,
        sql: &'static str,
        parameters: &[&dyn ToSql],
    ) -> Result<(), Error> {
        match self.run(sql, parameters)? {
            1 => Ok(()),
            _ => self.view.noted(Err(Error::Inconsistent(table))),
        }
    }
}

impl Write for Transaction<'_> {
    fn view(&self) -> &dyn Read {
        &self.view
    }

    fn insert_account(&mut self, account: &NewAccount) -> Result<(), Error> {
        self.one(
            "account",
            "INSERT INTO account (id, created) VALUES (?1, ?2)",
            &[&self.number(account.id)?, &account.created.unix()],
        )
    }

    fn set_alias(&mut self, account: AccountId, alias: Option<&AccountAlias>) -> Result<(), Error> {
        let sql = "UPDATE account SET alias = ?2 WHERE id = ?1";
        self.one("account", sql, &[&self.number(account)?, &alias.map(AccountAlias::as_str)])
    }

    fn insert_user(&mut self, account: AccountId, user: &NewUser) -> Result<(), Error> {
        let account = self.number(account)?;
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
            &[&self.number(account)?, &id.0, &user_key(name), &name.as_str(), &path.as_str()],
        )
    }

    fn set_user_tags(
        &mut self,
        account: AccountId,
        id: &UserId,
        tags: &[Tag],
    ) -> Result<(), Error> {
        let sql = "UPDATE user SET tags = ?3 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&self.number(account)?, &id.0, &tags_column(tags)?])
    }

    fn delete_user(&mut self, account: AccountId, id: &UserId) -> Result<(), Error> {
        self.credentials_changed = true;
        let account = self.number(account)?;
        self.one("account", "UPDATE account SET users = users - 1 WHERE id = ?1", &[&account])?;
        self.one("user", "DELETE FROM user WHERE account = ?1 AND id = ?2", &[&account, &id.0])
    }

    fn insert_device(
        &mut self,
        account: AccountId,
        device: &NewDevice,
        quota: u64,
    ) -> Result<DeviceInsertion, Error> {
        let account = self.number(account)?;
        let quota = i64::try_from(quota).unwrap_or(i64::MAX);
        let sql = "UPDATE account SET next_device = next_device + 1, devices = devices + 1
                   WHERE id = ?1 AND devices < ?2 RETURNING next_device - 1";
        let claim = || {
            let mut statement = self.view.prepare(sql)?;
            Ok(statement.query_row([account, quota], |row| row.get(0)).optional()?)
        };
        let Some(id) = self.view.noted(claim())? else { return Ok(DeviceInsertion::QuotaReached) };
        let inserted = self.run(
            "INSERT INTO device (account, id, resource, tags, generation, seed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (account, resource) DO NOTHING",
            &[
                &account,
                &id,
                &device.resource.as_str(),
                &tags_column(&device.tags)?,
                &device.generation,
                &device.seed.as_bytes(),
            ],
        )?;
        Ok(if inserted == 1 {
            DeviceInsertion::Inserted(DeviceId(id))
        } else {
            DeviceInsertion::Taken
        })
    }

    fn assign_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = self.number(account)?;
        self.one(
            "device",
            "UPDATE device SET owner = ?3, enabled = ?4
             WHERE account = ?1 AND id = ?2 AND owner IS NULL",
            &[&account, &device.0, &owner.0, &now.unix()],
        )?;
        let sql = "UPDATE user SET devices = devices + 1 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&account, &owner.0])?;
        let sql = "UPDATE account SET devices_in_use = devices_in_use + 1 WHERE id = ?1";
        self.one("account", sql, &[&account])
    }

    fn release_device(
        &mut self,
        account: AccountId,
        device: DeviceId,
        owner: &UserId,
    ) -> Result<(), Error> {
        let account = self.number(account)?;
        self.one(
            "device",
            "UPDATE device SET owner = NULL, enabled = NULL
             WHERE account = ?1 AND id = ?2 AND owner = ?3",
            &[&account, &device.0, &owner.0],
        )?;
        let sql = "UPDATE user SET devices = devices - 1 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&account, &owner.0])?;
        let sql = "UPDATE account SET devices_in_use = devices_in_use - 1 WHERE id = ?1";
        self.one("account", sql, &[&account])
    }

    fn use_step(
        &mut self,
        account: AccountId,
        device: DeviceId,
        step: Step,
        drift: i64,
    ) -> Result<bool, Error> {
        let changed = self.run(
            "UPDATE device SET last_step = ?3, drift = ?4
             WHERE account = ?1 AND id = ?2 AND (last_step IS NULL OR last_step < ?3)",
            &[&self.number(account)?, &device.0, &step.get(), &drift],
        )?;
        Ok(changed == 1)
    }

    fn set_device_tags(
        &mut self,
        account: AccountId,
        device: DeviceId,
        tags: &[Tag],
    ) -> Result<(), Error> {
        let sql = "UPDATE device SET tags = ?3 WHERE account = ?1 AND id = ?2";
        self.one("device", sql, &[&self.number(account)?, &device.0, &tags_column(tags)?])
    }

    fn delete_device(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error> {
        let account = self.number(account)?;
        self.one("account", "UPDATE account SET devices = devices - 1 WHERE id = ?1", &[&account])?;
        let sql = "DELETE FROM device WHERE account = ?1 AND id = ?2 AND owner IS NULL";
        self.one("device", sql, &[&account, &device.0])
    }

    fn set_attempts(
        &mut self,
        account: AccountId,
        device: &DeviceResource,
        attempts: &Attempts,
    ) -> Result<(), Error> {
        let recent: Vec<u8> =
            attempts.recent.iter().flat_map(|time| time.unix().to_be_bytes()).collect();
        self.one(
            "attempt",
            "INSERT OR REPLACE INTO attempt (account, resource, recent, failures, not_before)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            &[
                &self.number(account)?,
                &device.as_str(),
                &recent,
                &attempts.failures,
                &attempts.not_before.map(Timestamp::unix),
            ],
        )
    }

    fn insert_access_key(&mut self, key: &NewAccessKey) -> Result<(), Error> {
        self.credentials_changed = true;
        self.count_keys(key.account, &key.owner, 1)?;
        self.one(
            "access_key",
            "INSERT INTO access_key (id, account, owner, active, secret, created)
             VALUES (?1, ?2, ?3, 1, ?4, ?5)",
            &[
                &key.id.0,
                &self.number(key.account)?,
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
        self.one("access_key", sql, &[&id.0, &self.number(account)?, &active])
    }

    fn set_last_use(
        &mut self,
        account: AccountId,
        id: &KeyId,
        last_use: &LastUse,
    ) -> Result<(), Error> {
        let account = self.number(account)?;
        let LastUse { at, service, region } = last_use;
        let sql = "UPDATE access_key SET used_at = ?3, used_service = ?4, used_region = ?5
                   WHERE id = ?1 AND account = ?2";
        self.run(sql, &[&id.0, &account, &at.unix(), service, region]).map(|_| ())
    }

    fn delete_access_key(&mut self, key: &AccessKey) -> Result<(), Error> {
        self.credentials_changed = true;
        self.count_keys(key.account, &key.owner, -1)?;
        self.one("access_key", "DELETE FROM access_key WHERE id = ?1", &[&key.id.0])
    }

    fn set_report(&mut self, account: AccountId, report: &CredentialReport) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO report (account, generated, content) VALUES (?1, ?2, ?3)";
        let parameters: [&dyn ToSql; 3] =
            [&self.number(account)?, &report.generated.unix(), &report.content];
        self.one("report", sql, &parameters)
    }
}

impl Transaction<'_> {
    fn count_keys(&self, account: AccountId, owner: &KeyOwner, change: i64) -> Result<(), Error> {
        let account = self.number(account)?;
        let KeyOwner::User(id) = owner else { return Ok(()) };
        let sql = "UPDATE user SET access_keys = access_keys + ?3 WHERE account = ?1 AND id = ?2";
        self.one("user", sql, &[&account, &id.0, &change])
    }
}

fn tags_column(tags: &[Tag]) -> Result<Option<String>, Error> {
    if tags.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    serde_json::to_string(&pairs).map(Some).map_err(|_| Error::Inconsistent("tags"))
}
