//! `BEGIN`, `COMMIT` and `ROLLBACK`.

#[cfg(test)]
mod support;

use support::World;
use vmfa_sql::State;

#[test]
fn mutations_wait_and_queries_do_not() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice')",
        "SELECT count(*) AS n FROM aws.iam.users",
        "INSERT INTO aws.iam.users (UserName) VALUES ('bob'), ('carol')",
        "DELETE FROM aws.iam.users WHERE UserName = 'bob'",
    ]), @"
    BEGIN
    ! mutating statement queued
    INSERT 0 0
    n:Integer
    0
    SELECT 1
    ! mutating statement queued
    INSERT 0 0
    ! mutating statement queued
    DELETE 0
    ");
    assert_eq!(session.0.state(), State::InTransaction);
    assert_eq!(world.called(), ["ListUsers"]);
    insta::assert_snapshot!(session.all(&["COMMIT", "SELECT UserName FROM aws.iam.users"]), @"
    ! The operation was despatched successfully
    ! The operation was despatched successfully
    ! The operation was despatched successfully
    COMMIT
    UserName:Text
    'alice'
    'carol'
    SELECT 2
    ");
    assert_eq!(session.0.state(), State::Idle);
    assert_eq!(
        world.called(),
        ["CreateUser", "CreateUser", "CreateUser", "DeleteUser", "ListUsers"]
    );
}

#[test]
fn what_is_rolled_back_was_never_done() {
    let world = World::new();
    insta::assert_snapshot!(world.lines(
        "begin; insert into aws.iam.users (UserName) select 'alice'; rollback;
         select count(*) as n from aws.iam.users"
    ), @r#"
{"n":0}
! mutating statement queued
! Rollback OK
"#);
    assert_eq!(world.called(), ["ListUsers"]);
    // Nothing waits beyond the end of a run.
    world.sql("BEGIN; INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    assert!(world.called().is_empty());
}

#[test]
fn a_failure_at_commit_tells_what_was_done() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.all(&[
        "START TRANSACTION",
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice')",
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice')",
        "INSERT INTO aws.iam.users (UserName) VALUES ('bob')",
        "COMMIT",
        "SELECT UserName FROM aws.iam.users",
    ]), @"
BEGIN
! mutating statement queued
INSERT 0 0
! mutating statement queued
INSERT 0 0
! mutating statement queued
INSERT 0 0
! The operation was despatched successfully
! of 3 queued statements, those before this stay done: 1; those after it were not run: 1
23505 EntityAlreadyExists: User with name alice already exists.
UserName:Text
'alice'
SELECT 1
");
    assert_eq!(session.0.state(), State::Idle);
}

#[test]
fn after_a_failure_nothing_but_the_end_is_accepted() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice')",
        "INSERT INTO aws.iam.users (UserName) VALUES ('bob') RETURNING Arn",
    ]), @"
BEGIN
! mutating statement queued
INSERT 0 0
0A000 what waits for `COMMIT` returns nothing: leave out `RETURNING`, or run the statement outside of the transaction
");
    assert_eq!(session.0.state(), State::Failed);
    insta::assert_snapshot!(session.all(&["SELECT 1 AS one", "BEGIN", "COMMIT"]), @"
    25P02 current transaction is aborted, commands ignored until end of transaction block
    25P02 current transaction is aborted, commands ignored until end of transaction block
    ! Rollback OK
    ROLLBACK
    ");
    assert_eq!(session.0.state(), State::Idle);
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "INSERT INTO aws.iam.users (Name) VALUES ('alice')",
        "ROLLBACK",
    ]), @"
    BEGIN
    42703 could not locate symbol `Name`: did you mean `UserName`?
    ! Rollback OK
    ROLLBACK
    ");
    insta::assert_snapshot!(session.all(&["BEGIN", "SELEC 1", "ROLLBACK"]), @"
    BEGIN
    42601 no statement begins with `SELEC`: there are `SELECT`, `INSERT`, `UPDATE`, `DELETE`, `EXEC`, `SHOW`, `DESCRIBE`, `EXPLAIN`, `CREATE`, `DROP`, `REFRESH`, `USE`, `BEGIN`, `COMMIT` and `ROLLBACK` at 1
    ! Rollback OK
    ROLLBACK
    ");
    assert!(world.called().is_empty());
}

#[test]
fn what_is_out_of_place_is_noted() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(
        session.all(&["COMMIT", "ROLLBACK", "BEGIN WORK", "BEGIN", "END TRANSACTION"]), @"
! there is no transaction in progress
COMMIT
! there is no transaction in progress
ROLLBACK
BEGIN
! there is already a transaction in progress
BEGIN
COMMIT
");
}

#[test]
fn tables_wait_and_definitions_do_not() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "CREATE TABLE t (a)",
        "INSERT INTO t VALUES (1)",
        "CREATE VIEW v AS SELECT count(*) AS n FROM t",
        "SELECT n FROM v",
        "COMMIT",
        "SELECT n FROM v",
    ]), @"
BEGIN
! DDL Execution Completed
CREATE TABLE
! mutating statement queued
INSERT 0 0
! DDL Execution Completed
CREATE VIEW
n:Integer
0
SELECT 1
! insert into table completed
COMMIT
n:Integer
1
SELECT 1
");
    // What reads and is given by EXEC is given at once.
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "EXEC aws.iam.mfa_devices.list_mfa_devices",
        "EXEC aws.iam.users.users_Tag @UserName='alice', @Tags='[{\"Key\":\"a\",\"Value\":\"b\"}]'",
        "ROLLBACK",
    ]), @"
    BEGIN
    UserName:Text | SerialNumber:Text | EnableDate:Time
    EXEC
    ! mutating statement queued
    EXEC
    ! Rollback OK
    ROLLBACK
    ");
}

#[test]
fn values_of_parameters_wait_too() {
    let world = World::new();
    let mut session = world.session();
    let name = |name: &str| [vmfa_sql::Cell::Text(name.to_owned())];
    session.run("BEGIN", &[]);
    session.run("INSERT INTO aws.iam.users (UserName) VALUES ($1)", &name("alice"));
    session.run("INSERT INTO aws.iam.users (UserName) VALUES ($1)", &name("bob"));
    session.run("COMMIT", &[]);
    insta::assert_snapshot!(session.run("SELECT UserName FROM aws.iam.users", &[]), @"
    UserName:Text
    'alice'
    'bob'
    SELECT 2
    ");
}

#[test]
fn a_seed_that_would_be_lost_is_told_in_time() {
    let world = World::new();
    let mut session = world.session();
    insta::assert_snapshot!(session.all(&[
        "BEGIN",
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('phone')",
        "COMMIT",
    ]), @"
    BEGIN
    ! Base32StringSeed, QRCodePNG: `COMMIT` will not show it, and no call shows it again; to have it, run the statement outside of the transaction with `RETURNING Base32StringSeed, QRCodePNG`
    ! mutating statement queued
    INSERT 0 0
    ! The operation was despatched successfully
    ! Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    COMMIT
    ");
}

#[test]
fn what_still_waits_at_the_end_is_told() {
    let world = World::new();
    let begin = "begin; insert into aws.iam.users (UserName) select 'alice'";
    insta::assert_snapshot!(world.sql(begin), @"
    ! mutating statement queued
    ! the transaction was not ended by `COMMIT`: none of 1 queued statements was run
    exit 1
    ");
    insta::assert_snapshot!(world.sql("begin; select 1 as n"), @r#"[{"n":1}]"#);
    assert!(world.called().is_empty());
}
