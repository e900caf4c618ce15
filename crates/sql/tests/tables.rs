//! Tables of the user's own.

#[cfg(test)]
mod support;

use support::World;

#[test]
fn a_table_lives_and_dies() {
    let world = World::new();
    insta::assert_snapshot!(world.lines(
        "create table rates (name text unique, daily_rate numeric, note text default 'none');
         insert into rates values ('alice', 3200, 'it''s'), ('bob', 1600.5, null);
         insert into rates (name, daily_rate) select 'carol', 1;
         update rates set daily_rate = daily_rate * 2 where name = 'bob';
         select * from rates order by name"
    ), @r#"
    {"name":"alice","daily_rate":3200,"note":"it's"}
    {"name":"bob","daily_rate":3201,"note":null}
    {"name":"carol","daily_rate":1,"note":"none"}
    ! DDL Execution Completed
    ! insert into table completed
    ! insert into table completed
    ! exec completed
    "#);
    // It outlives the process, and joins resources.
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    insta::assert_snapshot!(world.lines(
        "SELECT u.UserName, r.daily_rate FROM aws.iam.users u JOIN rates r ON r.name = u.UserName
         ORDER BY 2 DESC"
    ), @r#"
    {"UserName":"bob","daily_rate":3201}
    {"UserName":"alice","daily_rate":3200}
    "#);
    insta::assert_snapshot!(world.lines(
        "delete from rates where name = 'carol' returning name, daily_rate;
         INSERT INTO rates SELECT UserName || '!', 0, Path FROM aws.iam.users;
         SELECT count(*) AS n FROM rates; replace into rates values ('bob', 1, 'again');
         SELECT daily_rate FROM rates WHERE name = 'bob'"
    ), @r#"
    {"name":"carol","daily_rate":1}
    {"n":4}
    {"daily_rate":1}
    ! exec completed
    ! insert into table completed
    ! insert into table completed
    "#);
    insta::assert_snapshot!(world.lines("insert into rates (name) values ('bob')"), @"
    ! UNIQUE constraint failed: rates.name
    exit 1
    ");
    insta::assert_snapshot!(world.lines("create table rates (a)"), @"
    ! there is a table `rates` already: drop it, or take another name
    exit 1
    ");
    insta::assert_snapshot!(world.lines("create table if not exists rates (a)"), @"! `rates` is there already");
    insta::assert_snapshot!(world.lines("drop table rates; select * from rates"), @"
    ! DDL Execution Completed
    ! there is no table `rates`: resources have names in three parts, as in `provider.service.resource`
    exit 1
    ");
}

#[test]
fn what_is_not_there_cannot_be_located() {
    let world = World::new();
    for (statement, expected) in [
        ("insert into nothing values (1)", "could not locate table 'nothing'"),
        ("update nothing set a = 1", "could not locate table 'nothing'"),
        ("delete from nothing", "could not locate table 'nothing'"),
        ("drop table nothing", "could not locate table 'nothing'"),
        ("drop table aws.iam.users", "a view or table of your own has a name in one part"),
        ("create table aws (a); drop view aws", "`aws` is another thing: `DROP TABLE aws`"),
    ] {
        let ran = world.sql(statement);
        assert!(ran.err.contains(expected) && ran.code == 1, "{statement}: {ran}");
    }
}

#[test]
fn a_table_is_all_that_can_be_reached() {
    let world = World::new();
    let file = world.kept().with_file_name("other");
    let path = file.display();
    world.sql("CREATE TABLE t (a); INSERT INTO t VALUES (0); CREATE VIEW v AS SELECT 1 AS a");
    for statement in [
        "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)".to_owned(),
        "INSERT INTO \"vmfa definitions\" VALUES ('x', 'VIEW', 'AS SELECT 1')".to_owned(),
        "DELETE FROM \"vmfa definitions\"".to_owned(),
        "SELECT * FROM \"vmfa definitions\"".to_owned(),
        "SELECT * FROM kept.\"vmfa definitions\"".to_owned(),
        "INSERT INTO t SELECT body FROM \"vmfa definitions\"".to_owned(),
        "UPDATE t SET a = (SELECT body FROM \"vmfa definitions\")".to_owned(),
        "WITH x AS (SELECT 1) INSERT INTO sqlite_master SELECT 1, 2, 3, 4, 5".to_owned(),
        "WITH x AS (SELECT 1) DELETE FROM \"vmfa definitions\"".to_owned(),
        "WITH x AS (SELECT body FROM \"vmfa definitions\") INSERT INTO t SELECT * FROM x"
            .to_owned(),
        "WITH x AS (SELECT 1) INSERT INTO v SELECT 2".to_owned(),
        "UPDATE t SET a = load_extension('x')".to_owned(),
        format!("INSERT INTO t SELECT writefile('{path}', 'x')"),
        format!("CREATE TABLE u (a); ATTACH '{path}' AS z"),
        format!("CREATE VIRTUAL TABLE w USING csv(filename = '{path}')"),
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END".to_owned(),
        "CREATE INDEX i ON t (a)".to_owned(),
        "CREATE TEMP TABLE w (a)".to_owned(),
        "ALTER TABLE t RENAME TO w".to_owned(),
        "DETACH kept".to_owned(),
        "INSERT INTO v VALUES (2)".to_owned(),
        "INSERT OR REPLACE INTO t VALUES (1)".to_owned(),
        "PRAGMA kept.journal_mode = DELETE".to_owned(),
        "UPDATE t SET a = 1 FROM pragma_database_list".to_owned(),
    ] {
        let ran = world.sql(&statement);
        assert_eq!(ran.code, 1, "{statement}: {ran}");
    }
    assert!(!file.exists());
    insta::assert_snapshot!(world.lines("SELECT count(*) AS n FROM t; SELECT * FROM v"), @r#"
    {"n":1}
    {"a":1}
    "#);
}

#[test]
fn nothing_hides_behind_a_semicolon() {
    let world = World::new();
    let mut session = world.session();
    for statement in [
        "CREATE VIEW v AS SELECT 1; ATTACH '/tmp/x' AS y",
        "CREATE TABLE t (a); DROP TABLE t",
        "SELECT 1; SELECT 2",
        "SHOW PROVIDERS LIKE 'a%'; SELECT 1",
    ] {
        let ran = session.run(statement, &[]);
        assert!(ran.starts_with("42601 one statement at a time: this is another at "), "{ran}");
    }
    insta::assert_snapshot!(session.run("SELECT ';' AS a /* ; */ ; -- ;", &[]), @"
    a:Text
    ';'
    SELECT 1
    ");
    // Nor in a file that somebody else wrote to.
    session.run("CREATE VIEW v AS SELECT 1 AS a", &[]);
    let connection = rusqlite::Connection::open(world.kept()).unwrap();
    let other = world.kept().with_file_name("other");
    let evil = format!("AS SELECT 1; ATTACH '{}' AS y", other.display());
    connection.execute("UPDATE \"vmfa definitions\" SET body = ?1", [evil]).unwrap();
    insta::assert_snapshot!(session.run("SELECT * FROM v", &[]), @"42601 one statement at a time: this is another at 14");
    connection.execute("UPDATE \"vmfa definitions\" SET body = ') AS SELECT ((1'", []).unwrap();
    insta::assert_snapshot!(session.run("SELECT * FROM v", &[]), @r#"42601 near ")": syntax error at 15"#);
    connection
        .execute_batch(
            "CREATE TABLE t (a); CREATE TRIGGER g AFTER INSERT ON t BEGIN
        INSERT INTO \"vmfa definitions\" VALUES ('x', 'VIEW', 'AS SELECT 1'); END",
        )
        .unwrap();
    insta::assert_snapshot!(session.run("INSERT INTO t VALUES (1)", &[]), @"42501 not authorized");
    assert!(!other.exists());
}
