//! Statements of SQL by the binary, on the same devices as every other door.

use insta::assert_snapshot;

use crate::support::Home;

#[test]
fn statements_are_run_and_a_failed_one_is_the_last() {
    let home = Home::new();
    home.ok(&["iam", "create-user", "--user-name", "alice"]);
    assert_snapshot!(home.tell(&["sql", "-o", "json", "SELECT UserName FROM aws.iam.users"]), @r#"
    [{"UserName":"alice"}]
    exit 0
    "#);
    let script = home.path().join("script.sql");
    std::fs::write(
        &script,
        "-- a device\n\
         INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('phone');\n\
         SELECT serial_number FROM aws.iam.virtual_mfa_devices;\n\
         DELETE FROM aws.iam.users WHERE UserName = 'bob';\n\
         DELETE FROM aws.iam.users WHERE UserName = 'alice';\n",
    )
    .unwrap();
    assert_snapshot!(home.tell(&["sql", "-i", "script.sql", "-o", "json"]), @r#"
    [{"serial_number":"arn:aws:iam::123456789012:mfa/phone"}]
    The operation was despatched successfully
    Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    NoSuchEntity: The user with name bob cannot be found.
    exit 1
    "#);
    assert_snapshot!(home.ok(&["sql", "-o", "json", "SELECT UserName FROM aws.iam.users"]), @r#"[{"UserName":"alice"}]"#);
    assert_snapshot!(home.tell(&["sql", "-i", "missing.sql"]), @r#"
    vmfa: `missing.sql`: No such file or directory (os error 2)
    exit 1
    "#);
}
