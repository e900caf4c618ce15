//! What all queries share: a connection, its prepared statements, and the first error.

use std::cell::{Cell, RefCell};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, ToSql};

use crate::Error;

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

    pub(super) fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'c>, Error> {
        debug_assert!(!self.showing.get(), "a row callback queried the store");
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

    /// The row that a query finds, if any.
    pub(super) fn one<T>(
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

    /// The rows that a query finds.
    pub(super) fn many<T>(
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

    /// Shows the rows that a query finds, without copying them.
    pub(super) fn each(
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
