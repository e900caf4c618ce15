//! The language: what StackQL's users write, what StackQL cannot plan, and what SQLite does.

#[cfg(test)]
mod support;

use support::World;

/// Users `alice`, `bob` and `carol`, and devices `d0` to `d4`.
fn world() -> World {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName, Path) VALUES ('alice', '/a/'), ('bob', '/b/'), ('carol', '/a/')");
    world.devices(5);
    world
}

#[test]
fn with_is_recursive_and_chained() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
         SELECT count(*) AS five FROM n"
    ), @r#"{"five":5}"#);
    insta::assert_snapshot!(world.lines(
        "WITH u AS (SELECT UserName, Path FROM aws.iam.users),
              p AS (SELECT Path, count(*) AS n FROM u GROUP BY Path),
              most AS (SELECT max(n) AS n FROM p)
         SELECT p.Path, p.n * 2 + most.n AS x, CASE WHEN p.n = most.n AND p.Path LIKE '/a%' THEN 'most'
             WHEN p.n = 1 THEN 'one' ELSE 'some' END AS what
         FROM p, most ORDER BY 1"
    ), @r#"
    {"Path":"/a/","x":6,"what":"most"}
    {"Path":"/b/","x":4,"what":"one"}
    "#);
    insta::assert_snapshot!(world.lines(
        "WITH c AS (SELECT UserName FROM aws.iam.users)
         SELECT d.n FROM (SELECT count(*) AS n FROM c) d"
    ), @r#"{"n":3}"#);
}

#[test]
fn windows_see_the_rows_around() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT UserName, row_number() OVER w AS r, rank() OVER (ORDER BY Path) AS k,
             dense_rank() OVER (ORDER BY Path) AS d, ntile(2) OVER w AS t, lag(UserName) OVER w AS l,
             lead(UserName, 1, '-') OVER w AS e, first_value(UserName) OVER (PARTITION BY Path ORDER BY UserName) AS f,
             count(*) OVER (ORDER BY UserName ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c,
             percent_rank() OVER w AS p, cume_dist() OVER w AS u
         FROM aws.iam.users WINDOW w AS (ORDER BY UserName) ORDER BY UserName"
    ), @r#"
    {"UserName":"alice","r":1,"k":1,"d":1,"t":1,"l":null,"e":"bob","f":"alice","c":1,"p":0.0,"u":0.3333333333333333}
    {"UserName":"bob","r":2,"k":3,"d":2,"t":1,"l":"alice","e":"carol","f":"bob","c":2,"p":0.5,"u":0.6666666666666666}
    {"UserName":"carol","r":3,"k":1,"d":1,"t":2,"l":"bob","e":"-","f":"alice","c":2,"p":1.0,"u":1.0}
    "#);
}

#[test]
fn sets_are_joined_and_compared() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT Path FROM aws.iam.users UNION DISTINCT SELECT '/b/' EXCEPT SELECT '/c/' ORDER BY 1"
    ), @r#"
    {"Path":"/a/"}
    {"Path":"/b/"}
    "#);
    insta::assert_snapshot!(world.lines(
        "SELECT UserName FROM aws.iam.users INTERSECT VALUES ('bob'), ('dave')"
    ), @r#"{"UserName":"bob"}"#);
    insta::assert_snapshot!(world.lines(
        "SELECT a.UserName, b.UserName AS other FROM aws.iam.users a NATURAL JOIN
             (SELECT 'bob' AS UserName) b"
    ), @r#"{"UserName":"bob","other":"bob"}"#);
    insta::assert_snapshot!(world.lines(
        "SELECT Path, group_concat(UserName, '+') AS who FROM aws.iam.users GROUP BY Path HAVING count(*) > 1"
    ), @r#"{"Path":"/a/","who":"alice+carol"}"#);
}

#[test]
fn regions_are_given_and_shown() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT UserName, region FROM aws.iam.users
         WHERE region IN ('us-east-1') AND UserName NOT IN ('bob') AND Path IN ('/a/', '/b/') ORDER BY 1"
    ), @r#"
    {"UserName":"alice","region":"us-east-1"}
    {"UserName":"carol","region":"us-east-1"}
    "#);
    insta::assert_snapshot!(world.lines(
        "SELECT UserName, region FROM aws.iam.users WHERE UserName = 'bob'
         AND region IN ('us-east-1', 'ap-southeast-2')"
    ), @r#"
    {"UserName":"bob","region":"ap-southeast-2"}
    {"UserName":"bob","region":"us-east-1"}
    "#);
    insta::assert_snapshot!(world.lines(
        "SELECT count(*) AS n FROM aws.iam.users WHERE region = lower('US-EAST-1') AND UserName = lower('BOB')"
    ), @r#"{"n":1}"#);
}

#[test]
fn what_expressions_are_is_kept() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT typeof(MaxSessionDuration) AS t FROM (SELECT 3600 AS MaxSessionDuration);
         SELECT json_extract(json_object('a', 'b'), '$.a') AS x, datetime('2026-01-31T23:59:59Z') AS d,
             coalesce((SELECT NULL), 'c') AS c, CAST('7' AS INTEGER) + 1 AS i, 1.0 AS r, X'0102' AS b;
         SELECT json_extract(Tags, '$[0].Key') AS k FROM
             (SELECT '[{\"Key\":\"team\"}]' AS Tags);
         SELECT value FROM json_each('[1,\"two\",null]')"
    ), @r#"
    {"t":"integer"}
    {"x":"b","d":"2026-01-31 23:59:59","c":"c","i":8,"r":1.0,"b":"AQI="}
    {"k":"team"}
    {"value":1}
    {"value":"two"}
    {"value":null}
    "#);
}

#[test]
fn comments_hints_and_escapes_are_stackqls() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "-- a comment ; with '
         SELECT /*+ AWAIT */ 'it''s' AS a, 'a\\'b\\n' AS b // another
         # and ; another
         , 1 <=> NULL AS c FOR UPDATE;
         SELECT UserName FROM aws.iam.users ORDER BY 1 LIMIT 1, 2 LOCK IN SHARE MODE;
         select \"UserName\" from AWS.IAM.\"users\" where USERNAME = 'bob'"
    ), @r#"
    {"a":"it's","b":"a'b\n","c":0}
    {"UserName":"bob"}
    {"UserName":"carol"}
    {"UserName":"bob"}
    "#);
}

#[test]
fn a_provider_in_use_can_be_left_out() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "USE aws; SELECT UserName FROM iam.users u WHERE u.UserName = 'bob';
         EXEC iam_api.mfa_devices.mfa_devices_List @UserName='bob';
         INSERT INTO iam.users (UserName) VALUES ('dave'); DELETE FROM iam.users WHERE UserName = 'dave';
         SHOW METHODS IN iam.account_aliases; SHOW RESOURCES IN iam LIKE 'tags'; DESCRIBE iam.tags;
         CREATE VIEW v AS SELECT UserName FROM iam.users"
    ), @r#"
    {"UserName":"bob"}
    (no rows)
    {"MethodName":"account_aliases_List","RequiredParams":"region","SQLVerb":"SELECT"}
    {"MethodName":"account_aliases_Create","RequiredParams":"AccountAlias, region","SQLVerb":"INSERT"}
    {"MethodName":"account_aliases_Delete","RequiredParams":"AccountAlias, region","SQLVerb":"DELETE"}
    {"name":"tags","id":"aws.iam.tags"}
    (no rows)
    ! The operation was despatched successfully
    ! The operation was despatched successfully
    ! DDL Execution Completed
    "#);
    // A view means the same without it.
    insta::assert_snapshot!(world.lines("SELECT count(*) AS n FROM v; SELECT * FROM iam.users"), @r#"
    {"n":3}
    ! there is no table `iam.users`: resources have names in three parts, as in `provider.service.resource`
    exit 1
    "#);
    insta::assert_snapshot!(
        world.lines("SELECT u.UserName FROM aws.iam.users u JOIN google.iam.users g USING (UserName)"), @"
    ! there is no provider `google`: there is `aws`
    exit 1
    ");
    insta::assert_snapshot!(
        world.lines("SELECT 1 FROM aws.iam.users u, google.compute.instances g"), @"
    ! there is no provider `google`: there is `aws`
    exit 1
    ");
    insta::assert_snapshot!(
        world.lines("SELECT 1 WHERE 1 IN (SELECT 1 FROM azure.compute.\"virtual machines\")"), @"
    ! there is no provider `azure`: there is `aws`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SELECT 1 FROM aws.iam.users.users_List"), @"
    ! `aws.iam.users.users_List` is no resource: they have names in three parts, as in `provider.service.resource`, or in two after `USE provider`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("USE google"), @"
    ! there is no provider `google`: there is `aws`
    exit 1
    ");
}

#[test]
fn hints_are_heard() {
    let world = world();
    let serial = "arn:aws:iam::123456789012:mfa/d0";
    insta::assert_snapshot!(world.lines(&format!(
        "DELETE /*+ AWAIT */ FROM aws.iam.virtual_mfa_devices WHERE SerialNumber = '{serial}' RETURNING *"
    )), @"
    ! returning from asynchronous delete is disallowed
    exit 1
    ");
    insta::assert_snapshot!(world.lines(&format!(
        "DELETE /*+ AWAIT */ FROM aws.iam.virtual_mfa_devices WHERE SerialNumber = '{serial}' AND region = 'us-east-1'"
    )), @"! The operation completed successfully");
    insta::assert_snapshot!(world.lines(
        "INSERT /*+ AWAIT */ INTO aws.iam.users (UserName) SELECT 'dave'"
    ), @"! The operation completed successfully");
    insta::assert_snapshot!(world.lines(
        "EXEC /*+ SHOWRESULTS */ aws.iam.mfa_devices.mfa_devices_List @UserName = 'dave'"
    ), @"(no rows)");
}

#[test]
fn mutations_fan_out_and_take_queries() {
    let world = world();
    world.called();
    insta::assert_snapshot!(world.lines(
        "UPDATE aws.iam.users SET NewPath = '/' || lower('X') || '/' WHERE UserName IN ('alice', 'bob')"
    ), @"! The operation was despatched successfully");
    assert_eq!(world.called(), ["UpdateUser", "UpdateUser"]);
    insta::assert_snapshot!(world.lines(
        "UPDATE aws.iam.users SET NewPath = '/y/' WHERE UserName IN
             (SELECT UserName FROM aws.iam.users WHERE Path = '/x/') RETURNING UserName, NewPath"
    ), @r#"
    {"UserName":"alice","NewPath":"/y/"}
    {"UserName":"bob","NewPath":"/y/"}
    "#);
    insta::assert_snapshot!(world.lines(
        "INSERT INTO aws.iam.users (UserName, data__Path, region)
         SELECT 'x' || UserName, '/z/', 'us-east-1' FROM aws.iam.users WHERE 1 = 1 AND UserName < 'b'
         RETURNING UserName, Path"
    ), @r#"{"UserName":"xalice","Path":"/z/"}"#);
    insta::assert_snapshot!(world.lines(
        "INSERT INTO aws.iam.users (UserName) SELECT 'x' WHERE 0 = 1 RETURNING *"
    ), @"
    (no rows)
    ! no rows, and so nothing to do
    ");
    insta::assert_snapshot!(world.lines(
        "DELETE FROM aws.iam.users WHERE data__UserName = 'xalice' AND region = 'us-east-1' RETURNING UserName"
    ), @r#"{"UserName":"xalice"}"#);
    insta::assert_snapshot!(world.lines(
        "REPLACE aws.iam.users SET UserName = 'x' WHERE UserName = 'alice'"
    ), @"
    ! `aws.iam.users` has nothing for REPLACE: it has `users_Create` by INSERT, `create_user` by INSERT, `deactivate_mfa_device` by EXEC, `users_Delete` by DELETE, `delete_user` by DELETE, `enable_mfa_device` by EXEC, `users_Get` by SELECT, `get_user` by SELECT, `users_List` by SELECT, `list_users` by SELECT, `resync_mfa_device` by EXEC, `users_Tag` by EXEC, `tag_user` by EXEC, `users_Untag` by EXEC, `untag_user` by EXEC, `users_Update` by UPDATE, `update_user` by UPDATE
    exit 1
    ");
    insta::assert_snapshot!(world.lines("INSERT IGNORE INTO aws.iam.users (UserName) VALUES ('x')"), @"
    ! `INSERT` makes what is not there, or says what is in the way
    exit 1
    ");
}

#[test]
fn what_has_no_meaning_here_is_refused_clearly() {
    let world = world();
    insta::assert_snapshot!(world.lines("AUTH LOGIN aws"), @"
    ! `AUTH` is not run: a session keeps the credentials that it began with
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SET SESSION \"$.auth.aws.x\" = 'y'"), @"
    ! `SET` is not run: a session keeps the credentials that it began with
    exit 1
    ");
    insta::assert_snapshot!(world.lines("REGISTRY PULL google"), @"
    ! there is nothing to pull: the provider `aws` is built in
    exit 1
    ");
    insta::assert_snapshot!(world.lines("NATIVEQUERY 'ATTACH x'"), @"
    ! `NATIVEQUERY` is not run: nothing is handed to the engine unread: write the query itself
    exit 1
    ");
    insta::assert_snapshot!(world.lines("PURGE"), @"! nothing is kept from one statement to the next: all is asked anew");
    insta::assert_snapshot!(world.lines("SLEEP 1"), @"");
    insta::assert_snapshot!(world.lines("SLEEP soon"), @"
    ! expected a number of milliseconds where `soon` stands
    exit 1
    ");
}

#[test]
fn a_boolean_is_its_word_and_its_number() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices WHERE 1 = TRUE AND FALSE = 0"
    ), @r#"{"n":5}"#);
    // As text, too, where it is compared with one.
    insta::assert_snapshot!(world.lines(
        "SELECT count(*) AS n FROM aws.iam.users WHERE true = 'true' AND 'False' = FALSE
         AND TRUE IS NOT 'false' AND 'true' <> 1 AND NOT (true <> 'TRUE')"
    ), @r#"{"n":3}"#);
    insta::assert_snapshot!(world.lines(
        "CREATE TABLE t (id, ok BOOLEAN); INSERT INTO t VALUES (1, true), (2, false);
         CREATE VIEW w AS SELECT ok AS fine, id FROM t;
         SELECT id FROM t WHERE ok = 'true' OR (id = 2 AND 'FALSE' <> ok);
         SELECT id FROM w x WHERE x.fine = 'false'; DELETE FROM t WHERE ok = 'false'; SELECT * FROM t"
    ), @r#"
    {"id":1}
    {"id":2}
    {"id":1,"ok":true}
    ! DDL Execution Completed
    ! insert into table completed
    ! DDL Execution Completed
    ! exec completed
    "#);
    let listed = |predicate: &str| {
        let told = world.lines(&format!(
            "SELECT count(*) AS n, max(AllUsers) = 1 AS yes FROM aws.iam.service_specific_credentials
             WHERE {predicate}"
        ));
        (told, world.called())
    };
    let literal = listed("AllUsers = true");
    assert_eq!(literal.1, ["ListServiceSpecificCredentials"]);
    assert_eq!(literal, listed("all_users = 'true'"));
    assert_eq!(literal, listed("'True' = AllUsers"));
}

#[test]
fn a_method_runs_for_each_of_several_values() {
    let world = world();
    insta::assert_snapshot!(world.lines(
        "EXEC aws.iam.users.users_Tag @UserName IN ('alice', lower('BOB')), @region = 'us-east-1',
         @Tags = '[{\"Key\":\"team\",\"Value\":\"ops\"}]'"
    ), @"! The operation was despatched successfully");
    assert_eq!(world.called(), ["TagUser", "TagUser"]);
    insta::assert_snapshot!(world.lines(
        "EXEC aws.iam.user_tags.user_tags_List @UserName IN (SELECT UserName FROM aws.iam.users WHERE UserName < 'c')"
    ), @r#"
    {"Key":"team","Value":"ops"}
    {"Key":"team","Value":"ops"}
    "#);
    insta::assert_snapshot!(world.lines(
        "EXEC aws.iam.users.users_Untag @UserName IN ('alice', 'nobody', 'bob'), @TagKeys = '[\"team\"]'"
    ), @"
    ! 1 of 3 rows were done before, and stay done
    ! NoSuchEntity: The user with name nobody cannot be found.
    exit 1
    ");
    insta::assert_snapshot!(world.lines("EXEC aws.iam.users.users_Untag @UserName IN 'alice'"), @"
    ! `@UserName IN` takes values in parentheses
    exit 1
    ");
    // Of no values there is nothing to do.
    insta::assert_snapshot!(world.lines(
        "EXEC aws.iam.users.users_Untag @UserName IN (SELECT 'x' WHERE 0), @TagKeys = '[\"team\"]'"
    ), @"! no rows, and so nothing to do");
}

#[test]
fn what_a_method_answers_is_a_table() {
    let world = world();
    world.called();
    insta::assert_snapshot!(world.lines(
        "SELECT t.UserName, d.n FROM (EXEC aws.iam.users.users_List @PathPrefix = '/a/') AS t
         JOIN (SELECT count(*) AS n FROM (EXEC aws.iam.virtual_mfa_devices.virtual_mfa_devices_List
             @AssignmentStatus IN ('Assigned', 'Unassigned'))) d ORDER BY 1"
    ), @r#"
    {"UserName":"alice","n":5}
    {"UserName":"carol","n":5}
    "#);
    assert_eq!(world.called(), ["ListUsers", "ListVirtualMFADevices", "ListVirtualMFADevices"]);
    insta::assert_snapshot!(world.lines(
        "SELECT * FROM (EXEC aws.iam.users.users_Delete @UserName = 'alice') x"
    ), @"
    ! `users_Delete` changes something or answers nothing: run it by itself
    exit 1
    ");
    insta::assert_snapshot!(world.lines(
        "SELECT * FROM (EXEC aws.iam.session_tokens.get_session_token) x"
    ), @"
    ! `get_session_token` changes something or answers nothing: run it by itself
    exit 1
    ");
    world.sql("EXEC aws.iam.credential_reports.generate_credential_report");
    insta::assert_snapshot!(world.lines(
        "CREATE MATERIALIZED VIEW m AS SELECT Content FROM
             (EXEC aws.iam.credential_reports.credential_reports_Get) x"
    ), @"
    ! `Content` is secret and is not kept in a table: name the other columns
    exit 1
    ");
    world.called();
    insta::assert_snapshot!(world.lines(
        "EXPLAIN SELECT UserName FROM (EXEC aws.iam.users.users_List) x"
    ), @"
    ! Execution plan generated successfully
    ! OK
    ");
    assert!(world.called().is_empty());
    insta::assert_snapshot!(world.lines(
        "CREATE VIEW v AS SELECT UserName FROM (EXEC aws.iam.users.users_List @PathPrefix = '/b/');
         SELECT * FROM v a JOIN (EXEC aws.iam.users.users_List) b USING (UserName)"
    ), @r#"
    {"UserName":"bob","Path":"/b/","UserId":"AIDAVJEONBJDYFP73HB23","Arn":"arn:aws:iam::123456789012:user/b/bob","CreateDate":"2023-11-14T22:13:30Z","PasswordLastUsed":null,"PermissionsBoundary":null,"Tags":null}
    ! DDL Execution Completed
    "#);
}

#[test]
fn nothing_is_too_deep_to_be_refused() {
    let world = World::new();
    for deep in [
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}1{}", "(SELECT ".repeat(5_000), ")".repeat(5_000)),
        format!(
            "SELECT * FROM {}aws.iam.users{}",
            "(SELECT * FROM ".repeat(5_000),
            ")".repeat(5_000)
        ),
        format!("SELECT {}1 END", "CASE WHEN ".repeat(5_000)),
        format!("SELECT 1 WHERE {}1", "NOT ".repeat(50_000)),
    ] {
        let ran = world.sql(&deep);
        assert_eq!((ran.out.as_str(), ran.code), ("", 1), "{:?}", deep.get(..20));
        assert!(ran.err.len() < 200, "{}", ran.err);
    }
}
