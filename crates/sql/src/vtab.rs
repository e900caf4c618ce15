//! Sources as virtual tables of SQLite.
//!
//! What `WHERE` says by `=` or `IN` of a member that the source uses is known before the rows
//! are asked for, and so is `LIMIT`, where nothing else decides how many rows are needed. SQLite
//! checks every condition again on the rows, and does all the rest.
//!
//! The only unsafe code of this crate: rusqlite's traits for virtual tables are unsafe, because
//! SQLite reaches the structures by pointers to their first members.
#![expect(unsafe_code, reason = "rusqlite's traits for virtual tables are unsafe to implement")]

use std::{
    borrow::Cow,
    cell::RefCell,
    ffi::{CStr, CString, c_int},
    fmt::Write as _,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{
    Connection, Error,
    fallible_iterator::FallibleIterator as _,
    ffi,
    types::{ToSqlOutput, ValueRef},
    vtab::{
        Context, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection, VTabCursor,
        sqlite3_vtab, sqlite3_vtab_cursor,
    },
};
use vmfa_model::Value;
use vmfa_sqlite::{Exhausted, unrefused};

use crate::{
    Failure,
    asking::Asking,
    columns::{BYTES, Column},
    cursor::{Cursor, Questions},
    given::{DEFAULT_REGION, REGION},
    memory,
    sink::Cell,
    source::Source,
    value,
};

/// Shows a source as a table of that name, in place of one that had the name before.
pub(crate) fn show(
    connection: &Connection,
    name: &str,
    source: Arc<dyn Source>,
    trouble: &Arc<Trouble>,
    asking: &Arc<Asking>,
) -> rusqlite::Result<()> {
    const MODULE: Module<'static, Table> = Module::eponymous_only_module();
    let shown = Shown { source, trouble: Arc::clone(trouble), asking: Arc::clone(asking) };
    connection.create_module(name, &MODULE, Some(shown))?;
    // The table is connected here and not by the first statement that names it: where memory is
    // short, the message of a failed connection would abort the process.
    let quoted = name.replace('"', "\"\"");
    unrefused(|| drop(connection.prepare(&format!("SELECT 1 FROM \"{quoted}\""))));
    Ok(())
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

    /// The error that stands for a failure. It has no message: for a message memory would be
    /// allocated by a function that aborts the process where there is none.
    fn fail(&self, failure: Failure) -> Error {
        self.note(failure);
        Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), None)
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
    asking: Arc<Asking>,
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
    type Cursor = Place;

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
        // The text of the plan is allocated by a function that aborts where there is no memory.
        unrefused(|| self.plan(info)).map_err(silent)
    }

    fn open(&mut self) -> rusqlite::Result<Place> {
        let Shown { source, trouble, asking } = self.shown.clone();
        let cursor = Cursor::new(source, asking);
        Ok(Place {
            base: sqlite3_vtab_cursor::default(),
            trouble,
            cursor,
            room: RefCell::default(),
        })
    }
}

impl Table {
    fn plan(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        let source = &*self.shown.source;
        let (mut known, mut unknown, mut limits) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = 0_usize;
        for (at, constraint) in info.constraints().enumerate() {
            all = all.saturating_add(1);
            match constraint.operator() {
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LIMIT
                | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_OFFSET
                    if constraint.is_usable() =>
                {
                    limits.push(at);
                }
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => {
                    let column = usize::try_from(constraint.column()).ok();
                    let column = column.and_then(|at| Some((at, source.columns().get(at)?.member)));
                    match column {
                        Some((column, member)) if constraint.is_usable() => {
                            known.push((at, column, member));
                        }
                        Some((_, member)) => unknown.push(member),
                        None => {}
                    }
                }
                _ => {}
            }
        }
        let members: Vec<&'static str> = known.iter().map(|(_, _, member)| *member).collect();
        let looked_at = info.col_used();
        let used = |member: &str| source.columns().hold(member, looked_at);
        let way = match source.way(&members, &used) {
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
        // By what the source makes no use of, its rows can still be looked up.
        let mut looked_up = None;
        for (at, column, member) in &known {
            let unused = !source.uses(way, member) && source.columns().text(*column).is_some();
            if looked_up.is_none() && unused && source.repeats() && compares_bytes(info, *at)? {
                looked_up = Some((*at, *column));
            }
        }
        known.retain(|(_, _, member)| *member == REGION || source.uses(way, member));
        // Where SQLite drops rows by other conditions, it needs more than it gives in the end.
        if known.len().saturating_add(limits.len()) < all {
            limits.clear();
        }
        let mut told = String::new();
        let mut position = 0;
        for (at, column, _) in &known {
            position += 1;
            info.constraint_usage(*at).set_argv_index(position);
            // All values of an `IN` at once, so that they can be asked for at once.
            let list = info.set_in_constraint(*at, true)?;
            let _ = write!(told, "{}{column},", if list { LIST } else { "" });
        }
        if let Some((at, column)) = looked_up {
            position += 1;
            info.constraint_usage(at).set_argv_index(position);
            let _ = write!(told, "{TEXT}{column},");
        }
        for at in &limits {
            position += 1;
            info.constraint_usage(*at).set_argv_index(position);
            told.push_str(LIMIT);
            told.push(',');
        }
        // No column, but what a plan shows.
        told.push_str(source.name());
        info.set_idx_num(c_int::try_from(way).unwrap_or(c_int::MAX));
        info.set_idx_str(&told);

        let told = known.len().saturating_add(usize::from(looked_up.is_some()));
        let power = i32::try_from(told).unwrap_or(i32::MAX);
        info.set_estimated_cost(1e4 + 1e3 / 10_f64.powi(power));
        info.set_estimated_rows(if told == 0 { 1_000 } else { 10 });
        Ok(true)
    }
}

/// An error without its message, for the reason that [`Trouble::fail`] has.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn silent(error: Error) -> Error {
    let code = match error.sqlite_error() {
        Some(error) => error.extended_code,
        None => ffi::SQLITE_ERROR,
    };
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// Whether a constraint is met by one value, and by what is the same byte by byte.
fn compares_bytes(info: &IndexInfo, constraint: usize) -> rusqlite::Result<bool> {
    let collation = info.collation(constraint)?;
    Ok(["BINARY", BYTES].contains(&collation) && !info.is_in_constraint(constraint)?)
}

/// The mark of a column whose values come as a list.
const LIST: &str = "*";

/// The mark of a column that rows are looked up by.
const TEXT: &str = "=";

/// What stands for the most rows that are wanted, or that are passed over, in place of a column.
const LIMIT: &str = "limit";

#[repr(C)]
struct Place {
    /// Must be first: SQLite holds a pointer to it.
    base: sqlite3_vtab_cursor,
    trouble: Arc<Trouble>,
    cursor: Cursor,
    /// Where a value is written that has to be, before SQLite copies it.
    room: RefCell<String>,
}

impl Place {
    fn questions(
        &self,
        way: c_int,
        told: &str,
        values: &Filters<'_>,
    ) -> rusqlite::Result<Questions> {
        let mut questions = Questions::new(usize::try_from(way).unwrap_or(usize::MAX));
        let exhausted = |exhausted: Exhausted| self.trouble.fail(exhausted.into());
        let mut charge = vmfa_sqlite::charge_here();
        for (at, part) in told.split_terminator(',').enumerate() {
            if part == LIMIT {
                let rows: i64 = values.get(at)?;
                questions.want(rows);
                continue;
            }
            if let Some(column) = part.strip_prefix(TEXT) {
                let column = column.parse().ok();
                let member = column.and_then(|at| self.cursor.source().columns().text(at));
                // A number may be equal to a text that is not written like it.
                if let (Some(member), Cell::Text(text)) = (member, values.get(at)?) {
                    questions.hold(member, text);
                }
                continue;
            }
            let (list, column) = match part.strip_prefix(LIST) {
                Some(column) => (true, column),
                None => (false, part),
            };
            let column = column.parse().ok().and_then(|at| self.cursor.source().columns().get(at));
            let Some(Column { member, .. }) = column else { continue };
            if list {
                let mut cells: Vec<Cell> = Vec::new();
                let mut list = values.in_values(at)?;
                while let Some(value) = list.next()? {
                    let cell = Cell::try_from(value)?;
                    charge
                        .grow(memory::row_size(std::slice::from_ref(&cell)))
                        .map_err(exhausted)?;
                    cells.push(cell);
                }
                questions.give(member, cells.into_iter());
            } else {
                let cell: Cell = values.get(at)?;
                charge.grow(memory::size(&cell)).map_err(exhausted)?;
                questions.give(member, std::iter::once(cell));
            }
        }
        questions.charged(charge);
        Ok(questions)
    }
}

// SAFETY: the structure is `repr(C)`, and its first member is `sqlite3_vtab_cursor`.
unsafe impl VTabCursor for Place {
    fn filter(
        &mut self,
        way: c_int,
        told: Option<&str>,
        values: &Filters<'_>,
    ) -> rusqlite::Result<()> {
        // A value that cannot be read for want of memory would end in a panic.
        let questions = unrefused(|| self.questions(way, told.unwrap_or_default(), values));
        let questions = questions.map_err(silent)?;
        let found = self.cursor.search(questions);
        found.map_err(|failure| self.trouble.fail(failure))
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        let found = self.cursor.step();
        found.map_err(|failure| self.trouble.fail(failure))
    }

    fn eof(&self) -> bool {
        self.cursor.row().is_none()
    }

    fn column(&self, context: &mut Context, at: c_int) -> rusqlite::Result<()> {
        let columns = self.cursor.source().columns();
        let column = usize::try_from(at).ok().and_then(|at| columns.get(at));
        let (Some(column), Some((record, given))) = (column, self.cursor.row()) else {
            return Ok(());
        };
        match record.get(column.member) {
            Some(value) => {
                let mut room = self.room.borrow_mut();
                let shown = value::shown(value, &mut room);
                context.set_result(ToSqlOutput::Borrowed(shown))
            }
            None => match given.get(column.member) {
                Some(given) => context.set_result(given),
                None if column.member == REGION => context.set_result(DEFAULT_REGION),
                None => Ok(()),
            },
        }
    }

    /// SQLite tells rows apart by this where it joins the rows of several conditions by `OR`, and
    /// where it looks for those that a `RIGHT JOIN` found no partner for: the same row has to have
    /// the same number however it was asked for. Lists and structures do not count, since a list
    /// leaves out some that an answer about one thing has, such as a user's tags.
    fn rowid(&self) -> rusqlite::Result<i64> {
        let mut hasher = DefaultHasher::new();
        let mut room = self.room.borrow_mut();
        if let Some((record, given)) = self.cursor.row() {
            let plain = |value: &Value| {
                !matches!(value, Value::List(_) | Value::Structure(_) | Value::Map(_))
            };
            for (name, value) in record.iter().filter(|(_, value)| plain(value)) {
                name.hash(&mut hasher);
                hash(value::shown(value, &mut room), &mut hasher);
            }
            // Where nothing is answered, a row is its parameters; else only the region counts.
            for (name, value) in given.iter() {
                if record.is_empty() || name == REGION {
                    name.hash(&mut hasher);
                    hash(value.into(), &mut hasher);
                }
            }
        }
        Ok(hasher.finish().cast_signed())
    }
}

fn hash(value: ValueRef<'_>, hasher: &mut DefaultHasher) {
    match value {
        ValueRef::Null => 0.hash(hasher),
        ValueRef::Integer(number) => number.hash(hasher),
        ValueRef::Real(number) => number.to_bits().hash(hasher),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(hasher),
    }
}
