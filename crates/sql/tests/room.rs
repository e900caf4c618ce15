//! The room on disk that views and tables of the user's own may take.

#[cfg(test)]
mod support;

use std::sync::Arc;

use support::{Talk, World};
use vmfa_sql::{Session, Setting, Views};

const MIB: u64 = 1 << 20;
/// A table of 4 MB.
const FILL: &str = "AS SELECT randomblob(1000000) AS x UNION ALL SELECT randomblob(1000000) UNION ALL \
                    SELECT randomblob(1000000) UNION ALL SELECT randomblob(1000000)";

/// A session of a user with that budget.
fn within(world: &World, budget: u64) -> Talk {
    let views = Arc::new(Views::at(world.kept()).within(budget));
    Talk(Session::open(Setting { views, ..world.setting() }).unwrap())
}

fn length(world: &World, end: &str) -> u64 {
    let file = world.kept().with_file_name(format!("sql.db{end}"));
    std::fs::metadata(file).map_or(0, |file| file.len())
}

#[test]
fn without_a_budget_no_file_is_made() {
    let world = World::new();
    let mut session = within(&world, 0);
    let refused = session.all(&[
        "CREATE TABLE t (a)",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
        "DROP TABLE IF EXISTS t",
        "SELECT * FROM t",
    ]);
    insta::assert_snapshot!(refused, @"
    53100 views and tables need room on disk, and this user has none: `vmfa srv --user-tables SIZE` gives each user some
    53100 views and tables need room on disk, and this user has none: `vmfa srv --user-tables SIZE` gives each user some
    53100 views and tables need room on disk, and this user has none: `vmfa srv --user-tables SIZE` gives each user some
    ! `t` is not there
    ! DDL Execution Completed
    DROP TABLE
    42P01 there is no table `t`: resources have names in three parts, as in `provider.service.resource`
    ");
    assert!(!world.kept().exists());
}

#[test]
fn tables_stay_within_their_budget_and_drop_gives_room_back() {
    let world = World::new();
    let mut session = within(&world, 10 * MIB);
    let full = "53100 no room left: the views and tables of this user may take 10 MiB \
                (`vmfa srv --user-tables`); DROP gives room back";
    for (table, said) in [("t1", None), ("t2", None), ("t3", Some(full)), ("t3", Some(full))] {
        let ran = session.run(&format!("CREATE TABLE {table} {FILL}"), &[]);
        match said {
            Some(said) => assert_eq!(ran, said),
            None => assert_eq!(ran, "! DDL Execution Completed\nCREATE TABLE"),
        }
    }
    // Whatever makes the file grow is refused, in any session, and what is there stays.
    let mut other = within(&world, 10 * MIB);
    for statement in [
        "INSERT INTO t1 SELECT x FROM t1",
        "UPDATE t1 SET x = x || x",
        "INSERT INTO t1 SELECT x FROM t1 RETURNING length(x)",
        "CREATE MATERIALIZED VIEW m AS SELECT x FROM t1",
    ] {
        let ran = other.run(statement, &[]);
        assert!(ran.ends_with(full), "{statement}: {ran}");
    }
    assert_eq!(session.run("SELECT count(*) AS n FROM t1", &[]), "n:Integer\n4\nSELECT 1");
    assert!(length(&world, "") <= 10 * MIB);
    assert!(length(&world, "-wal") <= 8 * MIB);

    let before = length(&world, "");
    assert!(session.run("DELETE FROM t1 WHERE rowid > 1", &[]).ends_with("DELETE 3"));
    assert!(length(&world, "") < before - 2 * MIB, "rows");
    for table in ["t1", "t2"] {
        assert!(session.run(&format!("DROP TABLE {table}"), &[]).ends_with("DROP TABLE"));
    }
    assert!(length(&world, "") < MIB / 8, "{} bytes are left", length(&world, ""));
    assert_eq!(length(&world, "-wal"), 0);
    for table in ["t1", "t2"] {
        let ran = session.run(&format!("CREATE TABLE {table} {FILL}"), &[]);
        assert_eq!(ran, "! DDL Execution Completed\nCREATE TABLE");
    }
}

#[test]
fn files_beyond_the_budget_are_read_and_dropped() {
    let world = World::new();
    world.sql(&format!("CREATE TABLE t {FILL}; CREATE VIEW v AS SELECT count(*) AS n FROM t"));
    for budget in [0, MIB] {
        let mut session = within(&world, budget);
        assert_eq!(session.run("SELECT n FROM v", &[]), "n:Integer\n4\nSELECT 1");
        let ran = session.run("INSERT INTO t SELECT x FROM t", &[]);
        assert!(ran.starts_with("53100 "), "{ran}");
        let ran = session.run("CREATE TABLE t2 AS SELECT * FROM t", &[]);
        assert!(ran.starts_with("53100 "), "{ran}");
    }
    let mut session = within(&world, 0);
    assert!(session.run("DELETE FROM t WHERE rowid = 1", &[]).ends_with("DELETE 1"));
    assert!(session.run("DROP VIEW v", &[]).ends_with("DROP VIEW"));
    assert!(session.run("DROP TABLE t", &[]).ends_with("DROP TABLE"));
    assert!(length(&world, "") < MIB / 8, "{} bytes are left", length(&world, ""));
}

#[test]
fn a_file_of_an_earlier_version_is_made_smaller_too() {
    let world = World::new();
    world.sql("CREATE TABLE old (a)");
    let open = || rusqlite::Connection::open(world.kept()).unwrap();
    let mode = || open().query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(mode(), 2);
    open().execute_batch("PRAGMA auto_vacuum = NONE; VACUUM").unwrap();
    assert_eq!(mode(), 0);
    let mut session = within(&world, 10 * MIB);
    assert!(session.run(&format!("CREATE TABLE t {FILL}"), &[]).ends_with("CREATE TABLE"));
    assert!(length(&world, "") + length(&world, "-wal") > 3 * MIB);
    assert!(session.run("DROP TABLE t", &[]).ends_with("DROP TABLE"));
    assert!(length(&world, "") < MIB / 8, "{} bytes are left", length(&world, ""));
    assert_eq!(mode(), 2);
    assert_eq!(session.run("INSERT INTO old VALUES (1)", &[]).lines().last(), Some("INSERT 0 1"));
}

#[test]
fn an_open_query_does_not_let_the_log_grow_without_bound() {
    let world = World::new();
    let mut session = within(&world, 16 * MIB);
    assert!(session.run(&format!("CREATE TABLE t {FILL}"), &[]).ends_with("CREATE TABLE"));
    let reader = rusqlite::Connection::open(world.kept()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
    let update = "UPDATE t SET x = randomblob(1000000)";
    let refused = (0..10).map(|_| session.run(update, &[])).find(|ran| ran.starts_with("55P03"));
    insta::assert_snapshot!(refused.unwrap(), @"55P03 a query on these views and tables is still open, and all changes since are kept for it: close it, and try again");
    assert!(length(&world, "-wal") < 24 * MIB);
    assert!(session.run("DROP TABLE t", &[]).ends_with("DROP TABLE"));
    reader.execute_batch("COMMIT").unwrap();
    assert!(session.run("CREATE TABLE t (a)", &[]).ends_with("CREATE TABLE"));
    assert_eq!(length(&world, "-wal") / MIB, 0);
}
