//! What `INSERT`, `DELETE` and `EXEC` do, row by row.

#[cfg(test)]
mod support;

use std::sync::{Arc, Barrier};

use support::{Authenticator, Talk, World};
use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::Record;
use vmfa_sql::{Session, Setting};

#[test]
fn what_is_made_can_be_returned() {
    let world = World::new();
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (virtual_mfa_device_name, path, tags, region)
         SELECT 'a', '/x/', JSON('{\"member\":[{\"Key\":\"team\",\"Value\":\"ops\"}]}'), 'us-east-1'
         RETURNING serial_number, length(Base32StringSeed) > 80 AS seed,
                   json_extract(Tags, '$[0].Value') AS team, VirtualMFADeviceName, Path"
    ), @r#"[{"serial_number":"arn:aws:iam::123456789012:mfa/x/a","seed":1,"team":"ops","VirtualMFADeviceName":"a","Path":"/x/"}]"#);
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('b'), ('c')"
    ), @r#"
    ! The operation was despatched successfully
    ! Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    "#);
    assert_eq!(world.called(), ["CreateVirtualMFADevice"; 2]);
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice') RETURNING *"
    ).out.split("\"UserId\"").next().unwrap(), @r#"[{"Path":"/","UserName":"alice","#);
}

#[test]
fn what_cannot_be_returned_is_refused_before_anything_is_done() {
    let world = World::new();
    let insert = "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName)";
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a') RETURNING Seed")), @r#"
    ! could not locate symbol `Seed`: what is returned has `SerialNumber`, `Base32StringSeed`, `QRCodePNG`, `User`, `EnableDate`, `Tags`
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a') RETURNING ?")), @r#"
    ! the parameters need 1 values, and 0 came
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a') RETURNING (")), @r#"
    ! a `(` has no `)`
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a', 'b')")), @r#"
    ! disparity in fields to insert and supplied data
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a'), ('b', 'c')")), @r#"
    ! disparity in fields to insert and supplied data
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('a'), (NULL)")), @r#"
    ! query cannot be executed, missing required parameters: { VirtualMFADeviceName }
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, Tags) VALUES ('a', 'b')"
    ), @r#"
    ! `Tags` takes a list as JSON text, such as `[…]`
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, virtual_mfa_device_name)
         VALUES ('a', 'b')"
    ), @r#"
    ! `VirtualMFADeviceName` is given twice
    exit 1
    "#);
    assert!(world.called().is_empty());
}

#[test]
fn what_says_which_one_it_is_does_not_say_what_it_becomes() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    insta::assert_snapshot!(world.sql(
        "UPDATE aws.iam.users SET user_name = 'bob' WHERE UserName = 'alice'"
    ), @"
    ! `UserName` says which one it is: `NewUserName` says what it becomes
    exit 1
    ");
    assert!(world.called().is_empty());
}

#[test]
fn rows_before_a_failure_stay() {
    let world = World::new();
    let insert = "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName)";
    insta::assert_snapshot!(world.sql(&format!(
        "{insert} VALUES ('a'), ('a'), ('b') RETURNING SerialNumber; SELECT 1"
    )), @r#"
    [{"SerialNumber":"arn:aws:iam::123456789012:mfa/a"}]
    ! 1 of 3 rows were done before, and stay done
    ! Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    ! EntityAlreadyExists: MFA device already exists.
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{insert} VALUES ('c'), ('a')")), @r#"
    ! 1 of 2 rows were done before, and stay done
    ! Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    ! EntityAlreadyExists: MFA device already exists.
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(
        "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices"
    ), @r#"[{"n":2}]"#);
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, Tags)
         VALUES ('e', '[{\"Key\":\"a\",\"Value\":\"b\"}]') RETURNING json_extract(Tags, 'x')"
    ), @"
    ! bad JSON path: 'x'
    exit 1
    ");
    insta::assert_snapshot!(world.sql(&format!("{insert} SELECT 'd' WHERE 0")), @"! no rows, and so nothing to do");
    insta::assert_snapshot!(world.sql(&format!("{insert} SELECT 'd' WHERE 0 RETURNING *")), @r#"
    []
    ! no rows, and so nothing to do
    "#);
}

#[test]
fn a_name_is_inserted_where_it_is_not_there() {
    let world = World::new();
    let insert = "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName)
         SELECT w.name FROM (SELECT 'a' AS name UNION SELECT 'b') w
         LEFT JOIN aws.iam.virtual_mfa_devices d ON d.SerialNumber LIKE '%mfa/' || w.name
         WHERE d.SerialNumber IS NULL RETURNING SerialNumber";
    world.device("a");
    insta::assert_snapshot!(world.sql(insert), @r#"
    [{"SerialNumber":"arn:aws:iam::123456789012:mfa/b"}]
    ! Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    "#);
    insta::assert_snapshot!(world.sql(insert), @r#"
    []
    ! no rows, and so nothing to do
    "#);
}

#[test]
fn rows_are_deleted_by_what_where_says() {
    let world = World::new();
    world.devices(6);
    let serial = |n: usize| format!("'arn:aws:iam::123456789012:mfa/d{n}'");
    let delete = "DELETE FROM aws.iam.virtual_mfa_devices";
    insta::assert_snapshot!(world.sql(delete), @r#"
    ! query cannot be executed, missing required parameters: { SerialNumber }
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{delete} WHERE SerialNumber LIKE 'arn%'")), @r#"
    ! query cannot be executed, missing required parameters: { SerialNumber }
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!("{delete} WHERE EnableDate IS NULL")), @r#"
    ! could not locate symbol `EnableDate`: the parameters are `SerialNumber`
    exit 1
    "#);
    insta::assert_snapshot!(
        world.sql(&format!("{delete} WHERE SerialNumber = {} OR 1 = 1", serial(0))), @r#"
    ! query cannot be executed, missing required parameters: { SerialNumber }
    exit 1
    "#);
    assert!(world.called().is_empty());

    insta::assert_snapshot!(world.sql(&format!(
        "{delete} WHERE serial_number IN ({}, {}) AND region = 'us-east-1' RETURNING SerialNumber",
        serial(0), serial(1)
    )), @r#"[{"SerialNumber":"arn:aws:iam::123456789012:mfa/d0"},{"SerialNumber":"arn:aws:iam::123456789012:mfa/d1"}]"#);
    insta::assert_snapshot!(world.sql(&format!(
        "{delete} WHERE SerialNumber = {} OR SerialNumber = {}", serial(2), serial(3)
    )), @"! The operation was despatched successfully");
    insta::assert_snapshot!(world.sql(&format!(
        "{delete} WHERE SerialNumber = {} AND 1 = 0", serial(4)
    )), @"! no rows, and so nothing to do");
    insta::assert_snapshot!(world.sql(&format!(
        "{delete} WHERE SerialNumber IN (
             SELECT SerialNumber FROM aws.iam.virtual_mfa_devices
             WHERE AssignmentStatus = 'Unassigned' AND SerialNumber LIKE '%d_')"
    )), @"! The operation was despatched successfully");
    insta::assert_snapshot!(world.sql(
        "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices"
    ), @r#"[{"n":0}]"#);
}

#[test]
fn lists_are_taken_in_every_form() {
    let world = World::new();
    let (serial, _) = world.device("phone");
    for (tags, method) in [
        (r#"'[{"Key":"a","Value":"1"}]'"#, "mfa_devices_Tag"),
        (r#"JSON('[{"Key":"b","Value":"2"}]')"#, "tag_mfa_device"),
        (r#"'{"member":[{"Key":"c","Value":"3"}]}'"#, "mfa_devices_Tag"),
    ] {
        let ran = world.sql(&format!(
            "EXEC aws.iam_api.mfa_devices.{method} @SerialNumber='{serial}', @Tags={tags}"
        ));
        assert_eq!(ran.to_string(), "! The operation was despatched successfully\n");
    }
    world.sql(&format!(
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Tag @region='us-east-1' @@json='{{
             \"SerialNumber\": \"{serial}\", \"tags\": [{{\"key\": \"d\", \"value\": \"\"}}]}}'"
    ));
    world.sql(&format!(
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Untag @SerialNumber='{serial}', @TagKeys='[\"b\"]'"
    ));
    insta::assert_snapshot!(world.sql(&format!(
        "SELECT \"Key\", Value, SerialNumber FROM aws.iam_api.mfa_device_tags
         WHERE SerialNumber = '{serial}'"
    )), @r#"[{"Key":"a","Value":"1","SerialNumber":"arn:aws:iam::123456789012:mfa/phone"},{"Key":"c","Value":"3","SerialNumber":"arn:aws:iam::123456789012:mfa/phone"},{"Key":"d","Value":"","SerialNumber":"arn:aws:iam::123456789012:mfa/phone"}]"#);
}

#[test]
fn what_is_quoted_stays_a_value() {
    let world = World::new();
    let name = "x''; DELETE FROM aws.iam.users; --";
    insta::assert_snapshot!(world.sql(&format!(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('{name}')"
    )), @r#"
    ! ValidationError: The specified value for virtualMFADeviceName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-
    exit 1
    "#);
    assert_eq!(world.called(), ["CreateVirtualMFADevice"]);
    insta::assert_snapshot!(world.sql(
        "SELECT 1 AS \"a; SELECT 2\", '/* ' AS b, ' */' AS c /* ; ' */ -- ' ;\n, ';' AS d"
    ), @r#"[{"a; SELECT 2":1,"b":"/* ","c":" */","d":";"}]"#);
    insta::assert_snapshot!(world.sql("SELECT 'a\\'; SELECT ''b' AS c"), @r#"[{"c":"a'; SELECT 'b"}]"#);
}

#[test]
fn tags_are_updated_by_what_they_belong_to() {
    let world = World::new();
    let (serial, _) = world.device("phone");
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    let tags = r#"JSON('{"member":[{"Key":"a","Value":"b"}]}')"#;
    insta::assert_snapshot!(world.sql(&format!(
        "UPDATE aws.iam.tags SET SerialNumber = '{serial}', Tags = {tags}, region = 'us-east-1'"
    )), @"! The operation was despatched successfully");
    assert_eq!(world.called(), ["TagMFADevice"]);
    insta::assert_snapshot!(world.sql(&format!(
        "UPDATE aws.iam.tags SET tags = {tags} WHERE user_name IN ('alice', 'bob')"
    )), @"! The operation was despatched successfully");
    assert_eq!(world.called(), ["TagUser", "TagUser"]);
    insta::assert_snapshot!(world.sql(&format!("UPDATE aws.iam.tags SET Tags = {tags}")), @"
    ! query cannot be executed, missing required parameters: { SerialNumber }
    exit 1
    ");
}

#[test]
fn what_with_defines_can_be_changed_by() {
    let world = World::new();
    insta::assert_snapshot!(world.sql(
        "WITH n(name) AS (VALUES ('alice'), ('bob'), ('carol'))
         INSERT INTO aws.iam.users (UserName) SELECT name FROM n RETURNING UserName"
    ), @r#"[{"UserName":"alice"},{"UserName":"bob"},{"UserName":"carol"}]"#);
    insta::assert_snapshot!(world.sql(
        "WITH moved AS (SELECT 'bob' AS name)
         UPDATE aws.iam.users SET NewPath = '/staff/' WHERE UserName IN (SELECT name FROM moved);
         WITH a AS (SELECT '%e' AS pattern), gone AS (SELECT u.UserName FROM aws.iam.users u, a
                    WHERE u.UserName LIKE a.pattern)
         DELETE FROM aws.iam.users WHERE UserName IN (SELECT UserName FROM gone) RETURNING UserName;
         SELECT Path, UserName FROM aws.iam.users"
    ), @r#"
    [{"UserName":"alice"}]
    [{"Path":"/staff/","UserName":"bob"},{"Path":"/","UserName":"carol"}]
    ! The operation was despatched successfully
    "#);
    insta::assert_snapshot!(world.sql(
        "CREATE TABLE t (a);
         WITH n AS (SELECT UserName FROM aws.iam.users) INSERT INTO t SELECT UserName FROM n;
         WITH n AS (SELECT 'bob' AS name) DELETE FROM t WHERE a IN (SELECT name FROM n);
         SELECT a FROM t"
    ), @r#"
    [{"a":"carol"}]
    ! DDL Execution Completed
    ! insert into table completed
    ! exec completed
    "#);
}

#[test]
fn an_update_takes_its_values_from_elsewhere() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    insta::assert_snapshot!(world.sql(
        "UPDATE aws.iam.users SET NewPath = '/' || p.path || '/'
         FROM (SELECT 'alice' AS name, 'ops' AS path UNION SELECT 'bob', 'dev') p
         WHERE UserName = p.name RETURNING UserName, NewPath;
         UPDATE aws.iam.users SET NewUserName = 'x' FROM aws.iam.mfa_devices d
         WHERE d.UserName = 'bob' AND aws.iam.users.UserName = d.UserName;
         DELETE FROM aws.iam.users WHERE aws.iam.users.UserName = 'bob'"
    ), @r#"
    [{"UserName":"alice","NewPath":"/ops/"},{"UserName":"bob","NewPath":"/dev/"}]
    ! no rows, and so nothing to do
    ! The operation was despatched successfully
    "#);
}

#[test]
fn what_is_told_once_is_never_lost() {
    let world = World::new();
    let insert = "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName)";
    // What no answer could be made into is refused before anything is done.
    for expressions in ["json_extract(Tags, 'x')", "Base32StringSeed, json(Base32StringSeed)"] {
        let ran = world.sql(&format!("{insert} VALUES ('a') RETURNING {expressions}"));
        assert_eq!((ran.out.as_str(), ran.code), ("", 1), "{expressions}");
        assert!(world.called().is_empty(), "{expressions}");
    }
    // What only this answer cannot be made into shows afterwards.
    let ran = world.sql(&format!(
        "{insert} VALUES ('a'), ('b') RETURNING Base32StringSeed,
         CASE WHEN SerialNumber LIKE '%/b' THEN json(SerialNumber) END"
    ));
    let lines: Vec<&str> = ran.err.lines().collect();
    let seeds = lines.iter().take(2).map(|line| {
        let after = line.split_once("Base32StringSeed ").unwrap().1;
        Authenticator::of(after.split_once(',').unwrap().0)
    });
    assert_eq!((seeds.count(), ran.out.as_str(), ran.code), (2, "", 1));
    assert!(lines[1].starts_with(
        "made, and told here only: SerialNumber arn:aws:iam::123456789012:mfa/b, Base32StringSeed "
    ));
    assert_eq!(lines[2..], ["2 of 2 rows were done before, and stay done", "malformed JSON"]);
}

#[test]
fn of_several_at_a_time_those_that_were_done_are_told() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('b')");
    let setting = world.setting();
    let calls = Arc::new(Together { calls: setting.calls, all: Barrier::new(3) });
    let setting = Setting { concurrency: 3, calls, ..world.setting() };
    let mut talk = Talk(Session::open(setting).unwrap());
    insta::assert_snapshot!(talk.run(
        "INSERT INTO aws.iam.users (UserName) VALUES ('a'), ('b'), ('c') RETURNING UserName", &[]
    ), @"
    UserName:Text
    'a'
    'c'
    ! 2 of 3 rows were done, and stay done: 1, 3
    23505 EntityAlreadyExists: User with name b already exists.
    ");
}

/// Makes calls only when so many are to be made.
struct Together {
    calls: Arc<dyn Calls>,
    all: Barrier,
}

impl Calls for Together {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.all.wait();
        self.calls.call(call)
    }
}
