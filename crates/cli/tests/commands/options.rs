//! Valid command lines, and the errors for invalid ones.

use super::{Came, World, message, run, wrong};

#[test]
fn global_options_stand_anywhere() {
    for line in [
        "iam get-user --user-name bob",
        "iam get-user --user-name=bob",
        "iam get-user --user bob",
        "iam get-user --user-name x --user-name bob",
        "--region eu-west-1 iam --output json get-user --user-name bob --no-cli-pager",
        "iam --region=eu-west-1 get-user --reg x --user-name bob",
        "iam get-user --user-name bob --cli-read-timeout 0 --color off --no-paginate",
        "-- iam get-user --user-name=bob",
    ] {
        let Came { code, calls, err, .. } = run(line);
        assert_eq!(
            (code, calls, err),
            (0, vec!["GetUser UserName=bob".to_owned()], String::new()),
            "{line}"
        );
    }
}

#[test]
fn missing_and_unknown_options_are_reported() {
    insta::assert_snapshot!(wrong(""), @"252: (ParamValidation): the following arguments are required: command");
    insta::assert_snapshot!(wrong("iam"), @"252: (ParamValidation): the following arguments are required: operation");
    insta::assert_snapshot!(
        wrong("iam enable-mfa-device --bogus --serial-number x"),
        @"252: (ParamValidation): the following arguments are required: --user-name, --authentication-code1, --authentication-code2"
    );
    insta::assert_snapshot!(
        wrong("iam create-virtual-mfa-device --cli-input-json {}"),
        @"252: (ParamValidation): the following arguments are required: --virtual-mfa-device-name, --outfile, --bootstrap-method"
    );
    insta::assert_snapshot!(
        wrong("iam get-user --user-name"),
        @"252: (ParamValidation): argument --user-name: expected one argument"
    );
    insta::assert_snapshot!(
        wrong("iam get-user --user-name --output json"),
        @"252: (ParamValidation): argument --user-name: expected one argument"
    );
    insta::assert_snapshot!(
        wrong("iam list-users --debug=yes"),
        @"252: (ParamValidation): argument --debug: ignored explicit argument 'yes'"
    );
    insta::assert_snapshot!(
        wrong("iam list-users --cli"),
        @"252: (ParamValidation): ambiguous option: --cli could match --cli-read-timeout, --cli-connect-timeout, --cli-binary-format, --cli-auto-prompt, --cli-error-format"
    );
    insta::assert_snapshot!(
        wrong("iam list-users --output jsn"),
        @r"
    252: (ParamValidation): argument --output: Found invalid choice 'jsn'

    Maybe you meant:

      * json
    "
    );
    // Unknown options are reported with the words around them, the first word last.
    let came = run("iam list-users --bogus x --foo=1 y");
    assert_eq!(came.code, 252);
    insta::assert_snapshot!(came.err, @r"

    usage: vmfa [options] <command> <subcommand> [<subcommand> ...] [parameters]
    To see help text, you can run:

      vmfa help
      vmfa <command> help
      vmfa <command> <subcommand> help


    vmfa: [ERROR]: Unknown options: --bogus, --foo=1, y, x
    ");
}

#[test]
fn commands_of_aws_that_vmfa_lacks_differ_from_unknown_commands() {
    insta::assert_snapshot!(wrong("s3 ls"), @"252: vmfa does not have the AWS CLI's command `s3`; it has `iam`, `sts` and `configure`");
    insta::assert_snapshot!(wrong("iam create-role"), @"252: vmfa does not have the AWS CLI's command `iam create-role`; `vmfa iam help` lists those that it has");
    insta::assert_snapshot!(wrong("iam wait role-exists --role-name x"), @"252: vmfa does not have the AWS CLI's command `iam wait role-exists`; `vmfa iam help` lists those that it has");
    insta::assert_snapshot!(wrong("stss get-caller-identity"), @r"
    252: (ParamValidation): argument command: Found invalid choice 'stss'

    Maybe you meant:

      * sts
    ");
    insta::assert_snapshot!(wrong("sts get-caller-identify"), @r"
    252: (ParamValidation): argument operation: Found invalid choice 'get-caller-identify'

    Maybe you meant:

      * get-caller-identity
    ");
}

/// Where the AWS CLI prints help beside unknown words, and where it refuses them, recorded with
/// version 1; the text is version 2's.
#[test]
fn help_exists_for_commands_only() {
    for (line, page) in [
        ("help", "vmfa"),
        ("help help", "vmfa"),
        ("help --nope", "vmfa"),
        ("iam help", "iam"),
        ("iam help nope", "iam"),
        ("iam help --nope x", "iam"),
        ("iam list-users help nope", "list-users"),
        ("iam list-users help --nope", "list-users"),
        ("iam wait help", "wait"),
        ("configure help", "configure"),
        ("configure set help", "set"),
    ] {
        let Came { code, out, err, .. } = run(line);
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        assert!(out.starts_with(&format!("NAME\n       {page} - ")), "{line}: {out}");
    }
    for (line, word) in [
        ("help nope", "nope"),
        ("--region x help nope", "nope"),
        ("help nope --foo", "nope"),
        ("help --foo nope", "nope"),
        ("help iam nope", "iam"),
        ("help help nope", "help"),
        ("iam wait help nope", "help"),
        ("iam wait nope help", "nope"),
        ("configure help nope", "help"),
        ("configure help help", "help"),
        ("configure nope help", "nope"),
    ] {
        let Came { code, out, err, .. } = run(line);
        assert_eq!((code, out.as_str()), (252, ""), "{line}");
        let message = format!(
            "\nvmfa: [ERROR]: An error occurred (ParamValidation): argument subcommand: Found \
             invalid choice '{word}'\n\n\nusage: vmfa [options] <command> <subcommand> [<subcommand> \
             ...] [parameters]\nTo see help text, you can run:\n\n  vmfa help\n  vmfa <command> \
             help\n  vmfa <command> <subcommand> help\n"
        );
        assert_eq!(err, message, "{line}");
    }
    insta::assert_snapshot!(wrong("help topic"), @r"
    252: (ParamValidation): argument subcommand: Found invalid choice 'topic'

    Maybe you meant:

      * topics
    ");
    insta::assert_snapshot!(wrong("help return-codes x"), @"252: vmfa does not have the AWS CLI's help topic `return-codes`");
    insta::assert_snapshot!(wrong("configure sso help"), @"252: vmfa does not have the AWS CLI's command `configure sso`");
}

#[test]
fn version_needs_no_configuration() {
    let version = format!("vmfa {}\n", env!("CARGO_PKG_VERSION"));
    for line in ["--version", "--v", "iam bogus --version --output csv"] {
        let Came { code, out, .. } = run(line);
        assert_eq!((code, &out), (0, &version), "{line}");
    }
    assert_eq!(run("--output csv --version").code, 252, "what comes before it is looked at");
}

#[test]
fn lists_are_paged_by_options_or_by_hand() {
    let calls = |line: &str| {
        let came = run(line);
        assert_eq!(came.code, 0, "{}", came.err);
        came.calls.join("; ")
    };
    assert_eq!(calls("iam list-users --page-size 5"), "ListUsers MaxItems=5");
    assert_eq!(calls("iam list-users --max-items 5"), "ListUsers");
    assert_eq!(calls("iam list-users --max-items 99999999999999999999"), "ListUsers");
    assert_eq!(calls("iam list-users --no-paginate --max-items 5"), "ListUsers MaxItems=5");
    assert_eq!(calls("iam list-users --marker M --max-items 5"), "ListUsers Marker=M MaxItems=5");
    assert_eq!(calls("iam list-users --starting-token M"), "ListUsers Marker=M");
    assert_eq!(calls(r#"iam list-users --cli-input-json {"MaxItems":5}"#), "ListUsers MaxItems=5");
    insta::assert_snapshot!(
        wrong("iam list-users --no-paginate --page-size 5 --starting-token x"),
        @"252: (ParamValidation): Cannot specify --no-paginate along with pagination arguments: --starting-token, --page-size"
    );
    insta::assert_snapshot!(
        wrong("iam list-users --max-items x"),
        @"252: (ParamValidation): argument --max-items: invalid int value: 'x'"
    );
    insta::assert_snapshot!(
        wrong(r#"iam list-users --max-items 5 --cli-input-json {"Marker":"M"}"#),
        @r#"
    252: (ParamValidation): Parameter validation failed:
    Unknown parameter in input: "PaginationConfig", must be one of: PathPrefix, Marker, MaxItems
    "#
    );
    let came = run("iam list-users --max-items 0");
    assert_eq!(
        came.err,
        "warning: Non-positive values for --max-items may result in undefined behavior.\n"
    );
}

#[test]
fn wait_takes_the_options_of_its_action() {
    let Came { code, out, calls, .. } = run("iam wait user-exists --user-name bob");
    assert_eq!((code, out.as_str(), calls), (0, "", vec!["GetUser UserName=bob".to_owned()]));
    insta::assert_snapshot!(wrong("iam wait"), @r"
    252: (ParamValidation): usage: vmfa [options] iam wait <subcommand> [parameters]
    vmfa: [ERROR]: too few arguments
    ");
    insta::assert_snapshot!(wrong("iam wait user-exist"), @r"
    252: (ParamValidation): argument subcommand: Found invalid choice 'user-exist'

    Maybe you meant:

      * user-exists
    ");
}

#[test]
fn an_invalid_command_connects_only_to_a_named_endpoint() {
    use vmfa_client::ClientError;
    let world = World { trouble: Some(|| ClientError::NoRegion), ..World::default() };
    let line = "iam delete-virtual-mfa-device --serial-number short";
    insta::assert_snapshot!(message(&world.run(line)), @r"
    252: (ParamValidation): Parameter validation failed:
    Invalid length for parameter SerialNumber, value: 5, valid min length: 9
    ");
    let line = format!("{line} --endpoint-url http://127.0.0.1:1");
    insta::assert_snapshot!(message(&world.run(&line)), @r#"253: (NoRegion): You must specify a region. You can also configure your region by running "aws configure"."#);
    let line = format!("{line} --cli-read-timeout -1 --profile nope");
    insta::assert_snapshot!(message(&world.run(&line)), @"255: The config profile (nope) could not be found");
}
