//! What columns are called: in a statement, and above its rows.

#[cfg(test)]
mod support;

use support::World;

fn world() -> World {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    world
}

#[test]
fn the_last_part_of_a_resource_stands_before_its_columns() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT users.UserName, users.Path || '' FROM aws.iam.users WHERE Users.user_name = 'bob'"
    ), @r#"{"UserName":"bob","users.Path || ''":"/"}"#);
    assert_eq!(world.called(), ["GetUser"]);
    insta::assert_snapshot!(world.lines(
        "SELECT aws.iam.users.UserName, count(mfa_devices.SerialNumber) AS n FROM aws.iam.users
         LEFT JOIN aws.iam_api.mfa_devices ON mfa_devices.UserName = users.UserName
         GROUP BY users.UserName HAVING min(users.Path) = '/' ORDER BY users.UserName DESC"
    ), @r#"
    {"UserName":"bob","n":0}
    {"UserName":"alice","n":0}
    "#);
    insta::assert_snapshot!(world.lines(
        "UPDATE aws.iam.users SET NewPath = '/x/' || users.UserName || '/'
         WHERE users.UserName = 'alice' RETURNING users.UserName, aws.iam.users.NewPath;
         SELECT d.UserName FROM aws.iam.users d WHERE EXISTS
             (SELECT 1 FROM aws.iam.users WHERE users.UserName = d.UserName AND users.Path <> '/');
         DELETE FROM aws.iam.users WHERE users.UserName IN ('alice', 'bob') RETURNING users.UserName;
         INSERT INTO aws.iam.users (UserName) VALUES ('carol') RETURNING users.UserName"
    ), @r#"
    {"UserName":"alice","NewPath":"/x/alice/"}
    {"UserName":"alice"}
    {"UserName":"alice"}
    {"UserName":"bob"}
    {"UserName":"carol"}
    "#);
    // A resource that has nothing to be selected from is named before its columns, too.
    insta::assert_snapshot!(world.lines(
        "UPDATE aws.iam.tags SET Tags = '[{\"Key\":\"a\",\"Value\":\"b\"}]'
         WHERE aws.iam.tags.UserName = 'carol' RETURNING tags.UserName"
    ), @r#"{"UserName":"carol"}"#);
}

#[test]
fn a_name_that_is_given_to_something_else_is_that() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "WITH users AS (SELECT 'x' AS UserName) SELECT users.UserName FROM users, aws.iam.account_summary;
         CREATE VIEW users AS SELECT users.UserName FROM aws.iam.users;
         SELECT users.UserName FROM users WHERE users.UserName > 'b'"
    ), @r#"
    {"UserName":"x"}
    {"UserName":"bob"}
    ! DDL Execution Completed
    "#);
    insta::assert_snapshot!(world.lines("SELECT users.UserName FROM aws.iam.users u"), @"
    ! could not locate symbol `users.UserName`: `aws.iam.users` has `Arn`, `CreateDate`, `PasswordLastUsed`, `Path`, `PermissionsBoundary`, `Tags`, `UserId`, `UserName`
    exit 1
    ");
}

#[test]
fn headings_are_what_was_written() {
    let world = world();
    let (serial, _) = world.device("phone");
    insta::assert_snapshot!(world.lines(
        "SELECT user, tags, d.\"SerialNumber\", lower( serial_number ), (region), 1 <=> 1, 'it\\'s'
         FROM aws.iam.virtual_mfa_devices d"
    ), @r#"{"user":null,"tags":null,"SerialNumber":"arn:aws:iam::123456789012:mfa/phone","lower( serial_number )":"arn:aws:iam::123456789012:mfa/phone","region":"us-east-1","1 <=> 1":1,"'it\\'s'":"it's"}"#);
    insta::assert_snapshot!(world.lines(
        "USE aws; SELECT iam.users.UserName || '', (SELECT count(*) FROM iam.users) FROM iam.users LIMIT 1"
    ), @r#"{"iam.users.UserName || ''":"alice","(SELECT count(*) FROM iam.users)":2}"#);
    insta::assert_snapshot!(world.lines(&format!(
        "DELETE FROM aws.iam.virtual_mfa_devices WHERE serial_number = '{serial}'
         RETURNING serial_number, length(SerialNumber) > 3"
    )), @r#"{"serial_number":"arn:aws:iam::123456789012:mfa/phone","length(SerialNumber) > 3":1}"#);
    // Over what stands between, too.
    insta::assert_snapshot!(world.lines(
        "WITH c AS (SELECT user_name, upper(user_name) FROM aws.iam.users) SELECT * FROM c LIMIT 1;
         SELECT * FROM (SELECT path, max(user_name) FROM aws.iam.users);
         CREATE VIEW v AS SELECT user_name, aws.iam.users.Path || user_name FROM aws.iam.users;
         CREATE MATERIALIZED VIEW m AS SELECT user_name, upper(path) FROM aws.iam.users;
         SELECT * FROM v LIMIT 1; SELECT * FROM m LIMIT 1; DESCRIBE v;
         SELECT user_name FROM aws.iam.users UNION SELECT 'x' ORDER BY user_name DESC LIMIT 1"
    ), @r#"
    {"user_name":"alice","upper(user_name)":"ALICE"}
    {"path":"/","max(user_name)":"bob"}
    {"user_name":"alice","aws.iam.users.Path || user_name":"/alice"}
    {"user_name":"alice","upper(path)":"/"}
    {"name":"user_name","type":"string"}
    {"name":"aws.iam.users.Path || user_name","type":"string"}
    {"user_name":"x"}
    ! DDL Execution Completed
    ! DDL Execution Completed
    "#);
    insta::assert_snapshot!(world.lines(
        "CREATE MATERIALIZED VIEW w AS SELECT UserName, user_name, USERNAME FROM aws.iam.users"
    ), @"
    ! two columns are called `USERNAME`: name one of them by `AS`
    exit 1
    ");
}
