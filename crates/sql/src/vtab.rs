//! Sources as virtual tables of SQLite.
//!
//! What `WHERE` says by `=` or `IN` of a member that the source uses is known before the rows
//! are asked for; SQLite checks every condition again on the rows, and does all the rest.
//!
//! The only unsafe code of this crate: rusqlite's traits for virtual tables are unsafe, because
//! SQLite reaches the structures by pointers to their first members.
#![expect(unsafe_code, reason = "rusqlite's traits for virtual tables are unsafe to implement")]

use std::{
    borrow::Cow,
    ffi::{CStr, CString, c_int},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{
    Connection, Error,
    types::Value as Cell,
    vtab::{
        Context, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection, VTabCursor,
        sqlite3_vtab, sqlite3_vtab_cursor,
    },
};

use crate::{
    Failure,
    given::{DEFAULT_REGION, Given, REGION},
    source::{Row, Rows, Source},
    value,
};

/// Shows a source as a table of that name, in place of one that had the name before.
pub(crate) fn show(
    connection: &Connection,
    name: &str,
    source: Arc<dyn Source>,
    trouble: &Arc<Trouble>,
) -> rusqlite::Result<()> {
    const MODULE: Module<'static, Table> = Module::eponymous_only_module();
    let shown = Shown { source, trouble: Arc::clone(trouble) };
    connection.create_module(name, &MODULE, Some(shown))
}

/// What went wrong while SQLite was asking, which its errors cannot carry.
#[derive(Default)]
pub(crate) struct Trouble(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    failure: Option<Failure>,
    unasked: Option<Unasked>,
}

/// Why a table cannot be asked for its rows.
pub(crate) enum Unasked {
    /// It must be told of these members, and is not.
    Missing(Vec<&'static str>),
    /// It would have to be asked before it is known what this member is to be.
    Early(&'static str),
}

impl Trouble {
    /// Takes what was noted: the failure of a call, and why a way of asking was refused.
    pub(crate) fn take(&self) -> (Option<Failure>, Option<Unasked>) {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (noted.failure, noted.unasked)
    }

    fn fail(&self, failure: Failure) -> Error {
        let message = failure.to_string();
        self.note(failure);
        Error::ModuleError(message)
    }

    /// Notes the failure that is meant by an error of SQLite's.
    pub(crate) fn note(&self, failure: Failure) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failure = Some(failure);
    }

    fn refuse(&self, why: Unasked) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unasked = Some(why);
    }
}

#[derive(Clone)]
struct Shown {
    source: Arc<dyn Source>,
    trouble: Arc<Trouble>,
}

#[repr(C)]
struct Table {
    /// Must be first: SQLite holds a pointer to it.
    base: sqlite3_vtab,
    shown: Shown,
}

// SAFETY: the structure is `repr(C)`, and its first member is `sqlite3_vtab`.
unsafe impl VTab<'_> for Table {
    type Aux = Shown;
    type Cursor = Cursor;

    fn connect(
        _: &mut VTabConnection,
        shown: Option<&Shown>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        let none = || Error::ModuleError("a table without a source".to_owned());
        let shown = shown.ok_or_else(none)?.clone();
        let declaration = CString::new(shown.source.columns().declaration())?;
        Ok((Cow::Owned(declaration), Self { base: sqlite3_vtab::default(), shown }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        let source = &self.shown.source;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (at, constraint) in info.constraints().enumerate() {
            let column = usize::try_from(constraint.column()).ok();
            let member =
                column.and_then(|column| Some((column, source.columns().get(column)?.member)));
            if let Some((column, member)) = member
                && constraint.operator() == IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ
            {
                if constraint.is_usable() {
                    known.push((at, column, member));
                } else {
                    unknown.push(member);
                }
            }
        }
        let members: Vec<&'static str> = known.iter().map(|(_, _, member)| *member).collect();
        let way = match source.way(&members) {
            Ok(way) => way,
            Err(missing) => {
                self.shown.trouble.refuse(Unasked::Missing(missing));
                return Ok(false);
            }
        };
        // Without being told what its answer depends on, the source would give other rows: such
        // an order of joining is refused, and SQLite takes another where there is one.
        let early = unknown.iter().find(|member| source.uses(way, member));
        if let Some(member) = early.filter(|member| !members.contains(member)) {
            self.shown.trouble.refuse(Unasked::Early(member));
            return Ok(false);
        }
        let used = |member: &str| member == REGION || source.uses(way, member);
        known.retain(|(_, _, member)| used(member));
        for (position, (at, _, _)) in known.iter().enumerate() {
            let position = c_int::try_from(position.saturating_add(1)).unwrap_or(c_int::MAX);
            info.constraint_usage(*at).set_argv_index(position);
        }
        let columns: Vec<String> = known.iter().map(|(_, column, _)| column.to_string()).collect();
        info.set_idx_num(c_int::try_from(way).unwrap_or(c_int::MAX));
        info.set_idx_str(&columns.join(","));

        let power = i32::try_from(known.len()).unwrap_or(i32::MAX);
        info.set_estimated_cost(1e4 + 1e3 / 10_f64.powi(power));
        info.set_estimated_rows(if known.is_empty() { 1_000 } else { 10 });
        Ok(true)
    }

    fn open(&mut self) -> rusqlite::Result<Cursor> {
        Ok(Cursor {
            base: sqlite3_vtab_cursor::default(),
            shown: self.shown.clone(),
            rows: Box::new(std::iter::empty()),
            current: None,
        })
    }
}

#[repr(C)]
struct Cursor {
    /// Must be first: SQLite holds a pointer to it.
    base: sqlite3_vtab_cursor,
    shown: Shown,
    rows: Rows,
    current: Option<Row>,
}

// SAFETY: the structure is `repr(C)`, and its first member is `sqlite3_vtab_cursor`.
unsafe impl VTabCursor for Cursor {
    fn filter(
        &mut self,
        way: c_int,
        columns: Option<&str>,
        values: &Filters<'_>,
    ) -> rusqlite::Result<()> {
        let mut given = Given::default();
        let columns = columns.unwrap_or_default().split(',').filter_map(|at| at.parse().ok());
        for (column, value) in columns.zip(values.iter()) {
            if let Some(column) = self.shown.source.columns().get(column) {
                given.add(column.member, Cell::try_from(value)?);
            }
        }
        self.rows = if given.has_null() {
            Box::new(std::iter::empty())
        } else {
            let way = usize::try_from(way).unwrap_or(usize::MAX);
            let rows = self.shown.source.rows(way, given);
            rows.map_err(|failure| self.shown.trouble.fail(failure))?
        };
        self.next()
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        let row = self.rows.next().transpose();
        self.current = row.map_err(|failure| self.shown.trouble.fail(failure))?;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.current.is_none()
    }

    fn column(&self, context: &mut Context, at: c_int) -> rusqlite::Result<()> {
        let column = usize::try_from(at).ok().and_then(|at| self.shown.source.columns().get(at));
        let (Some(column), Some(row)) = (column, &self.current) else { return Ok(()) };
        let cell = match (row.record.get(column.member), row.given.get(column.member)) {
            (Some(value), _) => value::cell(value),
            (None, Some(given)) => given.clone(),
            (None, None) if column.member == REGION => Cell::Text(DEFAULT_REGION.to_owned()),
            (None, None) => Cell::Null,
        };
        context.set_result(cell)
    }

    /// SQLite tells rows apart by this where it joins the rows of several conditions by `OR`:
    /// the same row has to have the same number however it was asked for.
    fn rowid(&self) -> rusqlite::Result<i64> {
        let mut hasher = DefaultHasher::new();
        if let Some(row) = &self.current {
            for (name, value) in row.record.iter() {
                name.hash(&mut hasher);
                hash(&value::cell(value), &mut hasher);
            }
            // Where nothing is answered, a row is its parameters; else only the region counts.
            for (name, value) in row.given.iter() {
                if row.record.is_empty() || name == REGION {
                    name.hash(&mut hasher);
                    hash(value, &mut hasher);
                }
            }
        }
        Ok(hasher.finish().cast_signed())
    }
}

fn hash(cell: &Cell, hasher: &mut DefaultHasher) {
    match cell {
        Cell::Null => 0.hash(hasher),
        Cell::Integer(number) => number.hash(hasher),
        Cell::Real(number) => number.to_bits().hash(hasher),
        Cell::Text(text) => text.hash(hasher),
        Cell::Blob(bytes) => bytes.hash(hasher),
    }
}
