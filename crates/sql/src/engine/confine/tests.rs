//! Walks all that SQLite has: a statement may use what is allowed on purpose, and nothing else.

use rusqlite::Connection;

use super::*;
use crate::functions::ALLOWED;

/// What SQLite has by itself, with this build's options.
fn names(sql: &str) -> Vec<String> {
    vmfa_sqlite::install().unwrap();
    let plain = Connection::open_in_memory().unwrap();
    let mut statement = plain.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    let names: Vec<String> = names.map(Result::unwrap).collect();
    assert!(!names.is_empty());
    names
}

/// A connection as the engine has it, with its own functions.
fn engine() -> Connection {
    let connection = confined(&Leash::default(), &Arc::default()).unwrap();
    functions::add(&connection).unwrap();
    connection
}

/// Why a statement is not prepared; empty where it is.
fn refusal(connection: &Connection, sql: &str) -> String {
    connection.prepare(sql).err().map(|error| error.to_string()).unwrap_or_default()
}

fn is_refused(why: &str) -> bool {
    ["not authorized", "prohibited", "no such function", "no such table"]
        .iter()
        .any(|words| why.contains(words))
}

#[test]
fn every_function_is_allowed_on_purpose_or_refused() {
    let connection = engine();
    let all = names("SELECT DISTINCT name FROM pragma_function_list ORDER BY 1");
    for name in &all {
        // With any number of arguments; the authorizer is asked once the number fits.
        let calls: Vec<String> = (0..=4)
            .flat_map(|count| {
                // `likelihood` takes a constant between 0 and 1.
                let call = format!("\"{name}\"({})", vec!["0.5"; count].join(", "));
                [format!("SELECT {call}"), format!("SELECT {call} OVER ()")]
            })
            .map(|sql| refusal(&connection, &sql))
            .collect();
        let prepared = calls.iter().any(String::is_empty);
        if ALLOWED.contains(&name.as_str()) {
            assert!(prepared, "`{name}` is allowed, and cannot be called: {calls:?}");
        } else {
            assert!(!prepared, "`{name}` is neither allowed nor refused");
            assert!(calls.iter().any(|why| is_refused(why)), "`{name}`: {calls:?}");
        }
    }
    for name in ["load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"] {
        assert!(is_refused(&refusal(&connection, &format!("SELECT {name}('a')"))), "{name}");
    }
}

#[test]
fn every_virtual_table_is_allowed_on_purpose_or_refused() {
    let connection = engine();
    for name in names("SELECT name FROM pragma_module_list") {
        for sql in [
            format!("SELECT * FROM \"{name}\""),
            format!("SELECT count(*) FROM \"{name}\""),
            format!("SELECT 1 FROM \"{name}\" LIMIT 1"),
            format!("CREATE VIRTUAL TABLE temp.t USING \"{name}\""),
        ] {
            let why = refusal(&connection, &sql);
            let allowed = TABLE_FUNCTIONS.contains(&name.as_str()) && sql.starts_with("SELECT");
            assert_eq!(is_refused(&why), !allowed, "{sql}: {why}");
        }
    }
    for name in ["sqlite_master", "sqlite_schema", "temp.sqlite_master", "main.sqlite_schema"] {
        for sql in [format!("SELECT * FROM {name}"), format!("SELECT count(*) FROM {name}")] {
            assert!(is_refused(&refusal(&connection, &sql)), "{sql}");
        }
    }
}

#[test]
fn every_pragma_is_refused() {
    let connection = engine();
    for name in names("SELECT name FROM pragma_pragma_list") {
        for sql in [
            format!("PRAGMA {name}"),
            format!("PRAGMA {name} = 1"),
            format!("PRAGMA main.{name}(1)"),
            format!("SELECT * FROM pragma_{name}"),
            format!("SELECT count(*) FROM pragma_{name}"),
            format!("SELECT 1 FROM PRAGMA_{name}"),
        ] {
            let why = refusal(&connection, &sql);
            assert!(is_refused(&why), "{sql}: {why:?}");
        }
    }
}

#[test]
fn whatever_else_a_statement_may_be_is_refused() {
    let connection = engine();
    for sql in [
        "ATTACH 'file.db' AS f",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'file.db'",
        "ANALYZE",
        "BEGIN",
        "SAVEPOINT s",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
        "DROP TABLE t",
        "INSERT INTO sqlite_master VALUES (1)",
    ] {
        // VACUUM is refused when it attaches a database of its own.
        assert!(connection.execute_batch(sql).is_err(), "{sql}");
    }
}

#[test]
fn the_build_leaves_out_what_is_not_needed() {
    let options = names("SELECT compile_options FROM pragma_compile_options");
    for without in
        ["ENABLE_FTS", "ENABLE_RTREE", "ENABLE_GEOPOLY", "ENABLE_DBSTAT", "ENABLE_STAT4", "USE_URI"]
    {
        let found = options.iter().find(|option| option.starts_with(without));
        assert_eq!(found, None, "build with the flags of `.cargo/config.toml`");
    }
    for with in ["OMIT_LOAD_EXTENSION", "OMIT_SHARED_CACHE"] {
        assert!(options.iter().any(|option| option == with), "{with}");
    }
}
