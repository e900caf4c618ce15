//! MFA devices by the commands of `vmfa iam`: created, enabled, listed.

use insta::assert_snapshot;

use crate::support::{ACCOUNT, Home, code, member, mode};

fn serial(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:mfa/{name}")
}

fn enable(home: &Home, user: &str, name: &str, codes: [&str; 2]) -> String {
    let [first, second] = codes;
    home.run(&[
        "iam",
        "enable-mfa-device",
        "--user-name",
        user,
        "--serial-number",
        &serial(name),
        "--authentication-code1",
        first,
        "--authentication-code2",
        second,
    ])
}

#[test]
fn a_device_is_created_enabled_and_listed() {
    let home = Home::new();
    home.ok(&["iam", "create-user", "--user-name", "bob"]);
    let created = home.run(&[
        "iam",
        "create-virtual-mfa-device",
        "--virtual-mfa-device-name",
        "phone",
        "--outfile",
        "~/seed.txt",
        "--bootstrap-method",
        "Base32StringSeed",
        "--tags",
        "Key=team,Value=ops",
        "Key='a b',Value=",
    ]);
    assert_snapshot!(created, @r#"
    {
        "VirtualMFADevice": {
            "SerialNumber": "arn:aws:iam::123456789012:mfa/phone",
            "Tags": [
                {
                    "Key": "team",
                    "Value": "ops"
                },
                {
                    "Key": "a b",
                    "Value": ""
                }
            ]
        }
    }
    exit 0
    "#);
    let file = home.path().join("seed.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!((text.len(), mode(&file)), (64, 0o600));

    let seed = vmfa_otp::Seed::parse_base32(&text).unwrap();
    let codes = [code(&seed, -1), code(&seed, 0)];
    let codes = [codes[0].as_str(), codes[1].as_str()];
    let equal = enable(&home, "bob", "phone", ["000000", "000000"]);
    assert!(equal.contains("InvalidAuthenticationCode") && equal.ends_with("254"), "{equal}");
    assert_snapshot!(enable(&home, "bob", "phone", codes), @"exit 0");
    let listed = home.ok(&["iam", "list-virtual-mfa-devices", "--assignment-status", "Assigned"]);
    let enabled = member(&listed, "EnableDate");
    assert!(enabled.ends_with("+00:00") && enabled.len() == 25, "{enabled}");
    let of_bob = home.ok(&["iam", "list-mfa-devices", "--user-name", "bob"]);
    assert_snapshot!(of_bob.replace(enabled, "DATE"), @r#"
    {
        "MFADevices": [
            {
                "UserName": "bob",
                "SerialNumber": "arn:aws:iam::123456789012:mfa/phone",
                "EnableDate": "DATE"
            }
        ]
    }
    "#);
    assert_snapshot!(enable(&home, "bob", "phone", codes), @"

    vmfa: [ERROR]: An error occurred (EntityAlreadyExists) when calling the EnableMFADevice operation: MFA Device for user bob already exists.
    exit 254
    ");
}

#[test]
fn the_qr_code_file_is_a_png_with_mode_0600() {
    let home = Home::new();
    let file = home.path().join("qr.png");
    // Neither the contents nor the mode of the old file remain.
    std::fs::write(&file, vec![b'x'; 100_000]).unwrap();
    home.ok(&[
        "iam",
        "create-virtual-mfa-device",
        "--virtual-mfa-device-name",
        "phone",
        "--outfile",
        "qr.png",
        "--bootstrap-method",
        "QRCodePNG",
        "--path",
        "/ops/",
    ]);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"));
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn an_outfile_that_cannot_be_written_creates_no_device() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("there")).unwrap();
    let create = |outfile| {
        home.run(&[
            "iam",
            "create-virtual-mfa-device",
            "--virtual-mfa-device-name",
            "phone",
            "--outfile",
            outfile,
            "--bootstrap-method",
            "QRCodePNG",
        ])
    };
    for outfile in ["there", "not/there", ""] {
        let printed = format!("(ParamValidation): Unable to write to file: {outfile}");
        assert_eq!(
            create(outfile),
            format!("\nvmfa: [ERROR]: An error occurred {}\nexit 252", printed.trim_end())
        );
    }
    assert!(!home.ok(&["iam", "list-virtual-mfa-devices"]).contains("phone"));

    // A refused call leaves no empty file, and does not change an existing one.
    home.device("phone");
    let seed = std::fs::read(home.path().join("seed.txt")).unwrap();
    assert!(create("new").contains("EntityAlreadyExists"));
    assert!(create("seed.txt").contains("EntityAlreadyExists"));
    assert!(!home.path().join("new").exists());
    assert_eq!(std::fs::read(home.path().join("seed.txt")).unwrap(), seed);
}

#[test]
fn lists_are_fetched_to_their_last_page() {
    let home = Home::new();
    let server = home.serve(&[]);
    for number in 0..101 {
        home.ok(&["iam", "create-user", "--user-name", &format!("user{number}")]);
    }
    let through_the_server = home.ok(&["iam", "list-users"]);
    drop(server);
    let users = home.ok(&["iam", "list-users"]);
    assert_eq!(users.matches("\"UserId\"").count(), 101);
    assert!(!users.contains("IsTruncated") && !users.contains("Marker"));
    assert_eq!(through_the_server, users);
}

#[test]
fn a_stored_key_acts_as_its_owner() {
    let home = Home::new();
    home.ok(&["iam", "create-user", "--user-name", "bob"]);
    let key = home.ok(&["iam", "create-access-key", "--user-name", "bob"]);
    let (id, secret) = (member(&key, "AccessKeyId"), member(&key, "SecretAccessKey"));
    let whoami = |id: &str, secret: &str| {
        let mut command = home.command(&["sts", "get-caller-identity"]);
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        home.printed(&command.output().unwrap()).replace(id, "KEY")
    };
    let stories = || {
        assert!(whoami(id, secret).contains("arn:aws:iam::123456789012:user/bob"));
        assert!(whoami("AKIAELSEWHERE1234567", "x").contains("arn:aws:iam::123456789012:root"));
        assert_eq!(
            whoami(id, "another"),
            "\nvmfa: [ERROR]: An error occurred (AccessDenied) when calling the GetCallerIdentity \
             operation: access key `KEY` is inactive, or its secret is wrong\nexit 254"
        );
    };
    stories();
    let _server = home.serve(&[]);
    stories();
}
