//! Views and tables of the user's own, which live longer than a session: a SQLite file beside
//! whatever the sessions stand on, opened when a statement first needs it.
//!
//! Several processes may use the file at once; SQLite locks it. It holds definitions of views as
//! they were written, rows of materialized views, and tables; nothing that an action's answer
//! marks as secret comes into it, and nobody but its owner may read it.
//!
//! Not here: what a definition means.

mod room;
mod upkeep;

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior};

pub(crate) use room::Write;

use crate::{
    Failure,
    engine::{DEFINITIONS, Engine, KEPT},
    failure::State,
    sink::Thing,
};

/// Where views and tables are kept.
#[derive(Debug)]
pub struct Views {
    file: Option<PathBuf>,
    /// Bytes of the file; `None` where only the disk bounds it.
    budget: Option<u64>,
    claimed: Mutex<room::Claim>,
}

/// A view as it is kept.
pub(crate) struct Definition {
    pub(crate) thing: Thing,
    /// What follows its name.
    pub(crate) body: String,
}

impl Views {
    /// Nowhere: they live as long as the session that makes them.
    pub fn nowhere() -> Self {
        Self { file: None, budget: None, claimed: Mutex::default() }
    }

    /// In a file, which is made, for its owner alone, when the first of them is. Its directory
    /// has to be there.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: Some(file.into()), ..Self::nowhere() }
    }

    /// In a file of at most that size in bytes. One that is larger can be read, and rows and tables in
    /// it can be deleted.
    #[must_use]
    pub fn within(self, budget: u64) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// Whether there may be any. A session that makes some has to ask no more.
    pub(crate) fn any(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.exists())
    }

    /// Fails where no more of them may be made.
    pub(crate) fn demand_budget(&self) -> Result<(), Failure> {
        if self.budget == Some(0) { Err(room::no_budget()) } else { Ok(()) }
    }

    /// Shows them to an engine.
    pub(crate) fn open(&self, engine: &Engine) -> Result<(), Failure> {
        let told = |failure: Failure| match &self.file {
            Some(file) => unusable(file, &failure),
            None => failure,
        };
        let place = match &self.file {
            None => ":memory:".to_owned(),
            Some(file) => {
                if !file.exists() {
                    room::demand_for_new(file)?;
                }
                make(file).map_err(|error| {
                    let failure = Failure::because(State::Damaged, error.to_string());
                    unusable(file, &failure)
                })?;
                let named = file.to_str();
                let named = named.ok_or_else(|| {
                    let failure = Failure::because(State::Damaged, "its name is not UTF-8");
                    unusable(file, &failure)
                })?;
                address(named)
            }
        };
        engine
            .ours(|connection| {
                connection.execute(&format!("ATTACH ?1 AS {KEPT}"), [place]).map(drop)
            })
            .map_err(told)?;
        let found = engine.ours(patiently).map_err(told).and_then(|found| match found {
            Found::Ours => Ok(()),
            Found::Newer => {
                let message = "it was written by a newer version of this program";
                Err(told(Failure::because(State::Damaged, message)))
            }
            Found::Broken => {
                let message = "its definitions are missing";
                Err(told(Failure::because(State::Damaged, message)))
            }
            Found::Foreign => {
                let message = "it is a database of another program";
                Err(told(Failure::because(State::Damaged, message)))
            }
        });
        if found.is_err() {
            // So that the next statement finds out again.
            engine.ours(|connection| connection.execute_batch(&format!("DETACH {KEPT}"))).ok();
        }
        found
    }

    /// Gives back to the file system what a statement has freed.
    pub(crate) fn give_back(&self, engine: &Engine, write: Write) {
        let Some(file) = &self.file else { return };
        let numbers = engine.ours(|connection| {
            Ok((
                pragma(connection, KEPT, "freelist_count")?,
                pragma(connection, KEPT, "page_count")?,
            ))
        });
        // Where the file cannot be looked at, a later statement does.
        let (unused, pages) = numbers.unwrap_or((0, 0));
        // What the next rows would take again is left to them.
        let fewest = if write == Write::Drop { 1 } else { (pages / 8).max(FEWEST_UNUSED) };
        if unused >= fewest || room::is_log_long(file) {
            upkeep::give_back(file, || engine.go_on().is_err());
        }
    }
}

/// The URI of a file, for a connection whose own files are in memory.
fn address(file: &str) -> String {
    let mut uri = "file:".to_owned();
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // A string takes whatever is written to it.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?vfs=unix");
    uri
}

/// What kind of view has that name, and its body.
pub(crate) fn definition(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<Definition>> {
    let sql = format!("SELECT thing, body FROM {KEPT}.\"{DEFINITIONS}\" WHERE name = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let row = statement.query_row([name], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
    let found = row.optional()?;
    Ok(found.map(|(thing, body)| {
        let materialized = thing == Thing::MaterializedView.to_string();
        let thing = if materialized { Thing::MaterializedView } else { Thing::View };
        Definition { thing, body }
    }))
}

/// Whether there is a table of that name: of the user's own, or of a materialized view.
pub(crate) fn is_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT 1 FROM {KEPT}.sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE"
    );
    connection.prepare_cached(&sql)?.exists([name])
}

/// Keeps a view, in place of one that had the name before.
pub(crate) fn keep(
    connection: &Connection,
    name: &str,
    definition: &Definition,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO {KEPT}.\"{DEFINITIONS}\" (name, thing, body) VALUES (?1, ?2, ?3)"
    );
    connection.execute(&sql, (name, definition.thing.to_string(), &definition.body)).map(drop)
}

/// Forgets a view.
pub(crate) fn forget(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let sql = format!("DELETE FROM {KEPT}.\"{DEFINITIONS}\" WHERE name = ?1");
    connection.execute(&sql, [name]).map(drop)
}

/// All that is kept, by name.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<(String, Thing)>> {
    let sql = format!(
        "SELECT name, thing FROM {KEPT}.\"{DEFINITIONS}\"
         UNION ALL
         SELECT name, 'TABLE' FROM {KEPT}.sqlite_master
         WHERE type = 'table' AND name <> '{DEFINITIONS}' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND name COLLATE NOCASE NOT IN (SELECT name FROM {KEPT}.\"{DEFINITIONS}\")
         ORDER BY 1"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        let thing: String = row.get(1)?;
        let all = [Thing::View, Thing::MaterializedView];
        let thing = all.into_iter().find(|known| known.to_string() == thing);
        Ok((row.get(0)?, thing.unwrap_or(Thing::Table)))
    })?;
    rows.collect()
}

/// The number that a pragma of that database gives.
fn pragma(connection: &Connection, database: &str, pragma: &str) -> rusqlite::Result<u64> {
    let sql = format!("PRAGMA {database}.{pragma}");
    connection.query_row(&sql, [], |row| row.get(0)).map(u32::into)
}

/// What a file is.
enum Found {
    Ours,
    Newer,
    Foreign,
    Broken,
}

/// Finds out what the file is. Where several processes make it at a time and each waits for
/// another, SQLite refuses at once, however long it may wait: the next try finds the file made.
fn patiently(connection: &Connection) -> rusqlite::Result<Found> {
    for _ in 1..TRIES {
        match found(connection) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                // Where it was refused in the midst of it.
                if !connection.is_autocommit() {
                    connection.execute_batch("ROLLBACK")?;
                }
                std::thread::sleep(PAUSE);
            }
            other => return other,
        }
    }
    found(connection)
}

/// Looks at the file, and prepares it where it is empty.
fn found(connection: &Connection) -> rusqlite::Result<Found> {
    if let Some(found) = look(connection)? {
        return Ok(found);
    }
    // Pages that nothing uses can be given back. Only an empty file can be told so.
    connection.execute_batch(&format!("PRAGMA {KEPT}.auto_vacuum = INCREMENTAL"))?;
    // Whoever reads is not in the way of whoever writes.
    connection.query_row(&format!("PRAGMA {KEPT}.journal_mode = WAL"), [], |_| Ok(()))?;
    // Two processes may come here at once: the second finds it done.
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         CREATE TABLE IF NOT EXISTS {KEPT}.\"{DEFINITIONS}\" (
             name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
             thing TEXT NOT NULL,
             body TEXT NOT NULL
         ) STRICT;
         PRAGMA {KEPT}.application_id = {APPLICATION};
         PRAGMA {KEPT}.user_version = {VERSION};
         COMMIT;"
    ))?;
    Ok(Found::Ours)
}

/// What the file is; nothing where it is empty. All is read in one moment: another process may be
/// preparing it.
fn look(connection: &Connection) -> rusqlite::Result<Option<Found>> {
    let moment = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
    let number = |sql: &str| moment.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number(&format!("PRAGMA {KEPT}.application_id"))?;
    let version = number(&format!("PRAGMA {KEPT}.user_version"))?;
    let tables = number(&format!("SELECT count(*) FROM {KEPT}.sqlite_master"))?;
    Ok(Some(match (application, version) {
        (0, 0) if tables == 0 => return Ok(None),
        (APPLICATION, 1..=VERSION) if is_table(&moment, DEFINITIONS)? => Found::Ours,
        (APPLICATION, 1..=VERSION) => Found::Broken,
        (APPLICATION, version) if version > VERSION => Found::Newer,
        _ => Found::Foreign,
    }))
}

/// Makes an empty file that only its owner may read, where there is none.
fn make(file: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn unusable(file: &Path, failure: &Failure) -> Failure {
    let is_full = failure.is(State::DiskFull);
    let uri = file.to_str().map(address).unwrap_or_default();
    let file = file.display();
    let why = failure.to_string().replace(&uri, &file.to_string());
    let message = format!("the views and tables in `{file}` cannot be used: {why}");
    Failure::because(if is_full { State::DiskFull } else { State::Damaged }, message)
}

/// How often somebody tries to find out what the file is, and how long they wait in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Pages below which what rows have left is not given back.
const FEWEST_UNUSED: u64 = 64;

/// Marks the file as ours: `vSQL`.
const APPLICATION: i64 = 0x7653_514c;

/// The newest form of the file that is known.
const VERSION: i64 = 1;
