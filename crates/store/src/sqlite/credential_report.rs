//! Credential reports: one an account.

use rusqlite::ToSql;
use vmfa_model::AccountId;

use super::{
    columns::{account_column, time},
    transaction::Transaction,
    view::View,
};
use crate::{CredentialReport, Error, ReadCredentialReports, WriteCredentialReports};

impl ReadCredentialReports for View<'_> {
    fn report(&self, account: AccountId) -> Result<Option<CredentialReport>, Error> {
        let sql = "SELECT generated, content FROM report WHERE account = ?1";
        self.one(sql, &[&account_column(account)?], |row| {
            Ok(CredentialReport { generated: time(row.get(0)?), content: row.get(1)? })
        })
    }
}

impl WriteCredentialReports for Transaction<'_> {
    fn set_report(&mut self, account: AccountId, report: &CredentialReport) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO report (account, generated, content) VALUES (?1, ?2, ?3)";
        let parameters: [&dyn ToSql; 3] =
            [&self.account_column(account)?, &report.generated.unix(), &report.content];
        self.one("report", sql, &parameters)
    }
}
