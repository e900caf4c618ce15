//! Virtual MFA devices.

use rusqlite::{OptionalExtension as _, Row, ToSql};
use vmfa_model::{AccountId, DeviceResource, Timestamp, names::Tag};
use vmfa_otp::Step;

use super::{
    columns::{account_column, bound, tags, tags_column, text, time},
    transaction::Transaction,
    view::View,
};
use crate::{
    Device, DeviceColumns, DeviceFilter, DeviceId, DeviceInsertion, DevicePage, Error, NewDevice,
    OwnedDeviceColumns, ReadDevices, Sealed, UserColumns, UserId, WriteDevices,
};

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

impl ReadDevices for View<'_> {
    fn device(
        &self,
        account: AccountId,
        resource: &DeviceResource,
    ) -> Result<Option<Device>, Error> {
        let sql = "SELECT id, resource, owner, enabled, tags, generation, seed, last_step, drift
                   FROM device
                   WHERE account = ?1 AND resource = ?2";
        self.one(sql, &[&account_column(account)?, &resource.as_str()], device)
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
        let parameters: [&dyn ToSql; 3] =
            [&account_column(account)?, &page.after.0, &bound(page.limit)];
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
        let parameters: [&dyn ToSql; 4] =
            [&account_column(account)?, &after.0, &bound(limit), &owner.0];
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
}

impl WriteDevices for Transaction<'_> {
    fn insert_device(
        &mut self,
        account: AccountId,
        device: &NewDevice,
        quota: u64,
    ) -> Result<DeviceInsertion, Error> {
        let account = self.account_column(account)?;
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
        let account = self.account_column(account)?;
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
        let account = self.account_column(account)?;
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
            &[&self.account_column(account)?, &device.0, &step.get(), &drift],
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
        self.one("device", sql, &[&self.account_column(account)?, &device.0, &tags_column(tags)?])
    }

    fn delete_device(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error> {
        let account = self.account_column(account)?;
        self.one("account", "UPDATE account SET devices = devices - 1 WHERE id = ?1", &[&account])?;
        let sql = "DELETE FROM device WHERE account = ?1 AND id = ?2 AND owner IS NULL";
        self.one("device", sql, &[&account, &device.0])
    }
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

fn resource<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    let text = text(row, column)?;
    if DeviceResource::is_one(text) { Ok(text) } else { Err(Error::Inconsistent("device")) }
}
