//! Valid values of options, and the errors for invalid ones.

use std::{fs, os::unix::fs::PermissionsExt as _};

use vmfa_model::FaultKind;

use super::{Came, World, message};

const TAG: [&str; 4] = ["iam", "tag-mfa-device", "--serial-number", "arn:aws:iam::1:mfa/x"];

fn tags(values: &[&str]) -> Came {
    let words = TAG.iter().chain(&["--tags"]).chain(values).copied();
    World::default().words(&words.collect::<Vec<_>>())
}

#[test]
fn lists_of_structures_are_shorthand_or_json_or_a_file() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        format!("file://{}", path.display())
    };
    let json = file("list", r#"[{"Key": "a", "Value": "b"}]"#);
    for values in [
        &["Key=a,Value=b"][..],
        &["Value=b , Key = a"],
        &[r#"{"Key":"a","Value":"b"}"#],
        &[r#"[{"Key":"a","Value":"b"}]"#],
        &[json.as_str()],
    ] {
        let Came { code, calls, err, .. } = tags(values);
        assert_eq!(code, 0, "{values:?}: {err}");
        let called = &calls[0];
        assert!(called.contains("Key=a") && called.contains("Value=b"), "{called}");
    }
    assert_eq!(tags(&[]).calls, ["TagMFADevice SerialNumber=arn:aws:iam::1:mfa/x Tags=[]"]);

    let wrong = |values: &[&str]| message(&tags(values));
    insta::assert_snapshot!(wrong(&["{Key=a}"]), @r"
    252: (ParamValidation): Error parsing parameter '--tags': Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
    JSON received: {Key=a}
    ");
    insta::assert_snapshot!(wrong(&[r#"{"Key":"a"}"#, "Key=b"]), @r"
    252: (ParamValidation): Error parsing parameter '--tags': Invalid JSON:
    Key=b
    ");
    insta::assert_snapshot!(wrong(&["Key=a,Value@=file://none"]), @"255: Unable to load paramfile file://none: [Errno 2] No such file or directory: 'none'");
    // Bytes are not searched like text.
    let bytes = json.replace("file://", "fileb://");
    insta::assert_snapshot!(wrong(&[&bytes]), @"255: 'in <string>' requires string as left operand, not int");
    // Shorthand in a file is one structure, not a list.
    insta::assert_snapshot!(wrong(&[&file("short", "Key=a,Value=b")]), @r"
    252: (ParamValidation): Parameter validation failed:
    Invalid type for parameter Tags, value: {'Key': 'a', 'Value': 'b'}, type: <class 'dict'>, valid types: <class 'list'>, <class 'tuple'>
    ");
    insta::assert_snapshot!(wrong(&[&file("nothing", "")]), @r"
    252: (ParamValidation): Error parsing parameter '--tags': Expected: '=', received: 'EOF' for input:
     
    ^
    ");
}

#[test]
fn all_invalid_members_are_reported_at_once() {
    insta::assert_snapshot!(
        message(&tags(&[r#"[{"Key":1},{"Key":"","Value":["it's",null,1e16]},"x"]"#])),
        @r#"
    252: (ParamValidation): Parameter validation failed:
    Missing required parameter in Tags[0]: "Value"
    Invalid type for parameter Tags[0].Key, value: 1, type: <class 'int'>, valid types: <class 'str'>
    Invalid length for parameter Tags[1].Key, value: 0, valid min length: 1
    Invalid type for parameter Tags[1].Value, value: ["it's", None, 1e+16], type: <class 'list'>, valid types: <class 'str'>
    Invalid type for parameter Tags[2], value: x, type: <class 'str'>, valid types: <class 'dict'>
    "#
    );
}

#[test]
fn numbers_are_those_of_python() {
    let session = |text: &str| {
        World::default().words(&["sts", "get-session-token", "--duration-seconds", text])
    };
    assert_eq!(session(" 1_000 ").calls, ["GetSessionToken DurationSeconds=1000"]);
    insta::assert_snapshot!(message(&session("1e3")), @"255: invalid literal for int() with base 10: '1e3'");
    insta::assert_snapshot!(message(&session("-5")), @r"
    252: (ParamValidation): Parameter validation failed:
    Invalid value for parameter DurationSeconds, value: -5, valid min value: 900
    ");
}

#[test]
fn documents_supply_options_that_are_not_given() {
    let run = |words: &[&str]| World::default().words(words);
    let came =
        run(&["iam", "get-user", "--cli-input-json", r#"{"UserName": "a"}"#, "--user-name", "b"]);
    assert_eq!(came.calls, ["GetUser UserName=b"]);
    let came = run(&["iam", "get-user", "--cli-input-yaml", "UserName: a"]);
    assert_eq!(came.calls, ["GetUser UserName=a"]);
    let both = ["iam", "get-user", "--cli-input-json", "{}", "--cli-input-yaml", "{}"];
    insta::assert_snapshot!(message(&run(&both)), @"252: (ParamValidation): Only one --cli-input- parameter may be specified.");
    let attached = ["iam", "delete-user", "--cli-input-json={\"UserName\": \"a\"}"];
    insta::assert_snapshot!(message(&run(&attached)), @"252: (ParamValidation): the following arguments are required: --user-name");
}

#[test]
fn skeletons_need_no_options_and_make_no_call() {
    let run = |words: &[&str]| World::default().words(words);
    let delete = ["iam", "delete-user", "--generate-cli-skeleton"];
    let Came { code, out, calls, .. } = run(&delete);
    assert_eq!((code, calls.len()), (0, 0));
    assert_eq!(out, "{\n    \"UserName\": \"\"\n}\n");
    assert!(
        run(&[&delete[..], &["yaml-input"]].concat())
            .out
            .starts_with("UserName: ''  # [REQUIRED] ")
    );
    let output = [&delete[..], &["output"]].concat();
    insta::assert_snapshot!(message(&run(&output)), @"252: (ParamValidation): the following arguments are required: --user-name");
    let line =
        "iam list-user-tags --user-name x --generate-cli-skeleton output --query Tags[0].Key";
    assert_eq!(World::default().run(line).out, "\"Key\"\n");
}

#[test]
fn a_secret_is_written_to_a_file_that_was_checked_before_the_call() {
    let home = tempfile::tempdir().unwrap();
    let create = |outfile: &str, name: &str| {
        World::default().words(&[
            "iam",
            "create-virtual-mfa-device",
            "--virtual-mfa-device-name",
            name,
            "--outfile",
            outfile,
            "--bootstrap-method",
            "Base32StringSeed",
        ])
    };
    let path = home.path().join("seed");
    let place = path.display().to_string();
    let Came { out, calls, .. } = create(&place, "d");
    assert_eq!(calls, ["CreateVirtualMFADevice VirtualMFADeviceName=d"]);
    assert_eq!(fs::read(&path).unwrap(), b"SEED");
    assert!(out.contains("SerialNumber") && !out.contains("Seed") && !out.contains("QRCode"));

    let directory = home.path().display().to_string();
    for outfile in [directory.as_str(), "", &format!("{place}/x"), &format!("{directory}/no/x")] {
        let message = message(&create(outfile, "d"));
        let expected = format!("252: (ParamValidation): Unable to write to file: {outfile}");
        assert_eq!(message, expected.trim());
    }
    // Other errors leave no file behind.
    let other = home.path().join("other").display().to_string();
    assert!(message(&create(&other, "")).contains("Invalid length"));
    assert!(!home.path().join("other").exists());
}

#[test]
fn an_outfile_may_be_a_dangling_link() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, at(name)).unwrap();
    let create = |world: &World, name: &str| {
        let outfile = at(name).display().to_string();
        let words = "iam create-virtual-mfa-device --virtual-mfa-device-name d --bootstrap-method \
                     Base32StringSeed --outfile";
        world.run(&format!("{words} {outfile}"))
    };
    fs::create_dir(at("folder")).unwrap();
    link("folder/seed", "relative");
    link("relative", "chain");
    link(at("absolute seed").to_str().unwrap(), "absolute");
    for (name, target) in
        [("relative", "folder/seed"), ("chain", "folder/seed"), ("absolute", "absolute seed")]
    {
        // An error keeps the link, and creates no target.
        let refused = create(&World::refusing(FaultKind::LimitExceeded, "no"), name);
        assert_eq!((refused.code, refused.calls.len()), (254, 1), "{name}: {}", refused.err);
        assert!(!at(target).exists() && at(name).is_symlink(), "{name}");

        assert_eq!(create(&World::default(), name).code, 0, "{name}");
        assert_eq!(fs::read(at(target)).unwrap(), b"SEED", "{name}");
        let mode = fs::metadata(at(target)).unwrap().permissions().mode();
        assert_eq!((mode & 0o777, at(name).is_symlink()), (0o600, true), "{name}");
        fs::remove_file(at(target)).unwrap();
    }
    link("nowhere/seed", "lost");
    link("ring", "ring");
    for name in ["lost", "ring"] {
        let Came { code, calls, err, .. } = create(&World::default(), name);
        assert_eq!((code, calls.len()), (252, 0), "{name}");
        assert!(err.contains("Unable to write to file"), "{err}");
    }
}
