//! The queries, each one statement.

use std::cell::{Cell, RefCell};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, ToSql};
use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{Tag, TagKey, TagValue, UserName},
};
use vmfa_otp::Step;

use crate::{
    AccessKey, Account, Attempts, CredentialReport, Device, DeviceColumns, DeviceFilter, DeviceId,
    DevicePage, Error, KeyId, KeyOwner, LastUse, OwnedDeviceColumns, Read, Sealed, User,
    UserColumns, UserId, UserPage,
};

// The columns, in the order in which the functions below read them.
macro_rules! account_columns {
    () => {
        "id, alias, created, users, devices, devices_in_use"
    };
}
macro_rules! user_columns {
    () => {
        "u.id, u.name, u.path, u.created, u.tags, u.devices, u.access_keys"
    };
}
macro_rules! access_key_columns {
    () => {
        "ordinal, id, account, owner, active, secret, created, used_at, used_service, used_region"
    };
}
macro_rules! devices {
    (with owners, $index:literal, $filter:literal) => {
        devices!(
            "d.enabled, u.id, u.name, u.path, u.created",
            $index,
            "LEFT JOIN user u ON u.account = d.account AND u.id = d.owner",
            $filter
        )
    };
    (alone, $index:literal, $filter:literal) => {
        devices!("NULL", $index, "", $filter)
    };
    ($columns:literal, $index:literal, $join:literal, $filter:literal) => {
        concat!(
            "SELECT d.id, d.resource, ",
            $columns,
            " FROM device d ",
            $index,
            " ",
            $join,
            " WHERE d.account = ?1 AND d.id > ?2 ",
            $filter,
            " ORDER BY d.id LIMIT ?3"
        )
    };
}

/// A read view on a connection.
pub(super) struct View<'c> {
    connection: &'c Connection,
    /// Whether a callback is being shown a row.
    showing: Cell<bool>,
    error: RefCell<Option<Error>>,
}

impl<'c> View<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, showing: Cell::new(false), error: RefCell::new(None) }
    }

    /// A prepared statement.
    pub(super) fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'c>, Error> {
        debug_assert!(!self.showing.get(), "a callback that is shown rows queried the store");
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Remembers the first error, for [`take_error`](Self::take_error).
    pub(super) fn noted<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.error.borrow_mut().get_or_insert_with(|| error.clone());
        }
        result
    }

    /// The first error since the last call of this.
    pub(super) fn take_error(&self) -> Option<Error> {
        self.error.borrow_mut().take()
    }

    fn one<T>(
        &self,
        sql: &'static str,
        parameters: &[&dyn ToSql],
        read: fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let run = || {
            let mut statement = self.prepare(sql)?;
            statement.query_row(parameters, |row| Ok(read(row))).optional()?.transpose()
        };
        self.noted(run())
    }

    fn many<T>(
        &self,
        sql: &'static str,
        parameters: &[&dyn ToSql],
        read: fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each(sql, parameters, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn each(
        &self,
        sql: &'static str,
        parameters: &[&dyn ToSql],
        mut show: impl FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut run = || {
            let mut statement = self.prepare(sql)?;
            let mut rows = statement.query(parameters)?;
            let _showing = Showing::begin(&self.showing);
            while let Some(row) = rows.next()? {
                show(row)?;
            }
            Ok(())
        };
        self.noted(run())
    }
}

/// Sets a flag for as long as it lives, a panic included.
struct Showing<'f>(&'f Cell<bool>);

impl<'f> Showing<'f> {
    fn begin(flag: &'f Cell<bool>) -> Self {
        flag.set(true);
        Self(flag)
    }
}

impl Drop for Showing<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Read for View<'_> {
    fn key_check(&self) -> Result<Option<Sealed>, Error> {
        self.one("SELECT seal FROM key_check", &[], |row| Ok(Sealed::from_bytes(row.get(0)?)))
    }

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
            &[&number(id)?],
            account,
        )
    }

    fn user(&self, account: AccountId, name: &UserName) -> Result<Option<User>, Error> {
        let sql =
            concat!("SELECT ", user_columns!(), " FROM user u WHERE u.account = ?1 AND u.key = ?2");
        self.one(sql, &[&number(account)?, &user_key(name)], user)
    }

    fn user_by_id(&self, account: AccountId, id: &UserId) -> Result<Option<User>, Error> {
        let sql =
            concat!("SELECT ", user_columns!(), " FROM user u WHERE u.account = ?1 AND u.id = ?2");
        self.one(sql, &[&number(account)?, &id.0], user)
    }

    fn users(&self, account: AccountId, page: &UserPage<'_>) -> Result<Vec<User>, Error> {
        let sql = concat!(
            "SELECT ",
            user_columns!(),
            " FROM user u WHERE u.account = ?1 AND u.key > ?2
             ORDER BY u.key LIMIT ?3"
        );
        let after = page.after.map_or_else(String::new, user_key);
        self.many(sql, &[&number(account)?, &after, &bound(page.limit)], user)
    }

    fn device(
        &self,
        account: AccountId,
        resource: &DeviceResource,
    ) -> Result<Option<Device>, Error> {
        let sql = "SELECT id, resource, owner, enabled, tags, generation, seed, last_step, drift
                   FROM device
                   WHERE account = ?1 AND resource = ?2";
        self.one(sql, &[&number(account)?, &resource.as_str()], device)
    }

    fn devices(
        &self,
        account: AccountId,
        page: &DevicePage,
        show: &mut dyn FnMut(DeviceColumns<'_>),
    ) -> Result<(), Error> {
        // Each filter has an index of its own in the order of the list, so that a page costs the
        // same wherever it lies and however many devices the filter passes over. The indices are
        // named, so that a planner which would rather walk the table has to fail.
        let sql = match (page.filter, page.owners) {
            (DeviceFilter::Any, true) => devices!(with owners, "", ""),
            (DeviceFilter::Any, false) => devices!(alone, "", ""),
            (DeviceFilter::Assigned, true) => {
                devices!(with owners, "INDEXED BY device_assigned", "AND d.owner IS NOT NULL")
            }
            (DeviceFilter::Assigned, false) => {
                devices!(alone, "INDEXED BY device_assigned", "AND d.owner IS NOT NULL")
            }
            (DeviceFilter::Unassigned, _) => {
                devices!(alone, "INDEXED BY device_unassigned", "AND d.owner IS NULL")
            }
        };
        let parameters: [&dyn ToSql; 3] = [&number(account)?, &page.after.0, &bound(page.limit)];
        self.each(sql, &parameters, |row| {
            show(if page.owners { with_owner(row)? } else { alone(row)? });
            Ok(())
        })
    }

    fn devices_of(
        &self,
        account: AccountId,
        owner: &UserId,
        after: DeviceId,
        limit: usize,
        show: &mut dyn FnMut(OwnedDeviceColumns<'_>),
    ) -> Result<(), Error> {
        let sql = devices!("d.enabled", "INDEXED BY device_by_owner", "", "AND d.owner = ?4");
        let parameters: [&dyn ToSql; 4] = [&number(account)?, &after.0, &bound(limit), &owner.0];
        self.each(sql, &parameters, |row| {
            let id = DeviceId(row.get(0)?);
            show(OwnedDeviceColumns {
                id,
                resource: resource(row, 1)?,
                enabled: time(row.get(2)?),
            });
            Ok(())
        })
    }

    fn attempts(&self, account: AccountId, device: &DeviceResource) -> Result<Attempts, Error> {
        let sql = "SELECT recent, failures, not_before FROM attempt
                   WHERE account = ?1 AND resource = ?2";
        let found = self.one(sql, &[&number(account)?, &device.as_str()], attempts)?;
        Ok(found.unwrap_or_default())
    }

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
        self.many(sql, &[&number(account)?, &owner_column(owner)], access_key)
    }

    fn report(&self, account: AccountId) -> Result<Option<CredentialReport>, Error> {
        let sql = "SELECT generated, content FROM report WHERE account = ?1";
        self.one(sql, &[&number(account)?], |row| {
            Ok(CredentialReport { generated: time(row.get(0)?), content: row.get(1)? })
        })
    }
}

fn account(row: &Row<'_>) -> Result<Account, Error> {
    let id = u64::try_from(row.get::<_, i64>(0)?).ok().and_then(AccountId::new);
    Ok(Account {
        id: id.ok_or(Error::Inconsistent("account"))?,
        alias: optional(row.get(1)?, "account")?,
        created: time(row.get(2)?),
        users: count(row.get(3)?)?,
        devices: count(row.get(4)?)?,
        devices_in_use: count(row.get(5)?)?,
    })
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

fn device(row: &Row<'_>) -> Result<Device, Error> {
    let owner = row.get::<_, Option<String>>(2)?.map(UserId);
    let enabled = row.get::<_, Option<i64>>(3)?.map(time);
    let resource = DeviceResource::parse(text(row, 1)?).ok_or(Error::Inconsistent("device"))?;
    Ok(Device {
        id: DeviceId(row.get(0)?),
        resource,
        owner: owner.zip(enabled),
        tags: tags(row.get(4)?)?,
        generation: row.get(5)?,
        seed: Sealed::from_bytes(row.get(6)?),
        last_step: row.get::<_, Option<i64>>(7)?.map(Step::new),
        drift: row.get(8)?,
    })
}

fn with_owner<'r>(row: &'r Row<'_>) -> Result<DeviceColumns<'r>, Error> {
    let owner = match row.get::<_, Option<i64>>(2)? {
        Some(enabled) => {
            let (id, name, path) = (text(row, 3)?, text(row, 4)?, text(row, 5)?);
            Some((UserColumns { id, name, path, created: time(row.get(6)?) }, time(enabled)))
        }
        None => None,
    };
    Ok(DeviceColumns { owner, ..alone(row)? })
}

fn alone<'r>(row: &'r Row<'_>) -> Result<DeviceColumns<'r>, Error> {
    Ok(DeviceColumns { id: DeviceId(row.get(0)?), resource: resource(row, 1)?, owner: None })
}

fn attempts(row: &Row<'_>) -> Result<Attempts, Error> {
    let recent: Vec<u8> = row.get(0)?;
    let (times, []) = recent.as_chunks::<8>() else { return Err(Error::Inconsistent("attempt")) };
    Ok(Attempts {
        recent: times.iter().map(|bytes| time(i64::from_be_bytes(*bytes))).collect(),
        failures: row.get(1)?,
        not_before: row.get::<_, Option<i64>>(2)?.map(time),
    })
}

fn access_key(row: &Row<'_>) -> Result<AccessKey, Error> {
    let account = u64::try_from(row.get::<_, i64>(2)?).ok().and_then(AccountId::new);
    let owner = row.get::<_, Option<String>>(3)?;
    let last_use = match row.get::<_, Option<i64>>(7)? {
        Some(at) => Some(LastUse { at: time(at), service: row.get(8)?, region: row.get(9)? }),
        None => None,
    };
    Ok(AccessKey {
        ordinal: row.get(0)?,
        id: KeyId(row.get(1)?),
        account: account.ok_or(Error::Inconsistent("access_key"))?,
        owner: owner.map_or(KeyOwner::Root, |id| KeyOwner::User(UserId(id))),
        active: row.get(4)?,
        secret: Sealed::from_bytes(row.get(5)?),
        created: time(row.get(6)?),
        last_use,
    })
}

/// The value of an account's column.
pub(super) fn number(account: AccountId) -> Result<i64, Error> {
    i64::try_from(account.get()).map_err(|_| Error::Inconsistent("account"))
}

/// The form in which names are compared. They are ASCII.
pub(super) fn user_key(name: &UserName) -> String {
    name.as_str().to_ascii_lowercase()
}

/// The value of an owner's column.
pub(super) fn owner_column(owner: &KeyOwner) -> Option<&str> {
    match owner {
        KeyOwner::Root => None,
        KeyOwner::User(id) => Some(&id.0),
    }
}

fn resource<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    let text = text(row, column)?;
    if DeviceResource::is_one(text) { Ok(text) } else { Err(Error::Inconsistent("device")) }
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    row.get_ref(column)?.as_str().map_err(|_| Error::Inconsistent("text"))
}

/// Tags are stored as a JSON list of pairs of key and value.
fn tags(column: Option<String>) -> Result<Vec<Tag>, Error> {
    let Some(json) = column else { return Ok(Vec::new()) };
    let pairs: Vec<(String, String)> =
        serde_json::from_str(&json).map_err(|_| Error::Inconsistent("tags"))?;
    let tag = |(key, value)| {
        let (key, value) = (TagKey::try_from(key).ok()?, TagValue::try_from(value).ok()?);
        Some(Tag { key, value })
    };
    pairs.into_iter().map(|pair| tag(pair).ok_or(Error::Inconsistent("tags"))).collect()
}

/// A name that satisfies the constraints of its type.
fn name<T: TryFrom<String>>(column: String, table: &'static str) -> Result<T, Error> {
    T::try_from(column).map_err(|_| Error::Inconsistent(table))
}

fn optional<T: TryFrom<String>>(
    column: Option<String>,
    table: &'static str,
) -> Result<Option<T>, Error> {
    column.map(|column| name(column, table)).transpose()
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn count(column: i64) -> Result<u64, Error> {
    u64::try_from(column).map_err(|_| Error::Inconsistent("count"))
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
