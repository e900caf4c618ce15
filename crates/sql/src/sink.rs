//! What a statement gives: rows under headings, and notes; and what it is called afterwards.
//!
//! Not here: how either is written, which each door decides.

use std::{fmt, io};

pub use rusqlite::types::Value as Cell;

/// Whoever takes what a statement gives, as it gives it.
///
/// A statement that yields rows calls `head` once, before its first row; a query that fails
/// before its first thousand rows, or their first MiB, are there calls nothing. Notes come before, between or after
/// the rows. There is no call for the end: it is where [`Session::run`](crate::Session::run)
/// returns.
pub trait Sink {
    /// The columns of the rows that follow.
    fn head(&mut self, columns: &[Heading]) -> io::Result<()>;

    /// A row, as wide as the headings. A cell of a column whose kind could only be guessed may
    /// hold another kind, and any cell may be NULL.
    fn row(&mut self, row: &[Cell]) -> io::Result<()>;

    /// Something to say besides: a line of standard error, or a notice on the wire.
    fn note(&mut self, note: &str) -> io::Result<()>;
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its name; several may have the same.
    pub name: String,
    /// What its cells hold.
    pub kind: Type,
}

/// What the cells of a column, or a parameter, hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Not known beforehand. In headings of rows, only where all of the first are NULL.
    Any,
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Real,
    /// `true` or `false`, as 1 or 0.
    Boolean,
    /// JSON, as text: a list or a structure.
    Json,
    /// A moment, as text such as `2026-01-31T23:59:59Z`.
    Time,
}

impl Type {
    /// What `DESCRIBE` calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Any | Self::Text | Self::Time => "string",
            Self::Integer => "integer",
            Self::Real => "number",
            Self::Boolean => "boolean",
            Self::Json => "object",
        }
    }

    /// What a column of SQLite's is declared with, to be of this kind.
    pub(crate) const fn declaration(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Boolean => BOOLEAN,
            Self::Json => JSON,
            Self::Time => TIME,
        }
    }

    /// The kind that a column of SQLite's was declared with.
    pub(crate) fn declared(name: Option<&str>) -> Self {
        let Some(name) = name else { return Self::Any };
        let has = |part: &str| name.to_ascii_uppercase().contains(part);
        match name {
            BOOLEAN => Self::Boolean,
            JSON => Self::Json,
            TIME => Self::Time,
            _ if has("BOOL") => Self::Boolean,
            _ if has("INT") => Self::Integer,
            _ if has("CHAR") || has("CLOB") || has("TEXT") => Self::Text,
            _ if has("REAL") || has("FLOA") || has("DOUB") => Self::Real,
            _ => Self::Any,
        }
    }
}

/// The declared type of truth values, which SQLite holds as numbers.
pub(crate) const BOOLEAN: &str = "BOOLEAN";

/// The declared type of JSON. SQLite reads `TEXT` in it, and compares it as text.
pub(crate) const JSON: &str = "JSON TEXT";

/// The declared type of moments, likewise.
pub(crate) const TIME: &str = "TIME TEXT";

/// What is known of a statement before it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its parameters, `$1` first.
    pub parameters: Vec<Type>,
    /// The columns of its rows; `None` where it yields none.
    pub columns: Option<Vec<Heading>>,
}

/// What a statement was and did. Displayed as `PostgreSQL`'s command tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A query, and its rows.
    Select(u64),
    /// So many were made.
    Insert(u64),
    /// So many were changed.
    Update(u64),
    /// So many were deleted.
    Delete(u64),
    /// A method was run.
    Exec,
    /// Something was shown or described, in so many rows.
    Show(u64),
    /// A statement was checked and not run.
    Explain,
    /// A transaction began.
    Begin,
    /// A transaction was carried out.
    Commit,
    /// A transaction was given up.
    Rollback,
    /// That kind of thing was made.
    Create(Thing),
    /// That kind of thing was removed.
    Drop(Thing),
    /// A materialized view was made anew.
    Refresh,
    /// Something of the session was set.
    Set,
    /// A provider was chosen.
    Use,
}

/// What can be made and removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table of the user's own.
    Table,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(rows) => write!(f, "SELECT {rows}"),
            // The zero was once the number of a row.
            Self::Insert(rows) => write!(f, "INSERT 0 {rows}"),
            Self::Update(rows) => write!(f, "UPDATE {rows}"),
            Self::Delete(rows) => write!(f, "DELETE {rows}"),
            Self::Exec => f.write_str("EXEC"),
            Self::Show(_) => f.write_str("SHOW"),
            Self::Explain => f.write_str("EXPLAIN"),
            Self::Begin => f.write_str("BEGIN"),
            Self::Commit => f.write_str("COMMIT"),
            Self::Rollback => f.write_str("ROLLBACK"),
            Self::Create(thing) => write!(f, "CREATE {thing}"),
            Self::Drop(thing) => write!(f, "DROP {thing}"),
            Self::Refresh => f.write_str("REFRESH MATERIALIZED VIEW"),
            Self::Set => f.write_str("SET"),
            Self::Use => f.write_str("USE"),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "VIEW",
            Self::MaterializedView => "MATERIALIZED VIEW",
            Self::Table => "TABLE",
        })
    }
}
