//! The formats of errors.

use vmfa_model::FaultKind;

use super::{World, message};

const MESSAGE: &str = "The user with name bob cannot be found. ";
const LINE: &str = "iam get-user --user-name bob";

fn refusing(line: &str) -> String {
    let came = World::refusing(FaultKind::NoSuchEntity, MESSAGE).run(&format!("{LINE} {line}"));
    assert_eq!((came.code, came.out.as_str()), (254, ""));
    came.err
}

#[test]
fn errors_are_printed_in_the_error_format() {
    let plain = "\nvmfa: [ERROR]: An error occurred (NoSuchEntity) when calling the GetUser \
                 operation: The user with name bob cannot be found.\n";
    assert_eq!(refusing(""), plain);
    assert_eq!(refusing("--cli-error-format enhanced --output yaml"), plain);
    assert_eq!(refusing("--cli-error-format legacy"), plain);
    insta::assert_snapshot!(refusing("--cli-error-format json"), @r#"
    {
        "Code": "NoSuchEntity",
        "Message": "The user with name bob cannot be found. "
    }
    "#);
    insta::assert_snapshot!(refusing("--cli-error-format yaml"), @r"
    Code: NoSuchEntity
    Message: 'The user with name bob cannot be found. '
    ");
    assert_eq!(
        refusing("--cli-error-format text"),
        "NoSuchEntity\tThe user with name bob cannot be found. \n"
    );
    assert_eq!(refusing("--cli-error-format json --query Code"), "\"NoSuchEntity\"\n");
    insta::assert_snapshot!(refusing("--cli-error-format table"), @r"
    --------------------------------------------------------------
    |                            error                           |
    +---------------+--------------------------------------------+
    |     Code      |                  Message                   |
    +---------------+--------------------------------------------+
    |  NoSuchEntity |  The user with name bob cannot be found.   |
    +---------------+--------------------------------------------+
    ");
}

#[test]
fn environment_and_profile_select_the_format() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    std::fs::write(&config, "[default]\ncli_error_format = text\n").unwrap();
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    let short = "iam delete-user --user-name=";
    let text = "ParamValidation\tParameter validation failed:\nInvalid length for parameter \
                UserName, value: 0, valid min length: 1\n";
    assert_eq!(World::with(&[config]).run(short).err, text);
    let json = World::with(&[config, ("AWS_CLI_ERROR_FORMAT", "JSON")]).run(short).err;
    assert!(json.starts_with("{\n    \"Code\": \"ParamValidation\",\n"), "{json}");
    // Errors of the first pass come before `--cli-error-format` is parsed.
    let came = World::default().run("--cli-error-format json bogus");
    assert!(came.err.starts_with("\nvmfa: [ERROR]: An error occurred (ParamValidation): "));
    // A missing profile has no setting.
    let came = World::with(&[config]).run(&format!("{short} --profile nope"));
    assert!(came.err.starts_with("\nvmfa: [ERROR]: "), "{}", came.err);
}

#[test]
fn errors_of_global_options_come_first() {
    let message = |line: &str| message(&World::default().run(line));
    insta::assert_snapshot!(message("iam bogus --query a..b --cli-read-timeout x"), @r#"
    252: (ParamValidation): Bad value for --query a..b: Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: dot: Parse error at column 2, token "." (DOT), for expression:
    "a..b"
       ^
    "#);
    insta::assert_snapshot!(message("iam bogus --cli-read-timeout x"), @"255: invalid literal for int() with base 10: 'x'");
    let came = World::default().run("iam bogus --cli-error-format json --query a..b");
    assert!(came.err.starts_with("\nvmfa: [ERROR]: Bad value for --query"), "{}", came.err);
}

#[test]
fn invalid_configuration_is_reported() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    let world = World::with(&[("AWS_CONFIG_FILE", config.to_str().unwrap())]);
    std::fs::write(&config, "[default]\ncli_timestamp_format = none\n").unwrap();
    insta::assert_snapshot!(message(&world.run("iam bogus")), @r#"253: (Configuration): Unknown cli_timestamp_format value: none, valid values are "wire" or "iso8601""#);
    std::fs::write(&config, "nonsense\n").unwrap();
    assert!(message(&world.run("--version")).starts_with("255: Unable to parse config file: "));
}

#[test]
fn an_unknown_format_is_refused_before_the_first_output() {
    let world = World::with(&[("AWS_DEFAULT_OUTPUT", "bogus")]);
    let came = world.run("iam list-users");
    insta::assert_snapshot!(message(&came), @"255: Unknown output type: bogus");
    let came = world.run("sts get-caller-identity");
    assert_eq!((came.code, came.calls.len()), (255, 1));
}

#[test]
fn output_and_errors_use_the_configured_encoding() {
    let named = |name: &str| World::with(&[("AWS_CLI_OUTPUT_ENCODING", name)]);
    let refused = message(&named("no").run("iam list-users"));
    assert_eq!(refused, "255: Unknown codec `no` specified for AWS_CLI_OUTPUT_ENCODING.");
    assert!(message(&named("").run("iam list-users")).contains("Unknown codec ``"));
    let query = ["iam", "list-users", "--query", "'\u{e9}'"];
    assert_eq!(named("utf-8").words(&query).out, "\"\u{e9}\"\n");
    let came = named("ascii").words(&query);
    let problem = "'ascii' codec can't encode character '\\xe9' in position 1: ordinal not in \
                   range(128)";
    assert_eq!((came.code, came.out.as_str()), (255, ""));
    assert!(came.err.contains(problem), "{}", came.err);
    let came = named("ascii").words(&["iam", "list-users", "\u{e9}"]);
    assert!(came.err.contains("Unknown options: ?"), "{}", came.err);
}
