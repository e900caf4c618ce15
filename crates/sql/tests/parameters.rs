//! Parameters: bound as values, in every statement, and never read as text of a statement.

#[cfg(test)]
mod support;

use support::World;
use vmfa_sql::Cell;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn parameters_are_values_in_every_statement() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.run(
        "INSERT INTO aws.iam.users (UserName, Path) VALUES ($1, $3), ($2, $3) RETURNING UserName, Path",
        &[text("alice"), text("bob"), text("/staff/")],
    ), @"
    UserName:Text | Path:Text
    'alice' | '/staff/'
    'bob' | '/staff/'
    INSERT 0 2
    ");
    insta::assert_snapshot!(session.run(
        "SELECT UserName, :twice || '-' || :twice AS x FROM aws.iam.users WHERE UserName = :name",
        &[text("a"), text("bob")],
    ), @"
    UserName:Text | x:Text
    'bob' | 'a-a'
    SELECT 1
    ");
    insta::assert_snapshot!(session.run(
        "SELECT UserName FROM aws.iam.users WHERE UserName IN (?, ?) ORDER BY UserName LIMIT ?",
        &[text("bob"), text("alice"), Cell::Integer(1)],
    ), @"
    UserName:Text
    'alice'
    SELECT 1
    ");
    insta::assert_snapshot!(session.run(
        "UPDATE aws.iam.users SET NewPath = $2 WHERE UserName = $1",
        &[text("alice"), text("/boss/")],
    ), @"
    ! The operation was despatched successfully
    UPDATE 1
    ");
    insta::assert_snapshot!(session.run(
        "EXEC aws.iam.users.users_Tag @UserName=$1, @Tags=$2",
        &[text("alice"), text(r#"[{"Key":"a","Value":"x -- y"}]"#)],
    ), @"
    ! The operation was despatched successfully
    EXEC
    ");
    insta::assert_snapshot!(session.run(
        "SELECT \"Key\", Value FROM aws.iam.user_tags WHERE UserName = $1", &[text("alice")],
    ), @"
    Key:Text | Value:Text
    'a' | 'x -- y'
    SELECT 1
    ");
    insta::assert_snapshot!(session.run(
        "DELETE FROM aws.iam.users WHERE UserName = ? RETURNING UserName, ? AS said",
        &[text("bob"), Cell::Real(0.5)],
    ), @"
    UserName:Text | said:Real
    'bob' | 0.5
    DELETE 1
    ");
    session.run("CREATE TABLE t (a, b)", &[]);
    insta::assert_snapshot!(session.run(
        "INSERT INTO t VALUES (?, ?), (?1, NULL)", &[Cell::Blob(vec![1]), text("x")],
    ), @"
    ! insert into table completed
    INSERT 0 2
    ");
    insta::assert_snapshot!(session.run("SELECT * FROM t WHERE b IS ?", &[Cell::Null]), @"
    a:Text | b:Any
    [1] | NULL
    SELECT 1
    ");
    insta::assert_snapshot!(session.run(
        "SHOW METHODS IN aws.iam.users LIKE ?", &[text("%Tag")]), @"
    MethodName:Text | RequiredParams:Text | SQLVerb:Text
    'users_Tag' | 'Tags, UserName, region' | 'EXEC'
    'users_Untag' | 'TagKeys, UserName, region' | 'EXEC'
    SHOW
    ");
}

#[test]
fn null_equals_nothing() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    world.called();
    let mut session = world.session();
    insta::assert_snapshot!(session.run(
        "SELECT UserName FROM aws.iam.users WHERE UserName = $1", &[Cell::Null],
    ), @"
    UserName:Text
    SELECT 0
    ");
    assert!(world.called().is_empty());
}

#[test]
fn what_a_value_holds_is_never_read_as_sql() {
    let world = World::new();
    let mut session = world.session();
    for evil in [
        "x'; DELETE FROM aws.iam.users; --",
        "x' OR '1'='1",
        "$1",
        "\"; ATTACH 'x' AS y; --",
        "/* */ ?",
        "\\' OR 1=1 --",
        "${1}{{.x}}",
    ] {
        let ran = session.run(
            "SELECT $1 AS a, '$1' AS b, \"c$1\" FROM (SELECT ? AS \"c$1\")",
            &[text(evil), text(evil)],
        );
        assert!(ran.ends_with(&format!("\n'{evil}' | '$1' | '{evil}'\nSELECT 1")), "{ran}");
        world.called();
        let ran = session.run(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES (?)",
            &[text(evil)],
        );
        assert!(ran.starts_with("22023 ValidationError"), "{evil}: {ran}");
        assert_eq!(world.called(), ["CreateVirtualMFADevice"]);
        let json = serde_json::json!([{"Key": "k", "Value": evil}]).to_string();
        let ran = session.run("SELECT json_extract(?, '$[0].Value')", &[text(&json)]);
        assert!(ran.contains(&format!("'{evil}'")), "{ran}");
    }
    // Nor is a name.
    insta::assert_snapshot!(session.run(
        "SELECT 1 AS \"x\"\"; DROP TABLE t; --\", 2 AS \"'a' -- b\"", &[]), @r#"
    x"; DROP TABLE t; --:Integer | 'a' -- b:Integer
    1 | 2
    SELECT 1
    "#);
}

#[test]
fn as_many_values_come_as_are_needed() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.run("SELECT $1, $3", &[text("a"), text("b")]), @"08P01 the parameters need 3 values, and 2 came");
    insta::assert_snapshot!(session.run("SELECT 1", &[text("a")]), @"08P01 the parameters need 0 values, and 1 came");
    insta::assert_snapshot!(session.run("SELECT $0", &[]), @"42601 `$0` is no parameter: they are counted from 1 at 8");
    insta::assert_snapshot!(session.run("SELECT @name", &[]), @"42601 `@name` is a parameter of `EXEC`: elsewhere they are written `$1`, `?` or `:name` at 8");
}

#[test]
fn a_statement_is_described_without_being_run() {
    let world = World::new();
    let mut session = world.session();
    let mut told = |statement: &str| match session.0.describe(statement) {
        Ok(told) => {
            let columns = told.columns.map(|columns| {
                let one = |column: &vmfa_sql::Heading| format!("{}:{:?}", column.name, column.kind);
                columns.iter().map(one).collect::<Vec<_>>().join(" ")
            });
            format!("{:?} -> {}", told.parameters, columns.as_deref().unwrap_or("nothing"))
        }
        Err(failure) => format!("{} {failure}", failure.sqlstate()),
    };
    insta::assert_snapshot!(told("SELECT EnableDate, User, 1 + 1 AS n FROM aws.iam.virtual_mfa_devices LIMIT $1"), @"[Integer] -> EnableDate:Time User:Json n:Any");
    insta::assert_snapshot!(told("SELECT * FROM aws.iam.account_summary"), @"[] -> SummaryMap:Json");
    insta::assert_snapshot!(told("INSERT INTO aws.iam.users (UserName) VALUES (?) RETURNING Arn, CreateDate"), @"[Text] -> Arn:Text CreateDate:Time");
    insta::assert_snapshot!(told("INSERT INTO aws.iam.users (UserName) VALUES (?)"), @"[Text] -> nothing");
    insta::assert_snapshot!(told("DELETE FROM aws.iam.users WHERE UserName = :n AND 1 = :m RETURNING *"), @"[Text, Text] -> UserName:Text");
    insta::assert_snapshot!(told("EXEC aws.iam.session_tokens.get_session_token"), @"[] -> Credentials:Json");
    insta::assert_snapshot!(told("EXEC aws.iam.users.users_Tag @UserName=$1, @Tags=$2"), @"[Text, Json] -> nothing");
    // Kinds of members, where they stand right beside.
    insta::assert_snapshot!(told(
        "SELECT 1 FROM aws.iam.virtual_mfa_devices d WHERE d.max_items = $1 AND $2 < d.EnableDate
         AND EnableDate BETWEEN $3 AND $4 AND region IN ('x', $5) AND Tags <> $6 AND MaxItems IN (1, $7)
         AND upper($8) = EnableDate AND EnableDate LIKE $9 LIMIT $10 OFFSET $11"
    ), @"[Integer, Time, Time, Time, Text, Json, Integer, Text, Text, Integer, Integer] -> 1:Integer");
    insta::assert_snapshot!(told(
        "EXEC aws.iam.session_tokens.get_session_token @DurationSeconds = $1, @TokenCode IN ($2, $3)"
    ), @"[Integer, Text, Text] -> Credentials:Json");
    insta::assert_snapshot!(told(
        "INSERT INTO aws.iam.users (UserName, Tags) VALUES ($1, $2), ('a' || $3, JSON($4))"
    ), @"[Text, Json, Text, Text] -> nothing");
    insta::assert_snapshot!(told(
        "INSERT INTO aws.iam.users (Tags, UserName) SELECT $1, UserName FROM aws.iam.users WHERE Path = $2"
    ), @"[Json, Text] -> nothing");
    insta::assert_snapshot!(told("UPDATE aws.iam.tags SET Tags = :t WHERE SerialNumber = :s AND :t = :s"), @"[Json, Text] -> nothing");
    insta::assert_snapshot!(told("EXPLAIN SELECT 1 FROM aws.iam.users WHERE max_items = ? AND ? = 1"), @"[Integer, Text] -> nothing");
    insta::assert_snapshot!(told("SHOW METHODS IN aws.iam.users"), @"[] -> MethodName:Any RequiredParams:Any SQLVerb:Any");
    insta::assert_snapshot!(told("BEGIN"), @"[] -> nothing");
    insta::assert_snapshot!(told("CREATE VIEW v AS SELECT 1"), @"[] -> nothing");
    insta::assert_snapshot!(told("SELECT nought FROM aws.iam.users"), @"42703 could not locate symbol `nought`: `aws.iam.users` has `Arn`, `CreateDate`, `PasswordLastUsed`, `Path`, `PermissionsBoundary`, `Tags`, `UserId`, `UserName`");
    assert!(world.called().is_empty());
}

#[test]
fn failures_have_codes_and_places() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    let mut session = world.session();
    for (statement, code, position) in [
        ("SELEC 1", "42601", Some(1)),
        ("SELECT 1 FRM x", "42601", None),
        ("SELECT 'é', nought FROM aws.iam.users", "42703", Some(13)),
        ("SELECT UserName,\n nought FROM aws.iam.users", "42703", Some(19)),
        ("SELECT * FROM nought", "42P01", None),
        ("SELECT * FROM aws.iam.nothing", "42P01", Some(15)),
        ("SELECT * FROM aws.s3.buckets", "42P01", Some(15)),
        ("SELECT nought(1)", "42883", None),
        ("EXEC aws.iam.users.nothing", "42883", None),
        ("EXEC aws.iam.users.users_Tag @Nothing = 1", "42703", None),
        ("EXEC aws.iam.users.users_Tag @UserName = 'a'", "22023", None),
        ("SELECT * FROM aws.iam.mfa_device_tags", "22023", None),
        ("SELECT UserName FROM aws.iam.users a, aws.iam.users b", "42702", Some(8)),
        ("SELECT * FROM aws.iam.mfa_devices WHERE UserName = 'nobody'", "P0002", None),
        ("INSERT INTO aws.iam.users (UserName) VALUES ('alice')", "23505", None),
        ("INSERT INTO aws.iam.users (UserName) VALUES ('a b')", "22023", None),
        ("SELECT 'open", "42601", Some(8)),
        ("SELECT load_extension('x')", "42501", None),
        ("PRAGMA x", "42601", Some(1)),
        ("SHOW AUTH", "0A000", None),
        ("CREATE VIEW v AS SELECT zeroblob(1000000000)", "OK", None),
        ("SELECT zeroblob(1000000000)", "53200", None),
        ("SELECT json('x')", "22023", None),
    ] {
        let ran = session.0.run(statement, &[], &mut Nobody);
        match ran {
            Ok(_) => assert_eq!(code, "OK", "{statement}"),
            Err(failure) => {
                assert_eq!(failure.sqlstate(), code, "{statement}: {failure}");
                if position.is_some() {
                    assert_eq!(failure.position(), position, "{statement}: {failure}");
                }
            }
        }
    }
    let refused =
        session.0.run("SELECT * FROM aws.iam.mfa_devices WHERE UserName = 'x'", &[], &mut Nobody);
    let refused = refused.unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("NoSuchEntity"));
    assert_eq!(refused.message(), "The user with name x cannot be found.");
}

#[test]
fn a_statement_can_be_stopped() {
    let world = World::new();
    let mut session = world.session();
    let forever =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    for statement in [forever, "SLEEP 600000"] {
        let interrupter = session.0.interrupter();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            interrupter.interrupt();
        });
        let ran = session.run(statement, &[]);
        stopper.join().unwrap();
        assert_eq!(ran, "57014 the statement was interrupted");
    }
    insta::assert_snapshot!(session.run("SELECT 1 AS alive", &[]), @"
    alive:Integer
    1
    SELECT 1
    ");
}

struct Nobody;

impl vmfa_sql::Sink for Nobody {
    fn head(&mut self, _: &[vmfa_sql::Heading]) -> std::io::Result<()> {
        Ok(())
    }
    fn row(&mut self, _: &[Cell]) -> std::io::Result<()> {
        Ok(())
    }
    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}
