//! Errors of commands: their messages and exit codes.

use insta::assert_snapshot;

use crate::support::Home;

#[test]
fn missing_arguments_are_reported_with_the_usage() {
    let home = Home::new();
    assert_snapshot!(home.run(&["iam", "enable-mfa-device", "--serial-number", "x"]), @"

    vmfa: [ERROR]: An error occurred (ParamValidation): the following arguments are required: --user-name, --authentication-code1, --authentication-code2

    usage: vmfa [options] <command> <subcommand> [<subcommand> ...] [parameters]
    To see help text, you can run:

      vmfa help
      vmfa <command> help
      vmfa <command> <subcommand> help
    exit 252
    ");
    let words = |words: &[&str]| {
        let printed = home.run(words);
        printed.lines().find(|line| line.contains("ERROR")).unwrap_or_default().to_owned()
    };
    assert_snapshot!(words(&["iam", "create-virtual-mfa-device"]), @"vmfa: [ERROR]: An error occurred (ParamValidation): the following arguments are required: --virtual-mfa-device-name, --outfile, --bootstrap-method");
    assert_snapshot!(words(&["iam"]), @"vmfa: [ERROR]: An error occurred (ParamValidation): the following arguments are required: operation");
    assert_snapshot!(words(&["iam", "frobnicate"]), @"vmfa: [ERROR]: An error occurred (ParamValidation): argument operation: Found invalid choice 'frobnicate'");
    assert_snapshot!(words(&["iam", "list-users", "--output", "csv"]), @"vmfa: [ERROR]: An error occurred (ParamValidation): argument --output: Found invalid choice 'csv'");
    assert_snapshot!(words(&["iam", "list-users", "--bogus", "x", "--foo=1", "y"]), @"vmfa: [ERROR]: Unknown options: --bogus, --foo=1, y, x");
    assert_snapshot!(words(&["iam", "get-user", "--user-name"]), @"vmfa: [ERROR]: An error occurred (ParamValidation): argument --user-name: expected one argument");
    assert!(!home.data().exists(), "a wrong command touches nothing");
}

#[test]
fn values_are_checked_as_the_aws_cli_checks_them() {
    let home = Home::new();
    let serial = "arn:aws:iam::123456789012:mfa/x";
    assert_snapshot!(home.run(&["iam", "get-mfa-device", "--serial-number", "short"]), @"

    vmfa: [ERROR]: An error occurred (ParamValidation): Parameter validation failed:
    Invalid length for parameter SerialNumber, value: 5, valid min length: 9
    exit 252
    ");
    let tag = |tags: &str| {
        home.run(&["iam", "tag-mfa-device", "--serial-number", serial, "--tags", tags])
    };
    assert_snapshot!(tag(r#"[{"Key": 1, "Valu": "b"}, 2]"#), @r#"

    vmfa: [ERROR]: An error occurred (ParamValidation): Parameter validation failed:
    Missing required parameter in Tags[0]: "Value"
    Unknown parameter in Tags[0]: "Valu", must be one of: Key, Value
    Invalid type for parameter Tags[0].Key, value: 1, type: <class 'int'>, valid types: <class 'str'>
    Invalid type for parameter Tags[1], value: 2, type: <class 'int'>, valid types: <class 'dict'>
    exit 252
    "#);
    assert_snapshot!(tag("Key=a,Value=b,Key=c"), @r#"

    vmfa: [ERROR]: An error occurred (ParamValidation): Error parsing parameter '--tags': Second instance of key "Key" encountered for input:
    Key=a,Value=b,Key=c
                  ^
    This is often because there is a preceding "," instead of a space.
    exit 252
    "#);
    assert_snapshot!(tag("Key"), @"

    vmfa: [ERROR]: An error occurred (ParamValidation): Error parsing parameter '--tags': Expected: '=', received: 'EOF' for input:
     Key
       ^
    exit 252
    ");
    assert_snapshot!(tag("file://none.json"), @"

    vmfa: [ERROR]: An error occurred (ParamValidation): Error parsing parameter '--tags': Unable to load paramfile file://none.json: [Errno 2] No such file or directory: 'none.json'
    exit 252
    ");
    assert_snapshot!(tag("Key=a,Value@=file://none"), @"

    vmfa: [ERROR]: Unable to load paramfile file://none: [Errno 2] No such file or directory: 'none'
    exit 255
    ");
    let session =
        |duration| home.run(&["sts", "get-session-token", "--duration-seconds", duration]);
    assert_snapshot!(session("1"), @"

    vmfa: [ERROR]: An error occurred (ParamValidation): Parameter validation failed:
    Invalid value for parameter DurationSeconds, value: 1, valid min value: 900
    exit 252
    ");
    assert_snapshot!(session("abc"), @"

    vmfa: [ERROR]: invalid literal for int() with base 10: 'abc'
    exit 255
    ");
}

#[test]
fn values_are_read_from_files() {
    let home = Home::new();
    let serial = "arn:aws:iam::123456789012:mfa/phone";
    home.device("phone");
    std::fs::write(home.path().join("tags.json"), r#"[{"Key": "a", "Value": "é"}]"#).unwrap();
    std::fs::write(home.path().join("value"), "from a file").unwrap();
    let tag = |tag| home.ok(&["iam", "tag-mfa-device", "--serial-number", serial, "--tags", tag]);
    assert_eq!(tag("file://~/tags.json"), "");
    assert_eq!(tag("Key=b,Value@=file://value"), "");
    assert_snapshot!(home.run(&["iam", "list-mfa-device-tags", "--serial-number", serial]), @r#"
    {
        "Tags": [
            {
                "Key": "a",
                "Value": "é"
            },
            {
                "Key": "b",
                "Value": "from a file"
            }
        ]
    }
    exit 0
    "#);
}

#[test]
fn refusals_of_the_service_exit_with_254() {
    let home = Home::new();
    assert_snapshot!(home.run(&["iam", "get-user", "--user-name", "absent"]), @"

    vmfa: [ERROR]: An error occurred (NoSuchEntity) when calling the GetUser operation: The user with name absent cannot be found.
    exit 254
    ");
}

#[test]
fn the_commands_of_vmfa_name_the_wrong_argument() {
    let home = Home::new();
    assert_snapshot!(home.run(&["serve", "--quota", "Colours=3"]), @"
    error: invalid value 'Colours=3' for '--quota <NAME=N>': unknown quota `Colours`; known: Users, MFADevices, MFADevicesPerUser, AccessKeysPerUser, Tags, MFAAttemptsPerThreeMinutes

    For more information, try '--help'.
    exit 2
    ");
    assert!(home.run(&["serve", "--tls-cert", "x"]).ends_with("exit 2"));
    assert!(home.run(&["srve"]).contains("'serve'"), "a near name is suggested");
    let help = home.ok(&["serve", "--help"]);
    assert!(help.contains("MFAAttemptsPerThreeMinutes"), "{help}");
    assert_eq!(home.ok(&["--version"]), home.ok(&["iam", "--version"]));
    assert!(home.ok(&["iam", "help"]).contains("create-virtual-mfa-device"));
    assert!(!home.data().exists(), "a wrong command touches nothing");
}

#[test]
fn a_link_called_aws_stands_in_for_the_aws_cli() {
    let home = Home::new();
    let link = home.path().join("aws");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vmfa"), &link).unwrap();
    let aws = |words: &[&str]| {
        let mut command = std::process::Command::new(&link);
        command.args(words).env_clear().env("HOME", home.path());
        home.printed(&command.output().unwrap())
    };
    assert_snapshot!(aws(&["iam", "get-user", "--user-name", "absent"]), @"

    aws: [ERROR]: no endpoint is named, so the call would go to AWS: name one with --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url, which take `aws` for AWS's own, or use `vmfa` for the data directory
    exit 255
    ");
    assert_snapshot!(aws(&["serve"]), @"

    aws: [ERROR]: An error occurred (ParamValidation): argument command: Found invalid choice 'serve'


    usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
    To see help text, you can run:

      aws help
      aws <command> help
      aws <command> <subcommand> help
    exit 252
    ");
}

#[test]
fn an_argument_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    let mut command = home.command(&["iam", "get-user", "--user-name"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff"));
    let printed = home.printed(&command.output().unwrap());
    assert_eq!(printed, "vmfa: an argument is not valid UTF-8\nexit 252");
}

#[test]
fn a_closed_output_pipe_is_no_error() {
    let home = Home::new();
    home.ok(&["iam", "list-users"]);
    for words in [&["iam", "help"][..], &["account"]] {
        let mut child = home
            .command(words)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(home.printed(&child.wait_with_output().unwrap()), "exit 0", "{words:?}");
    }
}

/// botocore first finds a source of credentials and then loads them: the AWS CLI adds `Unable to
/// retrieve credentials` to errors of the first step only. Recorded from botocore.
#[test]
fn unusable_credentials_are_reported_as_the_aws_cli_reports_them() {
    let home = Home::new();
    let aws = home.path().join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let runs = home.path().join("runs");
    let runs = runs.display();
    let keys = r#"\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\""#;
    let process = |before: &str, end: &str| {
        format!(
            "credential_process = sh -c 'echo x >> {runs}; {before} echo \"{{{keys},\\\"Expiration\\\":\\\"{end}\\\"}}\"'"
        )
    };
    let run = |profile: &str, variables: &[(&str, &str)]| {
        drop(std::fs::remove_file(home.path().join("runs")));
        std::fs::write(aws.join("config"), format!("[default]\nregion = us-east-1\n{profile}\n"))
            .unwrap();
        let mut command = home.command(&["configure", "export-credentials"]);
        command.envs(variables.iter().copied());
        let printed = home.printed(&command.output().unwrap());
        let runs = std::fs::read_to_string(home.path().join("runs")).unwrap_or_default();
        format!("{}\nruns {}", printed.trim(), runs.lines().count())
    };
    let expired = "vmfa: [ERROR]: Credentials were refreshed, but the refreshed credentials are still \
                   expired.\nexit 255";
    let undated = "vmfa: [ERROR]: can't subtract offset-naive and offset-aware datetimes\nexit 255";
    let unfound =
        "vmfa: [ERROR]: An error occurred (Configuration): Unable to retrieve credentials:";
    let failed = "Error when retrieving credentials from custom-process: no";
    assert_eq!(run(&process("", "2020-01-01T00:00:00Z"), &[]), format!("{expired}\nruns 2"));
    assert_eq!(run(&process("", "2090-01-01T00:00:00"), &[]), format!("{undated}\nruns 1"));
    assert_eq!(
        run(&process("", "junk"), &[]),
        format!("{unfound} Unknown string format: junk\nexit 253\nruns 1")
    );
    let fail = "echo no >&2; exit 3;";
    assert_eq!(run(&process(fail, ""), &[]), format!("{unfound} {failed}\nexit 253\nruns 1"));
    let second = format!("test $(wc -l < {runs}) = 1 || {{ {fail} }};");
    assert_eq!(
        run(&process(&second, "2020-01-01T00:00:00Z"), &[]),
        format!("vmfa: [ERROR]: {failed}\nexit 255\nruns 2")
    );
    let environment = |end| {
        run(
            "",
            &[
                ("AWS_ACCESS_KEY_ID", "A"),
                ("AWS_SECRET_ACCESS_KEY", "S"),
                ("AWS_CREDENTIAL_EXPIRATION", end),
            ],
        )
    };
    assert_eq!(environment("2020-01-01T00:00:00Z"), format!("{expired}\nruns 0"));
    assert_eq!(environment("2090-01-01T00:00:00"), format!("{undated}\nruns 0"));
    assert_eq!(
        environment("junk"),
        format!("{unfound} Unknown string format: junk\nexit 253\nruns 0")
    );
    let partial = "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY";
    assert_eq!(
        run("", &[("AWS_ACCESS_KEY_ID", "A")]),
        format!("{unfound} {partial}\nexit 253\nruns 0")
    );
}
