//! The life of a device, told in SQL.

#[cfg(test)]
mod support;

use support::World;

#[test]
fn a_device_lives_and_dies_by_sql() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName, region) VALUES ('alice', 'us-east-1')");
    let made = world.sql(
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region)
         VALUES ('alice-phone', 'us-east-1')
         RETURNING SerialNumber, Base32StringSeed, QRCodePNG;",
    );
    let rows: serde_json::Value = serde_json::from_str(&made.out).unwrap();
    let device = rows[0].as_object().unwrap();
    let names: Vec<&str> = device.keys().map(String::as_str).collect();
    assert_eq!(names, ["SerialNumber", "Base32StringSeed", "QRCodePNG"]);
    assert_eq!(made.err, "");
    let serial = device["SerialNumber"].as_str().unwrap();
    assert_eq!(serial, "arn:aws:iam::123456789012:mfa/alice-phone");
    // On the wire a PNG begins so.
    assert!(device["QRCodePNG"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    let phone = support::Authenticator::of(device["Base32StringSeed"].as_str().unwrap());

    insta::assert_snapshot!(world.sql(
        "SELECT SerialNumber FROM aws.iam.virtual_mfa_devices
         WHERE region='us-east-1' AND AssignmentStatus='Unassigned'"
    ), @r#"[{"SerialNumber":"arn:aws:iam::123456789012:mfa/alice-phone"}]"#);
    let (first, second) = (phone.code(world.now() - 30), phone.code(world.now()));
    insta::assert_snapshot!(world.sql(&format!(
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @AuthenticationCode1='{first}',
         @AuthenticationCode2='{second}', @SerialNumber='{serial}', @UserName='alice',
         @region='us-east-1'"
    )), @"! The operation was despatched successfully");
    insta::assert_snapshot!(world.sql(
        "SELECT UserName, SerialNumber, EnableDate FROM aws.iam_api.mfa_devices
         WHERE region='us-east-1' AND UserName='alice';
         SELECT json_extract(User,'$.UserName') AS who FROM aws.iam.virtual_mfa_devices
         WHERE region='us-east-1' AND AssignmentStatus='Assigned'"
    ), @r#"
    [{"UserName":"alice","SerialNumber":"arn:aws:iam::123456789012:mfa/alice-phone","EnableDate":"2023-11-14T22:13:30Z"}]
    [{"who":"alice"}]
    "#);

    // What stands after a statement that fails is not run.
    let delete = format!(
        "DELETE FROM aws.iam.virtual_mfa_devices
         WHERE SerialNumber='{serial}' AND region='us-east-1'"
    );
    insta::assert_snapshot!(world.sql(&format!("SELECT 1 AS one; {delete}; SELECT 2")), @r#"
    [{"one":1}]
    ! DeleteConflict: MFA VirtualDevice in use. Must deactivate first.
    exit 1
    "#);
    insta::assert_snapshot!(world.sql(&format!(
        "EXEC aws.iam_api.mfa_devices.mfa_devices_Deactivate
         @SerialNumber='{serial}', @UserName='alice', @region='us-east-1';
         {delete};
         SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices WHERE region='us-east-1'"
    )), @r#"
    [{"n":0}]
    ! The operation was despatched successfully
    ! The operation was despatched successfully
    "#);
}

#[test]
fn a_session_is_had_by_a_code() {
    let world = World::new();
    let ran = world.sql("EXEC aws.iam.session_tokens.get_session_token @duration_seconds=900");
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let credentials = &rows[0]["Credentials"];
    assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
    insta::assert_snapshot!(world.sql("SELECT * FROM aws.iam.session_tokens"), @r#"
    ! `aws.iam.session_tokens` has nothing for SELECT: it has `session_tokens_Get` by EXEC, `get_session_token` by EXEC
    exit 1
    "#);
}

#[test]
fn a_wrong_code_is_refused_and_not_repeated() {
    let world = World::new();
    let (serial, _) = world.device("phone");
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice')");
    let exec = |codes: &str| {
        world.sql(&format!(
            "EXEC aws.iam.mfa_devices.enable_mfa_device
             @SerialNumber='{serial}', @UserName='alice', {codes}"
        ))
    };
    insta::assert_snapshot!(exec("@AuthenticationCode1='000000', @AuthenticationCode2='000000'"), @r#"
    ! InvalidAuthenticationCode: Authentication code for device is not valid.
    exit 1
    "#);
    // Digits without quotes keep their zeros.
    insta::assert_snapshot!(exec("@authentication_code_1=000000, @AuthenticationCode2=000000"), @r#"
    ! InvalidAuthenticationCode: Authentication code for device is not valid.
    exit 1
    "#);
    insta::assert_snapshot!(exec("@AuthenticationCode1='87654', @AuthenticationCode2='876543'"), @r#"
    ! ValidationError: 1 validation error detected: Value at 'authenticationCode1' failed to satisfy constraint: Member must have length greater than or equal to 6
    exit 1
    "#);
    insta::assert_snapshot!(exec("@AuthenticationCode1=876543 876543"), @r#"
    ! near a value: syntax error
    exit 1
    "#);
    insta::assert_snapshot!(exec("@AuthenticationCode1='876543' '876543'"), @r#"
    ! required param not supplied for exec: AuthenticationCode2
    exit 1
    "#);
    insta::assert_snapshot!(exec("@AuthenticationCode1='876543'"), @r#"
    ! required param not supplied for exec: AuthenticationCode2
    exit 1
    "#);
    insta::assert_snapshot!(exec("@Code='876543'"), @r#"
    ! could not locate symbol `@Code`: the parameters are `UserName`, `SerialNumber`, `AuthenticationCode1`, `AuthenticationCode2`
    exit 1
    "#);
}
