//! What `EXPLAIN` tells of a statement without running it.

#[cfg(test)]
mod support;

use support::World;

fn world() -> World {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    world.called();
    world
}

/// What is told of a statement, without what is told of all.
fn explained(world: &World, statement: &str) -> String {
    let told = world.lines(&format!("EXPLAIN {statement}"));
    assert!(world.called().is_empty(), "{statement}");
    told.replace("! Execution plan generated successfully\n! OK\n", "")
}

#[test]
fn what_would_be_asked_is_told() {
    let world = world();
    insta::assert_snapshot!(explained(&world, "SELECT * FROM aws.iam.users"), @"! asks ListUsers for `aws.iam.users`");
    insta::assert_snapshot!(explained(&world,
        "SELECT u.UserName, d.SerialNumber FROM aws.iam.users u
         LEFT JOIN aws.iam_api.mfa_devices d ON d.user_name = u.UserName
         WHERE u.path_prefix IN ('/', '/x/') AND u.region = 'us-east-1'
             AND u.UserName IN (SELECT UserName FROM aws.iam.user_tags WHERE UserName = 'alice')"
    ), @"
    ! asks GetUser for `aws.iam.users`, with `UserName`
    ! asks ListUserTags for `aws.iam.user_tags`, with `UserName`
    ! asks ListMFADevices for `aws.iam_api.mfa_devices`, with `UserName`
    ");
    world.sql("CREATE VIEW v AS SELECT UserName FROM aws.iam.users WHERE Path = '/'");
    insta::assert_snapshot!(explained(&world, "WITH c AS (SELECT * FROM v) SELECT * FROM c, c d"), @"! asks ListUsers for `aws.iam.users`");
    insta::assert_snapshot!(explained(&world,
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region)
         SELECT UserName, 'us-east-1' FROM v RETURNING SerialNumber"
    ), @"
    ! asks ListUsers for `aws.iam.users`
    ! asks CreateVirtualMFADevice for each row, with `VirtualMFADeviceName`
    ");
    insta::assert_snapshot!(explained(&world,
        "UPDATE aws.iam.users SET NewPath = '/x/' WHERE UserName IN (SELECT UserName FROM v)"
    ), @"
    ! asks ListUsers for `aws.iam.users`
    ! asks UpdateUser for each row, with `NewPath`, `UserName`
    ");
    insta::assert_snapshot!(explained(&world,
        "UPDATE aws.iam.tags SET Tags = '[]' WHERE UserName = 'a' OR SerialNumber IN ('b', 'c')"
    ), @"
    ! asks TagUser for each row, with `Tags`, `UserName`
    ! asks TagMFADevice for each row, with `Tags`, `SerialNumber`
    ");
    insta::assert_snapshot!(explained(&world, "DELETE FROM aws.iam.users WHERE UserName = 'alice'"), @"! asks DeleteUser for each row, with `UserName`");
    insta::assert_snapshot!(explained(&world,
        "EXEC aws.iam.users.users_Tag @UserName IN (SELECT UserName FROM v) @@json = '{\"tags\": []}'"
    ), @"
    ! asks ListUsers for `aws.iam.users`
    ! asks TagUser for each row, with `UserName`, `Tags`
    ");
    insta::assert_snapshot!(explained(&world, "EXEC aws.iam.users.users_Get @UserName = 'alice'"), @"! asks GetUser once, with `UserName`");
    insta::assert_snapshot!(explained(&world, "SELECT 1"), @"");
    world.sql("CREATE TABLE t (a)");
    insta::assert_snapshot!(explained(&world, "INSERT INTO t SELECT UserName FROM aws.iam.users"), @"! asks ListUsers for `aws.iam.users`");
    insta::assert_snapshot!(world.lines("SELECT count(*) AS n FROM t"), @r#"{"n":0}"#);
}

#[test]
fn what_is_missing_is_told() {
    let world = world();
    for statement in [
        "SELECT * FROM aws.iam.user_tags",
        "INSERT INTO aws.iam.virtual_mfa_devices (Path) VALUES ('/')",
        "INSERT INTO aws.iam.users (UserName, Path) VALUES ('a')",
        "INSERT INTO aws.iam.users (UserName) VALUES ('a'), ('b', 'c')",
        "UPDATE aws.iam.users SET NewPath = '/'",
        "DELETE FROM aws.iam.virtual_mfa_devices",
        "DELETE FROM aws.iam.virtual_mfa_devices WHERE SerialNumber LIKE 'a%'",
        "DELETE FROM aws.iam.users WHERE UserNam = 'a'",
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @SerialNumber = 'a', @UserName = 'b'",
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Resync @@json = '{\"SerialNumber\": \"a\"}'",
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Resync @Serial = 'a'",
    ] {
        let told = explained(&world, statement);
        let ran = world.lines(statement);
        assert!(told.ends_with("exit 1\n"), "{statement}\n{told}");
        // It is what running it tells, which asks nothing either.
        assert_eq!(told, ran, "{statement}");
        assert!(world.called().is_empty(), "{statement}");
    }
    // What a document holds that is not written out is not known before.
    insta::assert_snapshot!(explained(&world,
        "EXEC aws.iam.users.users_Tag @@json = json_object('UserName', 'alice')"
    ), @"! asks TagUser once");
}
