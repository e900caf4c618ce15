//! What `SELECT` asks for, and what it makes of the answers.

#[cfg(test)]
mod support;

use support::World;

#[test]
fn lists_are_paged_to_their_end_and_no_further_than_asked() {
    let world = World::new();
    world.devices(1_101);
    let count = "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices";
    insta::assert_snapshot!(world.sql(count), @r#"[{"n":1101}]"#);
    assert_eq!(world.called(), ["ListVirtualMFADevices"; 2]);

    let few = world.sql("SELECT SerialNumber FROM aws.iam.virtual_mfa_devices LIMIT 100 OFFSET 50");
    assert_eq!(few.out.matches("SerialNumber").count(), 100);
    assert_eq!(world.called(), ["ListVirtualMFADevices"]);
    world.sql("SELECT SerialNumber FROM aws.iam.virtual_mfa_devices LIMIT 3");
    assert_eq!(world.called(), ["ListVirtualMFADevices"]);

    // Pages of the size that is asked for.
    insta::assert_snapshot!(world.sql(&format!("{count} WHERE max_items = 1000")), @r#"[{"n":1101}]"#);
    assert_eq!(world.called(), ["ListVirtualMFADevices"; 2]);
}

#[test]
fn columns_are_the_wires_and_other_spellings_are_understood() {
    let world = World::new();
    world.device("phone");
    insta::assert_snapshot!(world.sql("SELECT * FROM aws.iam.virtual_mfa_devices"), @r#"[{"Base32StringSeed":null,"EnableDate":null,"QRCodePNG":null,"SerialNumber":"arn:aws:iam::123456789012:mfa/phone","Tags":null,"User":null}]"#);
    insta::assert_snapshot!(world.sql(
        "SELECT serial_number, base_32_string_seed, qr_code_png, user, enable_date, tags, region
         FROM aws.iam_api.\"virtual_mfa_devices\"
         WHERE region = 'us-east-1' AND assignment_status = 'Any' AND max_items = 100"
    ), @r#"[{"serial_number":"arn:aws:iam::123456789012:mfa/phone","base_32_string_seed":null,"qr_code_png":null,"user":null,"enable_date":null,"tags":null,"region":"us-east-1"}]"#);
    insta::assert_snapshot!(world.sql(
        "SELECT d.SerialNumber IS NOT NULL AS known, d.region FROM aws.iam.virtual_mfa_devices d
         WHERE d.region IN ('us-east-1', 'eu-west-1') ORDER BY d.region DESC"
    ), @r#"[{"known":1,"region":"us-east-1"},{"known":1,"region":"eu-west-1"}]"#);
}

#[test]
fn a_list_of_values_asks_for_each() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob'), ('carol')");
    insta::assert_snapshot!(world.sql(
        "SELECT UserName FROM aws.iam.users WHERE UserName IN ('bob', 'alice')"
    ), @r#"[{"UserName":"alice"},{"UserName":"bob"}]"#);
    assert_eq!(world.called(), ["GetUser", "GetUser"]);
    insta::assert_snapshot!(world.sql(
        "SELECT UserName FROM aws.iam.users WHERE UserName > 'alice' ORDER BY 1"
    ), @r#"[{"UserName":"bob"},{"UserName":"carol"}]"#);
    assert_eq!(world.called(), ["ListUsers"]);
    // Rows that two conditions find are one row.
    insta::assert_snapshot!(world.sql(
        "SELECT UserName FROM aws.iam.users
         WHERE UserName = 'bob' OR PathPrefix = '/' ORDER BY 1"
    ), @r#"[{"UserName":"bob"}]"#);
    // NULL equals nothing: nobody need be asked.
    insta::assert_snapshot!(world.sql("SELECT UserName FROM aws.iam.users WHERE UserName = NULL"), @"[]");
    assert!(world.called().is_empty());
}

#[test]
fn lists_are_joined_by_whatever_they_hold() {
    let world = World::new();
    let users = "INSERT INTO aws.iam.users (UserName, Path) VALUES
                 ('alice', '/ops/'), ('bob', '/'), ('carol', '/ops/'), ('dave', '/'), ('7', '/7/')";
    world.sql(users);
    world.devices(5);
    let (users, devices) = ("aws.iam.users", "aws.iam.virtual_mfa_devices");
    // To the engine, what is joined with an empty text is no column that it could look up.
    for (from, on) in [
        (format!("{devices} a JOIN {devices} b"), "a.SerialNumber = b.SerialNumber"),
        (format!("{users} a LEFT JOIN {users} b"), "a.Path = b.Path"),
        (format!("{users} a JOIN {users} b"), "a.Path = upper(b.Path)"),
        (format!("{users} a JOIN {users} b"), "a.Path = b.Path COLLATE NOCASE"),
        (format!("{users} a JOIN (SELECT 7 AS n UNION ALL SELECT 8) b"), "a.UserId <> b.n"),
        (
            format!("(SELECT 7 AS n UNION ALL SELECT NULL) b JOIN {users} a"),
            "a.PasswordLastUsed = b.n",
        ),
        (format!("{users} a JOIN {users} b"), "a.Path = b.Path AND b.Path IN ('/', '/7/')"),
    ] {
        let written = |on: &str| format!("SELECT a.*, b.* FROM {from} ON {on} ORDER BY 1, 2, 3, 4");
        let looked_up = world.sql(&written(on)).out;
        let calls = world.called();
        let compared = world
            .sql(&written(&on.replace(".Path", ".Path || ''").replace("Number", "Number || ''")))
            .out;
        assert_eq!(looked_up, compared, "{on}");
        let lists: std::collections::HashSet<_> = calls.iter().collect();
        assert_eq!(calls.len(), lists.len(), "{on}: {calls:?}");
        world.called();
    }
}

#[test]
fn a_join_asks_for_each_and_never_for_the_callers_own() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    let (serial, phone) = world.device("phone");
    let (first, second) = (phone.code(world.now() - 30), phone.code(world.now()));
    world.sql(&format!(
        "EXEC aws.iam.mfa_devices.mfa_devices_Enable @SerialNumber='{serial}', @UserName='alice',
         @AuthenticationCode1='{first}' @AuthenticationCode2='{second}'"
    ));
    insta::assert_snapshot!(world.sql(
        "SELECT u.UserName, d.SerialNumber FROM aws.iam.users u
         LEFT JOIN aws.iam_api.mfa_devices d ON d.UserName = u.UserName ORDER BY 1;
         SELECT u.UserName FROM aws.iam_api.mfa_devices d, aws.iam.users u
         WHERE d.UserName = u.UserName;
         SELECT UserName, (SELECT count(*) FROM aws.iam_api.mfa_devices d
         WHERE d.UserName = u.UserName) AS n FROM aws.iam.users u ORDER BY n"
    ), @r#"
    [{"UserName":"alice","SerialNumber":"arn:aws:iam::123456789012:mfa/phone"},{"UserName":"bob","SerialNumber":null}]
    [{"UserName":"alice"}]
    [{"UserName":"bob","n":0},{"UserName":"alice","n":1}]
    "#);
    insta::assert_snapshot!(world.sql(
        "SELECT u.UserName, d.SerialNumber FROM aws.iam_api.mfa_devices d
         RIGHT JOIN aws.iam.users u ON d.UserName = u.UserName"
    ), @r#"
    ! `UserName` must be known before its table is asked: give it by `=`, or turn the join round, to `LEFT JOIN` from `RIGHT JOIN`
    exit 1
    "#);
    // Elsewhere in the statement it is no matter.
    insta::assert_snapshot!(world.sql(
        "SELECT u.UserName, d.EnableDate IS NULL AS free FROM aws.iam.virtual_mfa_devices v
         RIGHT JOIN aws.iam.users u ON v.User ->> 'UserName' = u.UserName
         LEFT JOIN aws.iam.mfa_devices d ON d.UserName = u.UserName ORDER BY 1"
    ), @r#"
    [{"UserName":"alice","free":0},{"UserName":"bob","free":1}]
    "#);
    world.called();
    insta::assert_snapshot!(world.sql(
        "SELECT 1 FROM aws.iam.mfa_devices a JOIN aws.iam.mfa_devices b ON a.UserName = b.UserName"
    ), @r#"
    ! `UserName` must be known before its table is asked: give it by `=`, or turn the join round, to `LEFT JOIN` from `RIGHT JOIN`
    exit 1
    "#);
    assert!(world.called().is_empty());
}

/// A list leaves out the tags that the answer about one user has.
#[test]
fn a_row_is_the_same_however_it_was_asked_for() {
    let world = World::new();
    world.sql(
        r#"INSERT INTO aws.iam.users (UserName, Tags) VALUES
           ('alice', '[{"Key":"team","Value":"ops"}]'), ('bob', JSON('[{"Key":"a","Value":"b"}]'))"#,
    );
    insta::assert_snapshot!(world.sql(
        "SELECT n, u.UserName FROM (SELECT 'alice' AS n UNION ALL SELECT 'zoe') a
         RIGHT JOIN aws.iam.users u ON u.UserName = n ORDER BY 2;
         SELECT n, u.UserName FROM (SELECT 'alice' AS n UNION ALL SELECT 'zoe') a
         FULL JOIN aws.iam.users u ON u.UserName = n ORDER BY 1, 2"
    ), @r#"
    [{"n":"alice","UserName":"alice"},{"n":null,"UserName":"bob"}]
    [{"n":null,"UserName":"bob"},{"n":"alice","UserName":"alice"},{"n":"zoe","UserName":null}]
    "#);
}

#[test]
fn what_a_left_join_asks_with_filters_too_where_it_is_said_of_the_rows() {
    let world = World::new();
    let (phone, _) = world.device("phone");
    world.device("tablet");
    world.sql(&format!(
        r#"EXEC aws.iam.mfa_devices.mfa_devices_Tag @SerialNumber = '{phone}',
           @Tags = '[{{"Key":"team","Value":"ops"}}]'"#
    ));
    let query = "SELECT v.SerialNumber, t.Value FROM aws.iam.virtual_mfa_devices v
                 LEFT JOIN aws.iam.mfa_device_tags t ON t.SerialNumber = v.SerialNumber";
    insta::assert_snapshot!(world.sql(&format!(
        "{query} WHERE t.SerialNumber = '{phone}'; {query} WHERE t.region = 'x' ORDER BY 1"
    )), @r#"
    [{"SerialNumber":"arn:aws:iam::123456789012:mfa/phone","Value":"ops"}]
    [{"SerialNumber":"arn:aws:iam::123456789012:mfa/phone","Value":"ops"},{"SerialNumber":"arn:aws:iam::123456789012:mfa/tablet","Value":null}]
    "#);
}

/// `USING` compares what `WHERE` gives a value, and the engine would compare the value alone.
#[test]
fn a_left_join_by_name_is_told_what_it_joins_by() {
    let world = World::new();
    world.sql(
        "INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob');
         INSERT INTO aws.iam.access_keys (UserName) VALUES ('alice') RETURNING Status;",
    );
    let joined = "aws.iam.users u LEFT JOIN aws.iam.access_keys k USING (UserName)";
    insta::assert_snapshot!(world.sql(&format!(
        "SELECT u.UserName, k.Status FROM {joined} WHERE k.UserName = 'alice';
         SELECT * FROM (SELECT k.UserName AS who, k.Status FROM {joined}) WHERE 'alice' = who;
         SELECT count(*) AS n FROM {joined} WHERE k.UserName IS NULL"
    )), @r#"
    [{"UserName":"alice","Status":"Active"}]
    [{"who":"alice","Status":"Active"}]
    [{"n":1}]
    "#);
}

#[test]
fn expressions_are_sqlites() {
    let world = World::new();
    insta::assert_snapshot!(world.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
         SELECT sum(i) AS total, row_number() OVER () AS r, 0.5 AS half, NULL AS none FROM n;
         VALUES (1, 'a'), (2, 'it\\'s');
         SELECT NULL <=> NULL AS same, 'a -- b' AS text -- ; SELECT 3
         ; /*+ AWAIT */ SELECT 1 AS a, 2 AS a WHERE 0"
    ), @r#"
    [{"total":15,"r":1,"half":0.5,"none":null}]
    [{"column1":1,"column2":"a"},{"column1":2,"column2":"it's"}]
    [{"same":1,"text":"a -- b"}]
    []
    "#);
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let world = World::new();
    for query in [
        "SELECT x FROM aws.iam.virtual_mfa_devices",
        "SELECT \"x\"",
        "SELECT * FROM devices",
        "SELECT SerialNumber FROM aws.iam.mfa_device_tags",
        "SELECT Value FROM aws.iam.mfa_device_tags WHERE SerialNumber LIKE 'arn%'",
        "EXEC aws.iam.mfa_devices.mfa_devices_Enble @UserName='x'",
        "INSERT INTO aws.iam.virtual_mfa_devices (Name) VALUES ('x')",
        "SELECT ?",
        "SELECT FROM",
        "SHOW METHODS IN aws.iam.devices",
        "SELECT 'open",
    ] {
        let ran = world.sql(query);
        assert_eq!((ran.out.as_str(), ran.code), ("", 1), "{query}");
        assert!(world.called().is_empty(), "{query}");
    }
    let refusal = |query: &str| world.sql(query).err;
    insta::assert_snapshot!(refusal("SELECT x FROM aws.iam.mfa_device_tags"), @"could not locate symbol `x`: `aws.iam.mfa_device_tags` has `Key`, `Value`");
    insta::assert_snapshot!(refusal("SELECT * FROM aws.iam.mfa_device_tags"), @"query cannot be executed, missing required parameters: { SerialNumber }");
    insta::assert_snapshot!(refusal("SELECT * FROM devices"), @"there is no table `devices`: resources have names in three parts, as in `provider.service.resource`");
    insta::assert_snapshot!(refusal("EXEC aws.iam.mfa_device_tags.x"), @"`aws.iam.mfa_device_tags` has no method `x`: it has `mfa_device_tags_List`, `list_mfa_device_tags`");
    insta::assert_snapshot!(refusal("SELECT ?"), @"the parameters need 1 values, and 0 came");
    insta::assert_snapshot!(refusal("SELECT 1 2"), @"near a value: syntax error");
}

#[test]
fn what_is_not_there_is_no_row() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    insta::assert_snapshot!(world.sql(
        "SELECT UserName FROM aws.iam.users WHERE UserName IN ('alice', 'nobody')"
    ), @r#"[{"UserName":"alice"}]"#);
    // So that what is missing can be made.
    insta::assert_snapshot!(world.sql(
        "INSERT INTO aws.iam.users (UserName) SELECT wanted.name \
         FROM (SELECT 'alice' AS name UNION SELECT 'bob') wanted \
         LEFT JOIN aws.iam.users u ON u.UserName = wanted.name \
         WHERE u.UserName IS NULL RETURNING UserName"
    ), @r#"[{"UserName":"bob"}]"#);
}

#[test]
fn a_failed_query_gives_no_rows_and_aws_words() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    insta::assert_snapshot!(world.sql(
        "SELECT SerialNumber FROM aws.iam_api.mfa_devices WHERE UserName IN ('alice', 'nobody')"
    ), @r#"
    ! NoSuchEntity: The user with name nobody cannot be found.
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(
        "SELECT * FROM aws.iam.virtual_mfa_devices WHERE MaxItems = 5000"
    ), @r#"
    ! ValidationError: 1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(
        "SELECT * FROM aws.iam.virtual_mfa_devices WHERE MaxItems = 'many'"
    ), @r#"
    ! `MaxItems` takes a whole number
    exit 1
    "#);
}

#[test]
fn nothing_but_reading_is_possible() {
    let world = World::new();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let path = file.display();
    for query in [
        format!("ATTACH '{path}' AS x"),
        format!("SELECT load_extension('{path}')"),
        format!("SELECT writefile('{path}', 'x')"),
        format!("SELECT readfile('{path}')"),
        format!("VACUUM INTO '{path}'"),
        "PRAGMA temp_store_directory = '/'".to_owned(),
        "SELECT * FROM pragma_database_list".to_owned(),
        "CREATE TEMP TABLE t (a)".to_owned(),
        "WITH x AS (SELECT 1) INSERT INTO sqlite_schema SELECT * FROM x".to_owned(),
        "WITH x AS (SELECT 1) DELETE FROM \"aws.iam.virtual_mfa_devices\"".to_owned(),
        "SELECT zeroblob(1000000000)".to_owned(),
    ] {
        let ran = world.sql(&query);
        assert_eq!((ran.out.as_str(), ran.code), ("", 1), "{query}");
        assert!(!ran.err.is_empty(), "{query}");
    }
    assert!(!file.exists());
    assert!(world.called().is_empty());
}
