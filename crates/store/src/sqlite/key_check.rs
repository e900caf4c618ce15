//! The key check: a seal by which a wrong key file is recognised.

use super::{transaction::Transaction, view::View};
use crate::{Error, ReadKeyCheck, Sealed};

impl ReadKeyCheck for View<'_> {
    fn key_check(&self) -> Result<Option<Sealed>, Error> {
        self.one("SELECT seal FROM key_check", &[], |row| Ok(Sealed::from_bytes(row.get(0)?)))
    }
}

impl Transaction<'_> {
    pub(super) fn set_key_check(&self, seal: &Sealed) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO key_check (id, seal) VALUES (1, ?1)";
        self.one("key_check", sql, &[&seal.as_bytes()])
    }
}
