//! Views and materialized views: what they give, and that they outlive the process.

#[cfg(test)]
mod support;

use support::World;

/// Users and devices: alice has `phone`, and nobody has `spare`.
fn world() -> World {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    let (serial, phone) = world.device("phone");
    world.device("spare");
    let (first, second) = (phone.code(world.now() - 30), phone.code(world.now()));
    world.sql(&format!(
        "EXEC aws.iam.mfa_devices.mfa_devices_Enable @SerialNumber='{serial}', @UserName='alice',
         @AuthenticationCode1='{first}', @AuthenticationCode2='{second}'"
    ));
    world
}

#[test]
fn what_one_statement_may_hold_is_not_the_limit_of_the_next() {
    let world = World::new();
    let mut session = world.session();
    let long = "x".repeat(20_000);
    let made = session.run(&format!("CREATE VIEW v AS SELECT '{long}' AS t"), &[]);
    assert!(made.ends_with("CREATE VIEW"), "{made}");
    // The shortest values that any statement has.
    insta::assert_snapshot!(session.run("SELECT json_patch('{}', '{}') AS p", &[]), @"
    p:Json
    '{}'
    SELECT 1
    ");
    insta::assert_snapshot!(session.run("SELECT length(t) AS n FROM v", &[]), @"
    n:Integer
    20000
    SELECT 1
    ");
    let refused = session.run(&format!("SELECT json_patch('{{\"a\":\"{long}\"}}', '{{}}')"), &[]);
    assert!(refused.starts_with("53200 out of memory: a value"), "{refused}");
}

#[test]
fn a_view_outlives_the_process() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "CREATE VIEW names AS SELECT UserName, region FROM aws.iam.users WHERE region = 'us-east-1'"
    ), @"! DDL Execution Completed");
    insta::assert_snapshot!(world.lines("SELECT * FROM names WHERE UserName LIKE 'a%'"), @r#"{"UserName":"alice","region":"us-east-1"}"#);
    insta::assert_snapshot!(world.lines("SELECT * FROM names WHERE UserName NOT LIKE '%li%'"), @r#"{"UserName":"bob","region":"us-east-1"}"#);
    insta::assert_snapshot!(world.lines("CREATE VIEW names AS SELECT 1"), @"
    ! there is a view `names` already: drop it, or take another name
    exit 1
    ");
    insta::assert_snapshot!(world.lines(
        "CREATE OR REPLACE VIEW names (n) AS SELECT upper(UserName) FROM aws.iam.users;
         SELECT x.n, count(*) OVER () AS all_of_them FROM Names x ORDER BY 1"
    ), @r#"
    {"n":"ALICE","all_of_them":2}
    {"n":"BOB","all_of_them":2}
    ! DDL Execution Completed
    "#);
    // A definition is asked anew each time.
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('carol')");
    insta::assert_snapshot!(world.lines("SELECT count(*) AS n FROM \"names\""), @r#"{"n":3}"#);
    insta::assert_snapshot!(world.lines("DROP VIEW names; SELECT * FROM names"), @"
    ! DDL Execution Completed
    ! there is no table `names`: resources have names in three parts, as in `provider.service.resource`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("DROP VIEW IF EXISTS names"), @"
    ! `names` is not there
    ! DDL Execution Completed
    ");
    insta::assert_snapshot!(world.lines("DROP VIEW names"), @"
    ! could not locate table 'names'
    exit 1
    ");
}

#[test]
fn views_join_resources_views_and_subqueries() {
    let world = world();
    world.sql(
        "CREATE VIEW devices AS WITH d AS (SELECT * FROM aws.iam.virtual_mfa_devices)
             SELECT SerialNumber, json_extract(User, '$.UserName') AS owner FROM d;
         CREATE VIEW owned AS SELECT u.UserName, d.SerialNumber FROM aws.iam.users u
             LEFT JOIN devices d ON d.owner = u.UserName;
         CREATE MATERIALIZED VIEW frozen AS SELECT UserName, Path FROM aws.iam.users",
    );
    insta::assert_snapshot!(world.lines("SELECT * FROM owned ORDER BY 1"), @r#"
    {"UserName":"alice","SerialNumber":"arn:aws:iam::123456789012:mfa/phone"}
    {"UserName":"bob","SerialNumber":null}
    "#);
    insta::assert_snapshot!(world.lines(
        "SELECT o.UserName, f.Path, d.owner, s.n FROM owned o JOIN frozen f ON f.UserName = o.UserName
         LEFT JOIN devices d USING (SerialNumber)
         JOIN (SELECT count(*) AS n FROM devices) s ORDER BY 1"
    ), @r#"
    {"UserName":"alice","Path":"/","owner":"alice","n":2}
    {"UserName":"bob","Path":"/","owner":null,"n":2}
    "#);
    insta::assert_snapshot!(world.lines(
        "WITH devices AS (SELECT 'not the view' AS owner) SELECT owner FROM devices"
    ), @r#"{"owner":"not the view"}"#);
}

#[test]
fn a_view_that_would_be_asked_untold_is_refused() {
    let world = world();
    world.sql(
        "CREATE VIEW one AS SELECT UserName, SerialNumber FROM aws.iam.mfa_devices;
         CREATE VIEW over_one AS SELECT * FROM one;
         CREATE VIEW every AS SELECT d.UserName, d.SerialNumber FROM aws.iam.users u
             JOIN aws.iam.mfa_devices d ON u.UserName = d.UserName;
         CREATE VIEW of_alice AS SELECT UserName, SerialNumber FROM aws.iam.mfa_devices
             WHERE UserName = 'alice'",
    );
    let joined = |view: &str, join: &str| {
        world.lines(&format!(
            "SELECT u.UserName, d.SerialNumber FROM {join} ON d.UserName = u.UserName ORDER BY 1",
            join = join.replace("VIEW", view),
        ))
    };
    let (left, right) = ("aws.iam.users u LEFT JOIN VIEW d", "VIEW d RIGHT JOIN aws.iam.users u");
    for view in ["every", "of_alice"] {
        assert_eq!(*joined(view, right), *joined(view, left));
    }
    assert_eq!(*joined("one", left), *joined("every", left));
    for view in ["one", "over_one"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(joined(view, right), @r"
            ! `UserName` must be known before its table is asked: give it by `=`, or turn the join round, to `LEFT JOIN` from `RIGHT JOIN`
            exit 1
            ");
        }
    }
}

#[test]
fn a_predicate_takes_the_place_of_a_views_value() {
    let world = world();
    world.sql(
        "CREATE VIEW of_alice AS SELECT UserName, SerialNumber, region
             FROM aws.iam_api.mfa_devices WHERE region = 'us-east-1' AND UserName = 'alice'",
    );
    insta::assert_snapshot!(world.lines("SELECT UserName FROM of_alice"), @r#"{"UserName":"alice"}"#);
    insta::assert_snapshot!(world.lines(
        "SELECT UserName, region FROM of_alice WHERE region IN ('eu-west-1', 'us-west-2')"
    ), @r#"
    {"UserName":"alice","region":"eu-west-1"}
    {"UserName":"alice","region":"us-west-2"}
    "#);
    world.called();
    insta::assert_snapshot!(world.lines("SELECT * FROM of_alice WHERE UserName = 'bob'"), @"(no rows)");
    assert_eq!(world.called(), ["ListMFADevices"]);
    // Of the same view twice, each has its own.
    insta::assert_snapshot!(world.lines(
        "SELECT a.UserName AS a, b.UserName AS b FROM of_alice a LEFT JOIN of_alice b
         ON b.UserName IN ('bob') WHERE a.region = 'x'"
    ), @r#"{"a":"alice","b":null}"#);
}

#[test]
fn views_stand_on_views_five_deep() {
    let world = world();
    world.sql("CREATE VIEW v1 AS SELECT UserName FROM aws.iam.users");
    for depth in 2..=5 {
        let made = world.sql(&format!("CREATE VIEW v{depth} AS SELECT * FROM v{}", depth - 1));
        assert_eq!(made.code, 0, "{made}");
    }
    insta::assert_snapshot!(world.lines("SELECT count(*) AS n FROM v5"), @r#"{"n":2}"#);
    insta::assert_snapshot!(world.lines("CREATE VIEW v6 AS SELECT * FROM v5"), @"
    ! indirection chain length 6 > 5: please do not cite views at too deep a level
    exit 1
    ");
    insta::assert_snapshot!(world.lines("CREATE OR REPLACE VIEW v1 AS SELECT * FROM v5"), @"
    ! indirection chain length 6 > 5: please do not cite views at too deep a level
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SELECT * FROM v1 LIMIT 1"), @r#"{"UserName":"alice"}"#);
    insta::assert_snapshot!(world.lines("DROP VIEW v1; SELECT * FROM v2"), @"
    ! DDL Execution Completed
    ! there is no table `v1`: resources have names in three parts, as in `provider.service.resource`
    exit 1
    ");
}

#[test]
fn a_materialized_view_stays_until_it_is_refreshed() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "CREATE MATERIALIZED VIEW m AS SELECT UserName, region FROM aws.iam.users
         WHERE region = 'us-east-1'"
    ), @"! DDL Execution Completed");
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('carol')");
    world.called();
    insta::assert_snapshot!(world.lines("SELECT * FROM m ORDER BY 1 DESC"), @r#"
    {"UserName":"bob","region":"us-east-1"}
    {"UserName":"alice","region":"us-east-1"}
    "#);
    assert!(world.called().is_empty());
    insta::assert_snapshot!(world.lines(
        "REFRESH MATERIALIZED VIEW m; SELECT count(*) AS n FROM m"
    ), @r#"
    {"n":3}
    ! refresh materialized view completed
    "#);
    insta::assert_snapshot!(world.lines("INSERT INTO m VALUES ('x', 'y')"), @"
    ! `m` is a materialized view, whose rows are not changed
    exit 1
    ");
    insta::assert_snapshot!(world.lines("DROP TABLE m"), @"
    ! `m` is another thing: `DROP MATERIALIZED VIEW m`
    exit 1
    ");
    insta::assert_snapshot!(world.lines(
        "CREATE OR REPLACE MATERIALIZED VIEW m (a, b) AS SELECT 1, 2.5 UNION ALL SELECT 3, NULL;
         SELECT b, a FROM m"
    ), @r#"
    {"b":2.5,"a":1}
    {"b":null,"a":3}
    ! DDL Execution Completed
    "#);
    insta::assert_snapshot!(world.lines("CREATE MATERIALIZED VIEW n AS SELECT 1 AS a, 2 AS a"), @"
    ! two columns are called `a`: name one of them by `AS`
    exit 1
    ");
    insta::assert_snapshot!(world.lines(
        "DROP MATERIALIZED VIEW m; SELECT * FROM m"
    ), @"
    ! DDL Execution Completed
    ! there is no table `m`: resources have names in three parts, as in `provider.service.resource`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("REFRESH MATERIALIZED VIEW m"), @"
    ! could not locate table 'm'
    exit 1
    ");
}

#[test]
fn nothing_secret_is_kept() {
    let world = world();
    for query in [
        "SELECT * FROM aws.iam.virtual_mfa_devices",
        "SELECT SerialNumber, base_32_string_seed FROM aws.iam.virtual_mfa_devices",
        "SELECT length(QRCodePNG) AS l FROM aws.iam.virtual_mfa_devices d",
        "SELECT x.SecretAccessKey FROM (SELECT * FROM aws.iam.access_keys) x",
        "SELECT Content FROM aws.iam.credential_reports",
        "SELECT s FROM leaky",
    ] {
        world.sql(
            "CREATE VIEW IF NOT EXISTS leaky AS
                 SELECT Base32StringSeed AS s FROM aws.iam.virtual_mfa_devices;
             CREATE TABLE IF NOT EXISTS t (a)",
        );
        for statement in [
            format!("CREATE MATERIALIZED VIEW m AS {query}"),
            format!("CREATE TABLE x AS {query}"),
            format!("INSERT INTO t (a) {query}"),
            format!("UPDATE t SET a = ({query})"),
        ] {
            let ran = world.sql(&statement);
            assert!(ran.err.contains("is secret and is not kept"), "{statement}: {ran}");
        }
    }
    insta::assert_snapshot!(world.lines(
        "CREATE MATERIALIZED VIEW m AS SELECT SerialNumber, QRCodePNG FROM aws.iam.virtual_mfa_devices"
    ), @"
    ! `QRCodePNG` is secret and is not kept in a table: name the other columns
    exit 1
    ");
    insta::assert_snapshot!(world.lines(
        "CREATE MATERIALIZED VIEW m AS SELECT SerialNumber FROM aws.iam.virtual_mfa_devices;
         SELECT count(*) AS n FROM m"
    ), @r#"
    {"n":2}
    ! DDL Execution Completed
    "#);
}

#[test]
fn a_definition_that_cannot_be_run_is_not_kept() {
    let world = world();
    for (statement, expected) in [
        ("CREATE VIEW v AS SELECT x FROM aws.iam.users", "could not locate symbol `x`"),
        ("CREATE VIEW v AS SELECT * FROM v", "indirection chain length 6 > 5"),
        ("CREATE VIEW v AS DELETE FROM aws.iam.users", "expected `SELECT`"),
        ("CREATE VIEW v SELECT 1", "expected `AS` and a query"),
        ("CREATE VIEW v AS SELECT * FROM aws.iam.users WHERE UserName = $1", "the parameters need"),
        ("CREATE VIEW a.b AS SELECT 1", "a view or table of your own has a name in one part"),
        ("CREATE VIEW \"vmfa definitions\" AS SELECT 1", "a view or table of your own"),
        ("CREATE VIEW v AS SELECT load_extension('x')", "no such function"),
    ] {
        let ran = world.sql(statement);
        assert!(ran.err.contains(expected), "{statement}: {ran}");
        assert_eq!(world.sql("SELECT * FROM v").code, 1);
    }
    let mut session = world.session();
    insta::assert_snapshot!(session.run(
        "CREATE VIEW v AS SELECT * FROM aws.iam.users WHERE UserName = $1",
        &[vmfa_sql::Cell::Text("a".into())],
    ), @"0A000 a view has no parameters: write the value, or give it to the query at 63");
}

#[test]
fn several_processes_see_the_same() {
    let world = world();
    // From the first statement on, which makes the file.
    std::thread::scope(|scope| {
        for n in 0..8 {
            let world = &world;
            scope.spawn(move || {
                let made =
                    world.session().run(&format!("CREATE VIEW w{n} AS SELECT {n} AS n"), &[]);
                assert!(made.ends_with("CREATE VIEW"), "{made}");
                let dropped = world.session().run(&format!("DROP VIEW w{n}"), &[]);
                assert!(dropped.ends_with("DROP VIEW"), "{dropped}");
            });
        }
    });
    let (mut one, mut other) = (world.session(), world.session());
    one.run("CREATE VIEW v AS SELECT 1 AS a", &[]);
    insta::assert_snapshot!(other.run("SELECT * FROM v", &[]), @"
    a:Integer
    1
    SELECT 1
    ");
    one.run("CREATE OR REPLACE VIEW v AS SELECT 2 AS b", &[]);
    insta::assert_snapshot!(other.run("SELECT * FROM v", &[]), @"
    b:Integer
    2
    SELECT 1
    ");
    one.run("DROP VIEW v", &[]);
    insta::assert_snapshot!(other.run("SELECT * FROM v", &[]), @"42P01 there is no table `v`: resources have names in three parts, as in `provider.service.resource`");
    // At once, from many.
    std::thread::scope(|scope| {
        for n in 0..8 {
            let world = &world;
            scope.spawn(move || {
                let mut session = world.session();
                for view in 0..5 {
                    let made =
                        session.run(&format!("CREATE VIEW v{n}_{view} AS SELECT {n} AS n"), &[]);
                    assert!(made.ends_with("CREATE VIEW"), "{made}");
                }
            });
        }
    });
    assert_eq!(other.0.own().unwrap().len(), 40);
}

#[test]
fn a_file_that_cannot_be_used_is_told_and_left_alone() {
    let told = |world: &World, query: &str| {
        let directory = world.kept().parent().unwrap().display().to_string();
        world.lines(query).replace(&directory, "…")
    };
    let world = World::new();
    std::fs::write(world.kept(), "this is no database, but it is long enough ".repeat(100))
        .unwrap();
    insta::assert_snapshot!(told(&world, "SELECT * FROM v"), @"
    ! the views and tables in `…/sql.db` cannot be used: file is not a database
    exit 1
    ");
    insta::assert_snapshot!(told(&world, "CREATE VIEW v AS SELECT 1"), @"
    ! the views and tables in `…/sql.db` cannot be used: file is not a database
    exit 1
    ");
    // Resources need no file.
    insta::assert_snapshot!(told(&world, "SELECT count(*) AS n FROM aws.iam.users"), @r#"{"n":0}"#);

    let world = World::new();
    world.sql("CREATE VIEW v AS SELECT 1 AS a");
    let change = |sql: &str| {
        let connection = rusqlite::Connection::open(world.kept()).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    change("PRAGMA user_version = 2");
    insta::assert_snapshot!(told(&world, "SELECT * FROM v"), @"
    ! the views and tables in `…/sql.db` cannot be used: it was written by a newer version of this program
    exit 1
    ");
    change("PRAGMA user_version = 1; PRAGMA application_id = 5");
    insta::assert_snapshot!(told(&world, "SELECT * FROM v"), @"
    ! the views and tables in `…/sql.db` cannot be used: it is a database of another program
    exit 1
    ");
    change("PRAGMA application_id = 1985171788; DROP TABLE \"vmfa definitions\"");
    insta::assert_snapshot!(told(&world, "SELECT * FROM v"), @"
    ! the views and tables in `…/sql.db` cannot be used: its definitions are missing
    exit 1
    ");

    let world = World::new();
    std::fs::create_dir(world.kept()).unwrap();
    insta::assert_snapshot!(told(&world, "CREATE VIEW v AS SELECT 1"), @"
    ! the views and tables in `…/sql.db` cannot be used: unable to open database: …/sql.db
    exit 1
    ");
}

#[test]
fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.sql("SELECT * FROM aws.iam.users; SELECT * FROM v");
    assert!(!world.kept().exists());
    world.sql("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    for file in std::fs::read_dir(world.kept().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with("sql.db") {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
        }
    }
}

#[test]
fn the_columns_of_ones_own_are_told() {
    let world = World::new();
    insta::assert_snapshot!(world.lines(
        "CREATE VIEW v AS SELECT user_name, 1 AS \"a b\" FROM aws.iam.users; CREATE TABLE t (c);
         SELECT nope FROM V x, t"
    ), @"
    ! DDL Execution Completed
    ! DDL Execution Completed
    ! could not locate symbol `nope`: `v` has `user_name`, `a b`; `t` has `c`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SELECT \"Nope\" FROM v JOIN aws.iam.account_aliases"), @"
    ! could not locate symbol `Nope`: `aws.iam.account_aliases` has `member`; `v` has `user_name`, `a b`
    exit 1
    ");
}
