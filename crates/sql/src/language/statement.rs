//! What statements there are. What SQLite evaluates is left as tokens.

use vmfa_iam::SqlVerb;

use super::{lexer::Token, reader::Hints};
use crate::sink::{Tag, Thing};

/// A statement.
pub(crate) enum Statement<'q> {
    /// A query, which SQLite runs.
    Query(Vec<Token<'q>>),
    /// `INSERT INTO path (columns) rows [RETURNING returning]`.
    Insert {
        path: Path,
        columns: Vec<String>,
        rows: Vec<Token<'q>>,
        returning: Option<Vec<Token<'q>>>,
        hints: Hints,
    },
    /// `UPDATE path SET set [FROM from] [WHERE filter] [RETURNING returning]`, or `DELETE FROM path
    /// …`, which sets nothing.
    Change {
        verb: SqlVerb,
        path: Path,
        conditions: Conditional<'q>,
        returning: Option<Vec<Token<'q>>>,
        hints: Hints,
    },
    /// `REPLACE path SET …`, which no method does.
    Replace(Path),
    /// `EXEC path.method @name = value, …`.
    Exec(Exec<'q>),
    /// `INSERT`, `UPDATE` or `DELETE` of rows of a table of the user's own, which SQLite runs.
    Own { verb: SqlVerb, table: String, tokens: Vec<Token<'q>> },
    /// `CREATE VIEW name AS query` and its like.
    Create(Creation<'q>),
    /// `DROP VIEW [IF EXISTS] name` and its like.
    Drop { thing: Thing, name: String, lenient: bool },
    /// `REFRESH MATERIALIZED VIEW name`.
    Refresh(String),
    /// `SHOW …`.
    Show(Show<'q>),
    /// `DESCRIBE [EXTENDED] resource`, by its names.
    Describe { names: Vec<String>, extended: bool },
    /// `DESCRIBE METHOD [EXTENDED] resource.method`.
    DescribeMethod { path: Path, method: String, extended: bool },
    /// `EXPLAIN statement`.
    Explain(Vec<Token<'q>>),
    /// `USE provider`.
    Use(String),
    /// `BEGIN`.
    Begin,
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `SLEEP` for so many milliseconds.
    Sleep(u64),
    /// `PURGE`, which forgets answers that are kept for later. None are.
    Purge,
    /// `REGISTRY LIST`.
    RegistryList,
}

impl Statement<'_> {
    /// What the statement is called, where nothing was done yet.
    pub(crate) fn tag(&self) -> Tag {
        match self {
            Self::Insert { .. } | Self::Own { verb: SqlVerb::Insert, .. } => Tag::Insert(0),
            Self::Change { verb: SqlVerb::Delete, .. }
            | Self::Own { verb: SqlVerb::Delete, .. } => Tag::Delete(0),
            Self::Change { .. } | Self::Own { .. } | Self::Replace(_) => Tag::Update(0),
            Self::Exec(_) => Tag::Exec,
            Self::Query(_) => Tag::Select(0),
            Self::Create(creation) => Tag::Create(creation.thing),
            Self::Drop { thing, .. } => Tag::Drop(*thing),
            Self::Refresh(_) => Tag::Refresh,
            Self::Show(_)
            | Self::Describe { .. }
            | Self::DescribeMethod { .. }
            | Self::RegistryList => Tag::Show(0),
            Self::Explain(_) => Tag::Explain,
            Self::Use(_) => Tag::Use,
            Self::Begin => Tag::Begin,
            Self::Commit => Tag::Commit,
            Self::Rollback => Tag::Rollback,
            Self::Sleep(_) | Self::Purge => Tag::Set,
        }
    }
}

/// What an `UPDATE` or `DELETE` says of parameters.
#[derive(Default)]
pub(crate) struct Conditional<'q> {
    /// `WITH …`, which may stand before the statement.
    pub(crate) with: Vec<Token<'q>>,
    pub(crate) set: Vec<(String, Vec<Token<'q>>)>,
    /// `FROM …`, with the word.
    pub(crate) from: Vec<Token<'q>>,
    pub(crate) filter: Option<Vec<Token<'q>>>,
}

/// `EXEC path.method @name = value, @name IN (values), … @@json = 'document'`.
pub(crate) struct Exec<'q> {
    pub(crate) path: Path,
    pub(crate) method: String,
    /// Names, and the tokens of values; those of several values begin with `IN`.
    pub(crate) parameters: Vec<(String, Vec<Token<'q>>)>,
    pub(crate) documents: Vec<Vec<Token<'q>>>,
    pub(crate) hints: Hints,
}

/// `CREATE [OR REPLACE] [MATERIALIZED] VIEW name body`, or `CREATE TABLE [IF NOT EXISTS] name
/// body`.
pub(crate) struct Creation<'q> {
    pub(crate) thing: Thing,
    pub(crate) name: String,
    /// `OR REPLACE`.
    pub(crate) replaces: bool,
    /// `IF NOT EXISTS`.
    pub(crate) lenient: bool,
    /// All that follows the name.
    pub(crate) body: Vec<Token<'q>>,
}

/// What is to be shown.
pub(crate) struct Show<'q> {
    pub(crate) what: Shown,
    pub(crate) extended: bool,
    /// The condition: what follows `LIKE`, or what follows `WHERE`.
    pub(crate) filter: Option<Filter<'q>>,
}

/// Which rows are to be shown.
pub(crate) enum Filter<'q> {
    /// Those whose name is like this.
    Like(Vec<Token<'q>>),
    /// Those for which this holds.
    Where(Vec<Token<'q>>),
}

/// What can be shown.
pub(crate) enum Shown {
    Providers,
    /// Of a provider, where it is named.
    Services(Option<String>),
    /// Of a provider and a service.
    Resources(Vec<String>),
    /// Of a resource, or of a view or table, by its names.
    Methods(Vec<String>),
    /// How to insert into a resource, with these columns, or all.
    Insert {
        path: Path,
        columns: Vec<String>,
        required: bool,
    },
    Version,
    Auth,
    Isolation,
}

/// The provider, the service and the resource.
pub(crate) type Path = [String; 3];
