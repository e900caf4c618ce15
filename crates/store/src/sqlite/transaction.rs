//! What all changes share. Counts change in the same transaction as what they count.

use rusqlite::{Connection, ToSql};
use vmfa_model::AccountId;

use super::{columns::account_column, view::View};
use crate::{Error, Read, Write};

/// The transaction that is open on the writer's connection.
pub(super) struct Transaction<'c> {
    pub(super) connection: &'c Connection,
    pub(super) view: View<'c>,
    /// The account of the job that runs; `None` for what belongs to no account.
    account: Option<AccountId>,
    /// Whether something changed that signatures are checked against. It stays set where the change
    /// is rolled back, which costs one query.
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

    /// The account's column, where it is the job's account.
    pub(super) fn account_column(&self, other: AccountId) -> Result<i64, Error> {
        self.view.noted(match self.account {
            Some(own) if own != other => Err(Error::OtherAccount { own, other }),
            _ => account_column(other),
        })
    }

    /// Runs a statement; the number of rows that it changed.
    pub(super) fn run(&self, sql: &'static str, parameters: &[&dyn ToSql]) -> Result<usize, Error> {
        let run = || Ok(self.view.prepare(sql)?.execute(parameters)?);
        self.view.noted(run())
    }

    /// Runs a statement that must change one row, of `table`.
    pub(super) fn one(
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
}
