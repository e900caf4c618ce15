//! Each subcommand in a home directory of its own, with prepared answers.

use std::{
    collections::VecDeque,
    io,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
};

use vmfa_client::{
    AccessKeyPair, CallError, Calls, ClientError, Configuration, ConnectionOptions, Credentials,
};
use vmfa_iam::{Api, Call};
use vmfa_model::{Fault, FaultKind, Record, Secret, Timestamp, Value};

use crate::{CliContext, DebugLog, Terminal, TerminalIo, WallTime};

/// A home directory.
struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
    answers: Mutex<VecDeque<&'static str>>,
    endpoint: Arc<Endpoint>,
}

#[derive(Default)]
struct Endpoint {
    credentials: Option<Credentials>,
    refuses: bool,
    asked: Mutex<Vec<String>>,
}

impl Home {
    fn new(config: &str, credentials: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".aws")).unwrap();
        for (name, text) in [("config", config), ("credentials", credentials)] {
            if !text.is_empty() {
                let file = folder.path().join(".aws").join(name);
                std::fs::write(&file, text).unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
        let home = folder.path().to_str().unwrap().to_owned();
        Self {
            folder,
            variables: vec![("HOME", home)],
            answers: Mutex::default(),
            endpoint: Arc::default(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn knowing(mut self, token: Option<&str>) -> Self {
        let key =
            AccessKeyPair { id: "AKIA1234".into(), secret: Secret::new("secret\"5678".into()) };
        let credentials = Credentials {
            key,
            token: token.map(|token| Secret::new(token.to_owned())),
            expires: token.map(|_| Timestamp::from_unix(1_893_553_445)),
            method: "assume-role",
        };
        self.endpoint =
            Arc::new(Endpoint { credentials: Some(credentials), ..Endpoint::default() });
        self
    }

    fn answering(self, answers: &[&'static str]) -> Self {
        *self.answers.lock().unwrap() = answers.iter().copied().collect();
        self
    }

    /// Runs `aws configure` with these arguments; exit code, standard output and standard error.
    fn run(&self, words: &str) -> (u8, String, String) {
        self.run_words(&words.split_whitespace().collect::<Vec<_>>())
    }

    fn run_words(&self, words: &[&str]) -> (u8, String, String) {
        let variable = |name: &str| {
            let found = self.variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let endpoint = Arc::clone(&self.endpoint);
        let connect = |configuration: &Configuration, connection: &ConnectionOptions, api: Api| {
            configuration.endpoint_url(api, connection)?;
            let calls: Box<dyn Calls> = Box::new(EndpointCalls(Arc::clone(&endpoint)));
            Ok(calls)
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = std::iter::once(&"configure").chain(words);
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        let code = crate::run(
            &words,
            &connect,
            &mut CliContext {
                program: "aws",
                variable: &variable,
                out: &mut out,
                err: &mut err,
                terminal: Terminal { io: self, ..Terminal::none() },
                log: Arc::new(DebugLog::silent()),
                pause: &|_| {},
            },
        );
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// Standard output of a command that must succeed.
    fn succeed(&self, words: &str) -> String {
        let (code, out, err) = self.run(words);
        assert_eq!((code, err.as_str()), (0, ""), "{words}: {out}");
        out
    }

    /// The exit code and message of a command that must fail.
    fn refused(&self, words: &str) -> (u8, String) {
        let (code, _, err) = self.run(words);
        let text = err.strip_prefix("\naws: [ERROR]: ").unwrap_or(&err);
        (code, text.trim_end().to_owned())
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(".aws").join(name)).unwrap_or_default()
    }
}

impl TerminalIo for Home {
    fn line(&self) -> io::Result<Option<String>> {
        Ok(self.answers.lock().unwrap().pop_front().map(str::to_owned))
    }

    fn hidden(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn show(&self, _: &str) {}

    fn now(&self) -> WallTime {
        WallTime { milliseconds: 0, offset: 0 }
    }
}

struct EndpointCalls(Arc<Endpoint>);

impl Calls for EndpointCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.0.asked.lock().unwrap().push(format!("{:?}", call.input));
        if self.0.refuses {
            return Err(Fault::new(FaultKind::AccessDenied, "wrong code. ").into());
        }
        let mut session = Record::new();
        session.push("AccessKeyId", Value::Text("ASIA".to_owned()));
        session.push("SecretAccessKey", Value::Secret(Secret::new("s".to_owned())));
        session.push("SessionToken", Value::Secret(Secret::new("t".to_owned())));
        session.push("Expiration", Value::Time(Timestamp::from_unix(1_893_553_445)));
        let mut answer = Record::new();
        answer.push("Credentials", Value::Structure(session));
        Ok(answer)
    }

    fn credentials(&self) -> Result<Option<Credentials>, ClientError> {
        Ok(self.0.credentials.clone())
    }
}

const CONFIG: &str = "[default]\nregion = a-1\ns3 =\n    x = 1\n[profile p]\nregion = b-1\n";

#[test]
fn get_reads_settings_by_name_and_profile() {
    let home = Home::new(CONFIG, "[p]\naws_access_key_id = A\n");
    for (words, expected) in [
        ("get region", "a-1\n"),
        ("get region --profile p", "b-1\n"),
        ("get p.region", "b-1\n"),
        ("get profile.p.region", "b-1\n"),
        ("get default.region", "a-1\n"),
        ("get s3.x", "1\n"),
        ("get default.s3.x", "1\n"),
        ("get aws_access_key_id --profile p", "A\n"),
        ("list-profiles", "default\np\n"),
    ] {
        assert_eq!(home.succeed(words), expected, "{words}");
    }
    assert_eq!(home.run("get nothing"), (1, String::new(), String::new()));
    let nested = "varname (s3) must reference a value, not a section or sub-section.";
    assert_eq!(home.refused("get s3"), (1, nested.to_owned()));
    let missing = "The config profile (nope) could not be found";
    assert_eq!(home.refused("get region --profile nope"), (255, missing.to_owned()));
    assert_eq!(home.refused("get profile.p"), (255, "list index out of range".to_owned()));
    let (code, text) = home.refused("get");
    assert!(
        code == 252 && text.contains("the following arguments are required: varname"),
        "{text}"
    );
    assert!(home.run("get a b").2.contains("Unknown options: b"));
}

#[test]
fn set_writes_to_the_file_of_the_setting() {
    let home = Home::new("", "");
    home.succeed("set region c-1");
    home.succeed("set region d-1 --profile new");
    home.succeed("set profile.new.s3.x 2");
    home.succeed("set aws_secret_access_key KEY --profile new");
    assert_eq!(
        home.file("config"),
        "[default]\nregion = c-1\n[profile new]\nregion = d-1\ns3 =\n    x = 2\n"
    );
    assert_eq!(home.file("credentials"), "[new]\naws_secret_access_key = KEY\n");
    let path = home.folder.path().join(".aws/credentials");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.succeed("get new.s3.x"), "2\n");
    for (words, problem) in [
        ("set a", "the following arguments are required: value"),
        ("set a --x", "the following arguments are required: value"),
        ("set --x", "the following arguments are required: varname, value"),
        ("set a --x b", "Unknown options: --x"),
        ("set a b --x c", "Unknown options: --x,c"),
        ("export-credentials a --x", "Unknown options: --x,a"),
    ] {
        let (code, text) = home.refused(words);
        assert!(code == 252 && text.contains(problem), "{words}: {text}");
    }
    home.succeed("set a -- --x");
    assert!(home.file("config").starts_with("[default]\nregion = c-1\na = --x\n"));
}

#[test]
fn set_and_get_take_options_for_subsections() {
    let home = Home::new(CONFIG, "");
    home.succeed("set --sso-session dev sso_region us-east-1");
    home.succeed("set --sso-session=dev sso_region eu-west-1");
    home.succeed("set sso_start_url https://x --sso-session dev");
    home.succeed("set --services local iam.endpoint_url http://localhost:1");
    home.run_words(&["set", "--sso-session", "a b", "sso_region", "z"]);
    let added = "[sso-session dev]\nsso_region = eu-west-1\nsso_start_url = https://x\n\
                 [services local]\niam =\n    endpoint_url = http://localhost:1\n\
                 [sso-session 'a b']\nsso_region = z\n";
    assert_eq!(home.file("config"), format!("{CONFIG}{added}"));
    assert_eq!(home.succeed("get --sso-session dev sso_region"), "eu-west-1\n");
    assert_eq!(home.succeed("get iam.endpoint_url --services local"), "http://localhost:1\n");
    let get = ["get", "--sso-session", "a b", "sso_region"];
    assert_eq!(home.run_words(&get), (0, "z\n".to_owned(), String::new()));
    for words in ["get --sso-session local iam", "get --services dev sso_region"] {
        assert_eq!(home.run(words), (1, String::new(), String::new()), "{words}");
    }
    for (words, problem) in [
        ("get sso_region --sso-session", "argument --sso-session: expected one argument"),
        ("set a b --services x --sso-session y", "argument --services: not allowed with argument"),
        ("set --services x a", "the following arguments are required: value"),
    ] {
        let (code, text) = home.refused(words);
        assert!(code == 252 && text.contains(problem), "{words}: {text}");
    }
}

/// The sections to which the AWS CLI writes each name, and that `get` finds it there. Recorded with
/// version 1, except for `p.region` and `in.x`, which only version 2 treats as sections.
#[test]
fn names_are_set_in_the_sections_of_the_aws_cli() {
    let config = "[profile p]\nregion = a\n";
    let (default, plugins) = ("[default]\n", "[plugins]\n");
    for (words, added, shared) in [
        (&["plugins.x", "y"][..], format!("{plugins}x = y\n"), ""),
        (&["plugins.x.y", "z"], format!("{default}plugins.x.y = z\n"), ""),
        (&["plugins.x", "y", "--profile", "p"], format!("{plugins}x = y\n"), ""),
        (&["profile.plugins.x", "y"], format!("{plugins}x = y\n"), ""),
        (&["p.region", "z"], "[p]\nregion = z\n".to_owned(), ""),
        (&["in.x", "y"], "[in]\nx = y\n".to_owned(), ""),
        (&["preview.x", "y"], format!("{default}preview =\n    x = y\n"), ""),
        (&["s3.x", "y"], format!("{default}s3 =\n    x = y\n"), ""),
        (&["s3.x", "y", "--profile", "new"], "[profile new]\ns3 =\n    x = y\n".to_owned(), ""),
        (&["s3.x.y", "z"], format!("{default}s3 = z\n"), ""),
        (&["default.s3.x", "y"], format!("{default}s3 =\n    x = y\n"), ""),
        (&["default.s3.x.y", "z"], format!("{default}s3 = z\n"), ""),
        (&["profile.new.region", "z"], "[profile new]\nregion = z\n".to_owned(), ""),
        (
            &["region", "z", "--profile", "Foo Bar"],
            "[profile 'Foo Bar']\nregion = z\n".to_owned(),
            "",
        ),
        (
            &["region", "z", "--profile", "it's a"],
            "[profile 'it'\"'\"'s a']\nregion = z\n".to_owned(),
            "",
        ),
        (&["region", "", "--profile", "a\tb"], "[profile 'a\tb']\nregion = \n".to_owned(), ""),
        (&["a=b", "c"], format!("{default}a=b = c\n"), ""),
        (&["region", "-1"], format!("{default}region = -1\n"), ""),
        (
            &["aws_access_key_id", "A", "--profile", "Foo Bar"],
            String::new(),
            "[Foo Bar]\naws_access_key_id = A\n",
        ),
        (&["aws_security_token", "T"], String::new(), "[default]\naws_security_token = T\n"),
        (&["profile.a b.aws_session_token", "T"], String::new(), "[a b]\naws_session_token = T\n"),
        (&["plugins.aws_access_key_id", "A"], String::new(), "[plugins]\naws_access_key_id = A\n"),
    ] {
        let home = Home::new(config, "");
        let all: Vec<&str> = std::iter::once("set").chain(words.iter().copied()).collect();
        assert_eq!(home.run_words(&all), (0, String::new(), String::new()), "{words:?}");
        assert_eq!(home.file("config"), format!("{config}{added}"), "{words:?}");
        assert_eq!(home.file("credentials"), shared, "{words:?}");
        // The AWS CLI does not read these back under the same name.
        if !["plugins.x.y", "profile.plugins.x", "a=b"].contains(&words[0]) {
            let mut get = all.clone();
            get[0] = "get";
            let expected = format!("{}\n", get.remove(2));
            assert_eq!(home.run_words(&get), (0, expected, String::new()), "{words:?}");
        }
        // A second `set` changes nothing.
        assert_eq!(home.run_words(&all).0, 0);
        assert_eq!(home.file("config"), format!("{config}{added}"), "{words:?}");
        assert_eq!(home.file("credentials"), shared, "{words:?}");
    }
    let home = Home::new("[profile \"Foo Bar\"]\nregion = a\n", "");
    home.run_words(&["set", "region", "z", "--profile", "Foo Bar"]);
    assert_eq!(home.file("config"), "[profile \"Foo Bar\"]\nregion = z\n");
    for name in ["profile.p", "default.s3"] {
        let home = Home::new(CONFIG, "");
        let (code, text) = home.refused(&format!("get {name}"));
        let expected = match name {
            "profile.p" => (255, "list index out of range".to_owned()),
            _ => (
                1,
                format!("varname ({name}) must reference a value, not a section or sub-section."),
            ),
        };
        assert_eq!((code, text), expected);
    }
}

/// A value with several lines would set other settings.
#[test]
fn line_breaks_are_refused_and_change_nothing() {
    let invalid = "newline characters and carriage returns are not allowed";
    for (words, problem) in [
        (&["k", "a\nb"][..], format!("Invalid value for key k: {invalid}.")),
        (&["s3.k", "a\rb"], format!("Invalid value for key s3: {invalid}.")),
        (&["k\n", "a"], format!("Invalid key: {invalid}: 'k\\n'")),
        (&["s3.k\n", "a"], format!("Invalid key: {invalid}: 'k\\n'")),
        (
            &["k", "a", "--profile", "x\ny"],
            format!("Invalid section name: {invalid}: 'profile x\\ny'"),
        ),
        (
            &["aws_access_key_id", "a\n"],
            format!("Invalid value for key aws_access_key_id: {invalid}."),
        ),
    ] {
        let home = Home::new(CONFIG, "");
        let all: Vec<&str> = std::iter::once("set").chain(words.iter().copied()).collect();
        let (code, out, err) = home.run_words(&all);
        assert_eq!((code, out.as_str()), (255, ""), "{words:?}");
        assert_eq!(err, format!("\naws: [ERROR]: {problem}\n"));
        assert_eq!((home.file("config").as_str(), home.file("credentials").as_str()), (CONFIG, ""));
    }
}

#[test]
fn a_credentials_file_that_others_can_read_gives_a_warning() {
    let table = tempfile::NamedTempFile::new().unwrap();
    let csv = "User name,Access key ID,Secret access key\nann,A1,S1\nbob,A2,S2\n";
    std::fs::write(&table, csv).unwrap();
    let import = format!("import --csv file://{}", table.path().display());
    let login = "mfa-login --serial-number 123456789 --update-profile x";
    for (words, mode, warned) in [
        ("set aws_access_key_id A", 0o644, true),
        ("set aws_session_token T --profile new", 0o640, true),
        ("set aws_access_key_id A", 0o620, true),
        ("set aws_access_key_id A", 0o601, true),
        ("set aws_access_key_id A", 0o700, false),
        ("set aws_access_key_id A", 0o600, false),
        ("set region A", 0o644, false),
        ("--profile p", 0o644, true),
        (&import, 0o644, true),
        (login, 0o644, true),
        (login, 0o600, false),
    ] {
        let home = Home::new(CONFIG, "[p]\n").answering(&["123456", "secret", "", ""]);
        let path = home.folder.path().join(".aws/credentials");
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&path, permissions.clone()).unwrap();
        let (code, _, err) = home.run(words);
        let path = path.display();
        let warning = format!(
            "\naws: [WARNING]: The file '{path}' is accessible by other users. Consider running \
             'chmod 600 {path}' to restrict access to only your user.\n"
        );
        assert_eq!((code, err), (0, if warned { warning } else { String::new() }), "{words}");
        let kept = std::fs::metadata(home.folder.path().join(".aws/credentials")).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, mode, "{words}");
    }
    // A new file is readable by its owner only.
    assert_eq!(Home::new("", "").run("set aws_access_key_id A"), (0, String::new(), String::new()));
}

#[test]
fn list_shows_settings_with_their_source() {
    let home = Home::new(CONFIG, "").knowing(None);
    assert_eq!(
        home.succeed("list --profile p"),
        "NAME       : VALUE                    : TYPE             : LOCATION\n\
         profile    : p                        : manual           : --profile\n\
         access_key : ****************1234     : assume-role      : \n\
         secret_key : ****************5678     : assume-role      : \n\
         region     : b-1                      : config-file      : ~/.aws/config\n"
    );
    let home = Home::new("", "").with("AWS_PROFILE", "nope");
    let (code, out, err) = home.run("list");
    assert_eq!(
        out,
        "NAME       : VALUE                    : TYPE             : LOCATION\n\
         profile    : nope                     : env              : ['AWS_PROFILE', \
         'AWS_DEFAULT_PROFILE']\n"
    );
    assert!(code == 255 && err.contains("(nope) could not be found"), "{err}");
    let none = Home::new("", "").succeed("list");
    assert!(none.ends_with("region     : <not set>                : None             : None\n"));
}

#[test]
fn credentials_are_exported_in_every_form() {
    let home = Home::new("", "").knowing(Some("T"));
    assert_eq!(
        home.succeed("export-credentials"),
        "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"AKIA1234\",\n  \"SecretAccessKey\": \
         \"secret\\\"5678\",\n  \"SessionToken\": \"T\",\n  \"Expiration\": \
         \"2030-01-02T03:04:05+00:00\"\n}\n"
    );
    for (format, first, last) in [
        ("env", "export AWS_ACCESS_KEY_ID=AKIA1234", "export AWS_CREDENTIAL_EXPIRATION=2030"),
        ("env-no-export", "AWS_ACCESS_KEY_ID=AKIA1234", "AWS_CREDENTIAL_EXPIRATION=2030"),
        ("powershell", "$Env:AWS_ACCESS_KEY_ID=\"AKIA1234\"", "$Env:AWS_CREDENTIAL_EXPIRATION=\""),
        ("windows-cmd", "set AWS_ACCESS_KEY_ID=AKIA1234", "set AWS_CREDENTIAL_EXPIRATION=2030"),
        ("fish", "set -gx AWS_ACCESS_KEY_ID \"AKIA1234\"", "set -gx AWS_CREDENTIAL_EXPIRATION \""),
    ] {
        let output = home.succeed(&format!("export-credentials --format {format}"));
        let lines: Vec<_> = output.lines().collect();
        assert_eq!((lines.len(), lines[0]), (4, first));
        assert!(lines[3].starts_with(last), "{output}");
    }
    let none = Home::new("", "").refused("export-credentials");
    let text =
        "An error occurred (Configuration): Unable to retrieve credentials: no credentials found";
    assert_eq!(none, (253, text.to_owned()));
}

#[test]
fn profiles_that_export_each_other_are_refused() {
    let chain = |seen: &str| {
        let home = Home::new(CONFIG, "").knowing(None).with("_AWS_CLI_PROFILE_CHAIN", seen);
        home.refused("export-credentials --profile p")
    };
    let (code, text) = chain("a,p");
    assert_eq!(code, 253);
    assert!(text.ends_with("infinite loop, profile cycle: a -> p -> p"), "{text}");
    let (_, text) = chain("a,b,c,d");
    assert!(text.ends_with("reached (4).\nProfiles seen: a -> b -> c -> d"), "{text}");
    assert_eq!(chain("a,b").0, 0);
}

#[test]
fn a_code_becomes_a_profile() {
    let serial = "arn:aws:iam::123456789012:mfa/path/d";
    let home = Home::new("", "").answering(&[serial, "123456", ""]);
    assert_eq!(
        home.succeed("mfa-login"),
        "MFA serial number or ARN: MFA token code: Profile to update [123456789012-d]: Temporary \
         credentials written to profile '123456789012-d'\nCredentials will expire at \
         2030-01-02T03:04:05+00:00\nTo use these credentials, specify --profile 123456789012-d \
         when running AWS CLI commands\n"
    );
    assert_eq!(
        home.file("credentials"),
        "[123456789012-d]\naws_access_key_id = ASIA\naws_secret_access_key = s\n\
         aws_session_token = t\n"
    );
    let asked = home.endpoint.asked.lock().unwrap();
    assert!(asked[0].contains("43200") && asked[0].contains(serial), "{asked:?}");
}

#[test]
fn mfa_login_prompts_only_for_missing_credentials() {
    let config = "[default]\nmfa_serial = 123456789\n";
    let known = Home::new(config, "").with("AWS_ENDPOINT_URL", "http://h").knowing(None);
    let out = known.answering(&["123456"]).succeed("mfa-login --update-profile x");
    assert!(
        out.starts_with("MFA token code: Temporary credentials written to profile 'x'"),
        "{out}"
    );

    let strange = Home::new("", "").with("AWS_ENDPOINT_URL", "http://h");
    let strange = strange.answering(&["AKIA", "secret", "123456789", "123456", "mine"]);
    let out = strange.succeed("mfa-login");
    assert!(
        out.starts_with(
            "Please provide your AWS credentials:\nAWS Access Key ID: AWS Secret Access Key: MFA \
             serial number or ARN: MFA token code: Profile to update [session-123456789]: \
             Temporary credentials written to profile 'mine'"
        ),
        "{out}"
    );
}

#[test]
fn a_failed_mfa_login_writes_nothing() {
    let mut home = Home::new("", "").answering(&["123456"]);
    home.endpoint = Arc::new(Endpoint { refuses: true, ..Endpoint::default() });
    let words = "mfa-login --serial-number 123456789 --update-profile x";
    let text = "An error occurred: An error occurred (AccessDenied) when calling the \
                GetSessionToken operation: wrong code.";
    assert_eq!(home.refused(words), (1, text.to_owned()));
    assert_eq!(home.file("credentials"), "");
    // The input is at its end.
    assert_eq!(home.refused(words), (255, "EOF when reading a line".to_owned()));
    let empty = Home::new("", "").answering(&[""]);
    assert_eq!(empty.refused(words), (1, "MFA token code is required".to_owned()));
    let (code, text) = empty.refused("mfa-login --duration-seconds x");
    assert_eq!((code, text.as_str()), (255, "invalid literal for int() with base 10: 'x'"));
}

#[test]
fn keys_are_imported_from_a_table() {
    let home = Home::new("", "");
    let table = home.folder.path().join("keys.csv");
    let csv = "\u{feff}User name,Password,Access key ID,Secret access key\nann,,A1,S1\nbob,,,\n";
    std::fs::write(&table, csv).unwrap();
    let words = format!("import --csv file://{} --profile-prefix x-", table.display());
    let row = "Failed to parse entry #2: Row missing value for header \"Access Key ID\"";
    assert_eq!(home.refused(&words), (255, row.to_owned()));
    let output = home.succeed(&format!("{words} --skip-invalid"));
    assert_eq!(output, "Successfully imported 1 profile(s)\n");
    assert_eq!(
        home.file("credentials"),
        "[x-ann]\naws_access_key_id = A1\naws_secret_access_key = S1\n"
    );
}

#[test]
fn configure_prompts_and_keeps_values_that_are_not_answered() {
    let home = Home::new(CONFIG, "[p]\naws_access_key_id = OLDKEY\n");
    let home = home.answering(&["", "secret", "", "text"]);
    assert_eq!(
        home.succeed("--profile p"),
        "AWS Access Key ID [****************DKEY]: AWS Secret Access Key [None]: Default region \
         name [b-1]: Default output format [None]: "
    );
    assert_eq!(
        home.file("credentials"),
        "[p]\naws_access_key_id = OLDKEY\naws_secret_access_key = secret\n"
    );
    assert_eq!(home.file("config"), format!("{CONFIG}output = text\n"));
}

#[test]
fn unknown_subcommands_are_refused_and_help_exists() {
    let home = Home::new("", "");
    let (code, text) = home.refused("lst");
    assert!(code == 252 && text.contains("Found invalid choice 'lst'"), "{text}");
    assert_eq!(home.refused("sso").0, 252);
    let all = home.succeed("help");
    for (name, _) in super::SUBCOMMANDS {
        assert!(all.contains(name), "{name}");
        let page = home.succeed(&format!("{name} help"));
        assert!(page.starts_with(&format!("NAME\n       {name} - ")), "{page}");
        assert!(page.contains(&format!("aws configure {name}")), "{page}");
    }
}
