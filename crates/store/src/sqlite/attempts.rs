//! Attempts to use codes.

use rusqlite::Row;
use vmfa_model::{AccountId, DeviceResource, Timestamp};

use super::{
    columns::{account_column, time},
    transaction::Transaction,
    view::View,
};
use crate::{Attempts, Error, ReadAttempts, WriteAttempts};

impl ReadAttempts for View<'_> {
    fn attempts(&self, account: AccountId, device: &DeviceResource) -> Result<Attempts, Error> {
        let sql = "SELECT recent, failures, not_before FROM attempt
                   WHERE account = ?1 AND resource = ?2";
        let found = self.one(sql, &[&account_column(account)?, &device.as_str()], attempts)?;
        Ok(found.unwrap_or_default())
    }
}

impl WriteAttempts for Transaction<'_> {
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
                &self.account_column(account)?,
                &device.as_str(),
                &recent,
                &attempts.failures,
                &attempts.not_before.map(Timestamp::unix),
            ],
        )
    }
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
