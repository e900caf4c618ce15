//! `SHOW`, `DESCRIBE` and `EXPLAIN`: the catalogue as StackQL's users know it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(test)]
mod support;

use support::World;

/// The names of the resources of `aws.iam`.
fn resources(world: &World) -> Vec<String> {
    let resources: serde_json::Value =
        serde_json::from_str(&world.sql("SHOW RESOURCES IN aws.iam").out).unwrap();
    let names = resources.as_array().unwrap().iter();
    names.map(|resource| resource["name"].as_str().unwrap().to_owned()).collect()
}

/// The refusal of a resource that does not exist, which lists those that do.
fn no_resource(world: &World, name: &str) -> String {
    let known = resources(world).join("`, `");
    format!("! there is no resource `{name}` in `aws.iam`: there are `{known}`\nexit 1\n")
}

#[test]
fn methods_are_shown_as_the_pages_show_them() {
    let world = World::new();
    insta::assert_snapshot!(world.lines("SHOW METHODS IN aws.iam.virtual_mfa_devices"), @r#"
    {"MethodName":"virtual_mfa_devices_List","RequiredParams":"region","SQLVerb":"SELECT"}
    {"MethodName":"virtual_mfa_devices_Create","RequiredParams":"VirtualMFADeviceName, region","SQLVerb":"INSERT"}
    {"MethodName":"virtual_mfa_devices_Delete","RequiredParams":"SerialNumber, region","SQLVerb":"DELETE"}
    "#);
    insta::assert_snapshot!(world.lines("show methods from aws.iam_api.mfa_devices"), @r#"
    {"MethodName":"mfa_devices_List","RequiredParams":"region","SQLVerb":"SELECT"}
    {"MethodName":"mfa_devices_Deactivate","RequiredParams":"SerialNumber, UserName, region","SQLVerb":"EXEC"}
    {"MethodName":"mfa_devices_Enable","RequiredParams":"AuthenticationCode1, AuthenticationCode2, SerialNumber, UserName, region","SQLVerb":"EXEC"}
    {"MethodName":"mfa_devices_Resync","RequiredParams":"AuthenticationCode1, AuthenticationCode2, SerialNumber, UserName, region","SQLVerb":"EXEC"}
    {"MethodName":"mfa_devices_Tag","RequiredParams":"SerialNumber, Tags, region","SQLVerb":"EXEC"}
    {"MethodName":"mfa_devices_Untag","RequiredParams":"SerialNumber, TagKeys, region","SQLVerb":"EXEC"}
    "#);
    // What an older generation has elsewhere is shown there too.
    insta::assert_snapshot!(world.lines("SHOW METHODS IN aws.iam.tags"), @r#"
    {"MethodName":"tag_mfa_device","RequiredParams":"SerialNumber, Tags, region","SQLVerb":"UPDATE"}
    {"MethodName":"tag_user","RequiredParams":"Tags, UserName, region","SQLVerb":"UPDATE"}
    {"MethodName":"tag_mfa_device","RequiredParams":"SerialNumber, Tags, region","SQLVerb":"EXEC"}
    {"MethodName":"untag_mfa_device","RequiredParams":"SerialNumber, TagKeys, region","SQLVerb":"EXEC"}
    "#);
    insta::assert_snapshot!(world.lines(
        "SHOW EXTENDED METHODS IN aws.iam.virtual_mfa_devices WHERE SQLVerb = 'DELETE'"
    ), @r#"{"MethodName":"virtual_mfa_devices_Delete","RequiredParams":"SerialNumber, region","SQLVerb":"DELETE","description":"Deletes a virtual MFA device and its seed. A device that is assigned to a user must be deactivated first."}"#);
    insta::assert_snapshot!(world.lines(
        "SHOW METHODS IN aws.iam_api.mfa_devices LIKE '%Tag'"
    ), @r#"
    {"MethodName":"mfa_devices_Tag","RequiredParams":"SerialNumber, Tags, region","SQLVerb":"EXEC"}
    {"MethodName":"mfa_devices_Untag","RequiredParams":"SerialNumber, TagKeys, region","SQLVerb":"EXEC"}
    "#);
    let unknown = world.lines("SHOW METHODS IN aws.iam.nothing LIKE 'x'");
    assert_eq!(unknown, no_resource(&world, "nothing"));
    insta::assert_snapshot!(world.lines("SHOW METHODS IN mfa_devices"), @"
    ! `mfa_devices` is no resource: they have names in three parts, as in `provider.service.resource`, or in two after `USE provider`
    exit 1
    ");
}

#[test]
fn providers_services_and_resources_are_shown() {
    let world = World::new();
    insta::assert_snapshot!(world.lines("SHOW PROVIDERS"), @r#"{"name":"aws","version":"v0.1.0"}"#);
    insta::assert_snapshot!(world.lines("SHOW SERVICES IN aws"), @r#"
    {"id":"iam","name":"iam","title":"AWS Identity and Access Management"}
    {"id":"iam_api","name":"iam_api","title":"AWS Identity and Access Management"}
    "#);
    insta::assert_snapshot!(world.lines("SHOW EXTENDED SERVICES IN aws LIKE '%api'"), @r#"{"id":"iam_api","name":"iam_api","title":"AWS Identity and Access Management","description":"Users, their access keys and their MFA devices."}"#);
    insta::assert_snapshot!(world.lines("SHOW RESOURCES IN aws.iam LIKE '%mfa%'"), @r#"
    {"name":"mfa_device","id":"aws.iam.mfa_device"}
    {"name":"mfa_device_tags","id":"aws.iam.mfa_device_tags"}
    {"name":"mfa_devices","id":"aws.iam.mfa_devices"}
    {"name":"virtual_mfa_devices","id":"aws.iam.virtual_mfa_devices"}
    "#);
    insta::assert_snapshot!(world.lines(
        "SHOW EXTENDED RESOURCES IN aws.iam_api WHERE name = 'mfa_devices'"
    ), @r#"{"name":"mfa_devices","id":"aws.iam_api.mfa_devices","description":"Lists the devices of a user in the order of their creation."}"#);
    insta::assert_snapshot!(world.lines("SHOW RESOURCES"), @"
    ! name the service: `SHOW RESOURCES IN …` of `aws.iam`, `aws.iam_api`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SHOW RESOURCES IN aws.s3"), @"
    ! there is no service `aws.s3`: there are `iam`, `iam_api`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SHOW RESOURCES IN aws.iam WHERE title = 1"), @"
    ! could not locate symbol `title`: a condition names the columns that are shown
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SHOW METHODS"), @"
    ! name the resource: `SHOW METHODS IN provider.service.resource`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("EXPLAIN UPDATE aws.iam.users SET Nope = 1"), @"
    ! could not locate symbol `Nope`: the parameters are `UserName`, `NewPath`, `NewUserName`
    exit 1
    ");
    insta::assert_snapshot!(world.lines("SHOW TABLES"), @"
    ! expected `PROVIDERS`, `SERVICES`, `RESOURCES`, `METHODS`, `INSERT INTO`, `VERSION`, `AUTH` or `TRANSACTION ISOLATION LEVEL` where `TABLES` stands
    exit 1
    ");
    insta::assert_snapshot!(world.lines("REGISTRY LIST"), @r#"{"provider":"aws","version":"v0.1.0"}"#);
}

#[test]
fn fields_are_described_with_the_pages_types() {
    let world = World::new();
    insta::assert_snapshot!(world.lines("DESCRIBE aws.iam.virtual_mfa_devices"), @r#"
    {"name":"Base32StringSeed","type":"string"}
    {"name":"EnableDate","type":"string"}
    {"name":"QRCodePNG","type":"string"}
    {"name":"SerialNumber","type":"string"}
    {"name":"Tags","type":"array"}
    {"name":"User","type":"object"}
    "#);
    insta::assert_snapshot!(world.lines("DESCRIBE EXTENDED aws.iam_api.mfa_devices"), @r#"
    {"name":"EnableDate","type":"string","description":"When it was enabled."}
    {"name":"SerialNumber","type":"string","description":"The serial number, which for a virtual device is its ARN."}
    {"name":"UserName","type":"string","description":"The user of the device."}
    "#);
    let device = world.lines("DESCRIBE EXTENDED aws.iam.virtual_mfa_devices");
    // What stands in the column is not what an authenticator app takes.
    assert_eq!(device.matches(" In Base64.").count(), 2, "{device}");
    insta::assert_snapshot!(world.lines("EXPLAIN aws.iam.mfa_device_tags"), @r#"
    {"name":"Key","type":"string"}
    {"name":"Value","type":"string"}
    "#);
    insta::assert_snapshot!(world.lines("DESC aws.iam.session_tokens"), @r#"{"name":"Credentials","type":"object"}"#);
    insta::assert_snapshot!(world.lines(
        "CREATE VIEW v AS SELECT SerialNumber, User, 1 AS one FROM aws.iam.virtual_mfa_devices;
         DESCRIBE v"
    ), @r#"
    {"name":"SerialNumber","type":"string"}
    {"name":"User","type":"object"}
    {"name":"one","type":"string"}
    ! DDL Execution Completed
    "#);
    insta::assert_snapshot!(world.lines("DESCRIBE nothing"), @"
    ! could not locate table 'nothing'
    exit 1
    ");
}

#[test]
fn methods_are_described_with_what_they_take_and_give() {
    let world = World::new();
    insta::assert_snapshot!(world.lines(
        "DESCRIBE METHOD aws.iam.virtual_mfa_devices.virtual_mfa_devices_Create"
    ), @r#"
    {"name":"VirtualMFADeviceName","type":"string","param_type":"input_required","shape":"string"}
    {"name":"region","type":"string","param_type":"input_required","shape":"string"}
    {"name":"Path","type":"string","param_type":"input_optional","shape":"string"}
    {"name":"Tags","type":"array","param_type":"input_optional","shape":"[{\"Key\":string,\"Value\":string}]"}
    {"name":"Base32StringSeed","type":"string","param_type":"output","shape":"string"}
    {"name":"EnableDate","type":"string","param_type":"output","shape":"string"}
    {"name":"QRCodePNG","type":"string","param_type":"output","shape":"string"}
    {"name":"SerialNumber","type":"string","param_type":"output","shape":"string"}
    {"name":"Tags","type":"array","param_type":"output","shape":"[{\"Key\":string,\"Value\":string}]"}
    {"name":"User","type":"object","param_type":"output","shape":"{\"Path\":string,\"UserName\":string,\"UserId\":string,\"Arn\":string,\"CreateDate\":string,\"PasswordLastUsed\":string,\"PermissionsBoundary\":{\"PermissionsBoundaryType\":string,\"PermissionsBoundaryArn\":string},\"Tags\":[{\"Key\":string,\"Value\":string}]}"}
    "#);
    insta::assert_snapshot!(world.lines(
        "DESCRIBE METHOD EXTENDED aws.iam.virtual_mfa_devices.virtual_mfa_devices_Delete"
    ), @r#"
    {"name":"SerialNumber","type":"string","param_type":"input_required","shape":"string","description":"The serial number, which for a virtual device is its ARN."}
    {"name":"region","type":"string","param_type":"input_required","shape":"string","description":"A region. IAM has none: any will do."}
    "#);
    insta::assert_snapshot!(world.lines(
        "DESCRIBE METHOD aws.iam_api.mfa_devices.mfa_devices_List"
    ), @r#"
    {"name":"region","type":"string","param_type":"input_required","shape":"string"}
    {"name":"Marker","type":"string","param_type":"input_optional","shape":"string"}
    {"name":"MaxItems","type":"integer","param_type":"input_optional","shape":"integer"}
    {"name":"UserName","type":"string","param_type":"input_optional","shape":"string"}
    {"name":"EnableDate","type":"string","param_type":"output","shape":"string"}
    {"name":"SerialNumber","type":"string","param_type":"output","shape":"string"}
    {"name":"UserName","type":"string","param_type":"output","shape":"string"}
    "#);
}

#[test]
fn the_version_and_the_way_of_transactions_are_shown() {
    let world = World::new();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(world.lines("SHOW VERSION"), format!("{{\"version\":\"v{version}\"}}\n"));
    let extended = world.sql("SHOW EXTENDED VERSION").out;
    for column in ["version", "commit", "build_date", "platform"] {
        assert!(extended.contains(&format!("\"{column}\":")), "{extended}");
    }
    insta::assert_snapshot!(world.lines("SHOW TRANSACTION ISOLATION LEVEL"), @r#"{"transaction_isolation":"read committed"}"#);
    insta::assert_snapshot!(world.lines("SHOW AUTH"), @"
    ! a session does not show its credentials: `SELECT * FROM aws.iam.caller_identity` tells whose they are
    exit 1
    ");
}

#[test]
fn explain_checks_and_runs_nothing() {
    let world = World::new();
    insta::assert_snapshot!(world.lines("EXPLAIN SELECT * FROM aws.iam.users"), @"
    ! asks ListUsers for `aws.iam.users`
    ! Execution plan generated successfully
    ! OK
    ");
    insta::assert_snapshot!(world.lines(
        "EXPLAIN INSERT INTO aws.iam.users (UserName) VALUES ('a') RETURNING Arn"
    ), @"
    ! asks CreateUser for each row, with `UserName`
    ! Execution plan generated successfully
    ! OK
    ");
    insta::assert_snapshot!(world.lines("EXPLAIN SELECT * FROM aws.iam.mfa_device_tags"), @"
    ! query cannot be executed, missing required parameters: { SerialNumber }
    exit 1
    ");
    let unknown = world.lines("EXPLAIN DELETE FROM aws.iam.account");
    assert_eq!(unknown, no_resource(&world, "account"));
    assert!(world.called().is_empty());
}

#[test]
fn what_show_insert_shows_runs_as_it_is() {
    let world = World::new();
    insta::assert_snapshot!(world.text("SHOW INSERT INTO aws.iam.virtual_mfa_devices"), @r#"
    INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, Path, Tags, region)
    VALUES ('example', '/', '[{"Key":"example","Value":"example"}]', 'us-east-1')
    RETURNING SerialNumber, Base32StringSeed, QRCodePNG;
    "#);
    insta::assert_snapshot!(
        world.text("SHOW INSERT /*+ REQUIRED */ INTO aws.iam.virtual_mfa_devices"), @"
    INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region)
    VALUES ('example', 'us-east-1')
    RETURNING SerialNumber, Base32StringSeed, QRCodePNG;
    ");
    insta::assert_snapshot!(
        world.text("SHOW INSERT INTO aws.iam_api.virtual_mfa_devices (path, virtual_mfa_device_name)"), @"
    INSERT INTO aws.iam_api.virtual_mfa_devices (Path, VirtualMFADeviceName)
    VALUES ('/', 'example')
    RETURNING SerialNumber, Base32StringSeed, QRCodePNG;
    ");
    // A secret is of no use without the name of what it opens.
    insta::assert_snapshot!(world.text("SHOW INSERT INTO aws.iam.access_keys"), @"
    INSERT INTO aws.iam.access_keys (UserName, region)
    VALUES ('example', 'us-east-1')
    RETURNING UserName, AccessKeyId, Status, SecretAccessKey;
    ");
    insta::assert_snapshot!(world.lines("SHOW INSERT INTO aws.iam.mfa_devices"), @"
    ! `aws.iam.mfa_devices` has nothing for INSERT: it has `mfa_devices_Deactivate` by EXEC, `deactivate_mfa_device` by EXEC, `mfa_devices_Enable` by EXEC, `enable_mfa_device` by EXEC, `mfa_devices_List` by SELECT, `list_mfa_devices` by SELECT, `mfa_devices_Resync` by EXEC, `resync_mfa_device` by EXEC, `mfa_devices_Tag` by EXEC, `tag_mfa_device` by EXEC, `mfa_devices_Untag` by EXEC, `untag_mfa_device` by EXEC
    exit 1
    ");
    // In an order in which the later ones find what they name.
    let resources = resources(&world);
    let mut tried = Vec::new();
    for first in [true, false] {
        for name in &resources {
            let methods = world.sql(&format!("SHOW METHODS IN aws.iam.{name}")).out;
            if !methods.contains("\"INSERT\"") || (name == "users") != first {
                continue;
            }
            let template = world.text(&format!("SHOW INSERT INTO aws.iam.{name}"));
            let ran = world.sql(&template);
            assert_eq!(ran.code, 0, "{template}: {ran}");
            tried.push(name);
        }
    }
    assert!(tried.len() > 3 && tried[0] == "users", "{tried:?}");
}

#[test]
fn names_are_told_as_they_were_written() {
    let world = World::new();
    for statement in [
        "DESCRIBE METHOD aws.iam.mfa_devices.x",
        "EXEC aws.iam.mfa_devices.y @UserName = 'a'",
        "SELECT * FROM aws.iam.tags",
        "SELECT nope FROM aws.iam.mfa_devices",
        "INSERT INTO aws.iam.mfa_devices (UserName) VALUES ('a')",
        "UPDATE aws.iam.mfa_devices SET UserName = 'a'",
        "REPLACE aws.iam.mfa_devices SET UserName = 'a'",
    ] {
        let told = world.lines(statement);
        assert!(
            told.contains("`aws.iam.mfa_devices`") || told.contains("`aws.iam.tags`"),
            "{told}"
        );
        assert!(!told.contains("iam_api"), "{told}");
    }
}

#[test]
fn what_was_meant_by_a_wrong_name_is_told() {
    let world = World::new();
    for (statement, meant) in [
        ("SELECT * FROM aws.iam.user", "users"),
        ("SELECT * FROM aws.iam.virtual_mfa_device", "virtual_mfa_devices"),
        ("SELECT * FROM aws.iam_ap.users", "iam_api"),
        ("EXEC aws.iam.mfa_devices.enable_mfa_devic @UserName = 'a'", "enable_mfa_device"),
        ("EXEC aws.iam.mfa_devices.mfa_devices_Enable @UserNam = 'a'", "UserName"),
        ("EXEC aws.iam.mfa_devices.enable @UserName = 'a'", "mfa_devices_Enable"),
        ("INSERT INTO aws.iam.users (UserNme) VALUES ('a')", "UserName"),
        ("UPDATE aws.iam.users SET Path = '/'", "NewPath"),
    ] {
        let told = world.lines(statement);
        assert!(told.ends_with(&format!(": did you mean `{meant}`?\nexit 1\n")), "{told}");
    }
}

#[test]
fn what_can_be_done_with_ones_own_is_shown() {
    let world = World::new();
    world.sql(
        "CREATE VIEW v AS SELECT UserName FROM aws.iam.users; CREATE TABLE t (a);
         CREATE MATERIALIZED VIEW m AS SELECT UserName FROM v",
    );
    insta::assert_snapshot!(world.lines(
        "SHOW METHODS IN v; SHOW EXTENDED METHODS IN m; SHOW METHODS IN t LIKE '%'"
    ), @r#"
    {"MethodName":"__view__","RequiredParams":"","SQLVerb":"SELECT"}
    {"MethodName":"__materialized_view__","RequiredParams":"","SQLVerb":"SELECT","description":"A materialized view of your own."}
    {"MethodName":"__table__","RequiredParams":"","SQLVerb":"SELECT"}
    {"MethodName":"__table__","RequiredParams":"","SQLVerb":"INSERT"}
    {"MethodName":"__table__","RequiredParams":"","SQLVerb":"DELETE"}
    {"MethodName":"__table__","RequiredParams":"","SQLVerb":"UPDATE"}
    "#);
    insta::assert_snapshot!(world.lines("SHOW METHODS IN nothing"), @"
    ! `nothing` is no resource: they have names in three parts, as in `provider.service.resource`, or in two after `USE provider`
    exit 1
    ");
}
