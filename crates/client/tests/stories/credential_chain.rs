//! The credential chain: its order, its errors, its prompts and its calls of STS.

use std::{os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use vmfa_client::{
    Calls as _, ClientContext, ClientError, Configuration, ConnectionOptions, Credentials, Route,
};
use vmfa_iam::Api;

use crate::support::{self, Log, Reply, Server, call, context, refusal, to, user};

/// A home directory with both files.
struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &str, credentials: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, variables: &[(&str, &str)], profile: Option<&str>) -> Configuration {
        let home = self.path().to_str().unwrap();
        let mut all = vec![("HOME", home)];
        all.extend(variables);
        crate::support::configuration(&all, profile)
    }

    /// Method and id of the credentials that are found, or the error.
    fn found(&self, variables: &[(&str, &str)], profile: Option<&str>) -> String {
        let (context, _) = context(None);
        let route = route(self.load(variables, profile));
        told(route.and_then(|route| route.credentials(&context)))
    }
}

fn route(configuration: Configuration) -> Result<Route, ClientError> {
    Route::resolve(&[Api::Iam], configuration, ConnectionOptions::default())
}

fn told(found: Result<Option<Credentials>, ClientError>) -> String {
    match found {
        Ok(Some(found)) => {
            let token = found.token.map_or(String::new(), |token| format!(" {}", token.expose()));
            format!("{} {}{token}", found.method, found.key.id)
        }
        Ok(None) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

const ENV: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")];

#[test]
fn the_environment_comes_first_unless_an_option_names_a_profile() {
    let home = Home::new(
        "[profile c]\naws_access_key_id=C\naws_secret_access_key=s\naws_session_token=T\n",
        "[default]\naws_access_key_id=D\naws_secret_access_key=s\n\
         [p]\naws_access_key_id=P\naws_secret_access_key=s\naws_security_token=U\n",
    );
    assert_eq!(home.found(&ENV, None), "env ENV");
    let mut session = ENV.to_vec();
    session.push(("AWS_SESSION_TOKEN", "T"));
    assert_eq!(home.found(&session, None), "env ENV T");
    assert_eq!(home.found(&[], None), "shared-credentials-file D");
    assert_eq!(home.found(&ENV, Some("p")), "shared-credentials-file P U");
    assert_eq!(home.found(&ENV, Some("c")), "config-file C T");
    let mut named = ENV.to_vec();
    named.push(("AWS_PROFILE", "p"));
    assert_eq!(home.found(&named, None), "env ENV");
    assert_eq!(home.found(&[("AWS_PROFILE", "p")], None), "shared-credentials-file P U");
    assert_eq!(Home::new("", "").found(&[], None), "none");
}

#[test]
fn a_partial_access_key_is_reported_with_its_provider() {
    let home = Home::new(
        "[profile c]\naws_access_key_id=C\n",
        "[p]\naws_access_key_id=P\n[q]\naws_secret_access_key=s\n",
    );
    let partial = "Partial credentials found in";
    let secret = "missing: aws_secret_access_key";
    assert_eq!(
        home.found(&ENV[..1], None),
        format!("{partial} env, missing: AWS_SECRET_ACCESS_KEY")
    );
    assert_eq!(home.found(&[], Some("p")), format!("{partial} shared-credentials-file, {secret}"));
    assert_eq!(home.found(&[], Some("c")), format!("{partial} config-file, {secret}"));
    // A secret without an id is ignored.
    assert_eq!(home.found(&[], Some("q")), "none");
    assert_eq!(home.found(&ENV[1..], None), "none");
}

/// A home whose profile `p` has a process that prints this text.
fn printing(text: &str) -> Home {
    let home = Home::new("", "");
    let file = home.path().join("printed");
    std::fs::write(&file, text).unwrap();
    let config = format!("[profile p]\ncredential_process = cat '{}'\n", file.display());
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    home
}

#[test]
fn a_process_prints_credentials_or_its_failure_is_reported() {
    let good = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"T"}"#;
    assert_eq!(printing(good).found(&[], Some("p")), "custom-process A T");
    let failed = "Error when retrieving credentials from custom-process:";
    for (text, problem) in [
        (
            r#"{"Version":2,"AccessKeyId":"A"}"#,
            "Unsupported version '2' for credential process provider, supported versions: 1",
        ),
        (
            r#"{"AccessKeyId":"A"}"#,
            "Unsupported version '<Version key not provided>' for credential process provider, supported versions: 1",
        ),
        (
            r#"{"Version":1,"AccessKeyId":"A"}"#,
            "Missing required key in response: 'SecretAccessKey'",
        ),
        ("SECRET", "credential_process printed something that is not JSON"),
    ] {
        assert_eq!(printing(text).found(&[], Some("p")), format!("{failed} {problem}"));
    }
    let ends = |end| {
        let keys = r#""Version":1,"AccessKeyId":"A","SecretAccessKey":"s""#;
        printing(&format!(r#"{{{keys},"Expiration":"{end}"}}"#)).found(&[], Some("p"))
    };
    assert_eq!(ends("2030-01-03T00:00:00+02:00"), "custom-process A");
    assert_eq!(ends("2020-01-02T03:04:05Z"), EXPIRED);
    assert_eq!(ends("junk"), "Unknown string format: junk");

    let told = |command: &str| {
        Home::new(&format!("[profile p]\ncredential_process={command}\n"), "").found(&[], Some("p"))
    };
    assert_eq!(told("sh -c 'echo no >&2; exit 3'"), format!("{failed} no\n"));
    assert_eq!(told("/no/such x"), "[Errno 2] No such file or directory: '/no/such'");
    assert_eq!(told("'x"), "No closing quotation");
    let long = "credential_process printed more than 1 MiB";
    assert_eq!(told("cat /dev/zero"), format!("{failed} {long}"));
    // Both streams are read to the end.
    let loud = "sh -c 'head -c 900000 /dev/zero >&2; head -c 900000 /dev/zero; exit 1'";
    assert!(told(loud).starts_with(failed));
}

#[test]
fn expired_credentials_of_the_environment_are_refused() {
    let home = Home::new("", "");
    let ends = |end| home.found(&[ENV[0], ENV[1], ("AWS_CREDENTIAL_EXPIRATION", end)], None);
    assert_eq!(ends("2030-01-03T00:00:00Z"), "env ENV");
    assert_eq!(ends(""), "env ENV");
    assert_eq!(ends("2030-01-02T03:04:05Z"), EXPIRED);
    assert_eq!(ends("soon"), "Unknown string format: soon");
}

/// botocore's error for new credentials that have expired.
const EXPIRED: &str =
    "Credentials were refreshed, but the refreshed credentials are still expired.";

#[test]
fn a_process_is_run_again_when_its_credentials_expire() {
    for (end, runs) in [("2030-01-02T04:04:05Z", 1), ("2030-01-02T03:04:35Z", 3)] {
        let home = Home::new("", "");
        let (printed, log) = (home.path().join("printed"), home.path().join("log"));
        let text = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"END"}"#;
        std::fs::write(&printed, text.replace("END", end)).unwrap();
        let config = format!(
            "[profile p]\nregion=eu-west-1\ncredential_process = sh -c 'echo >> \"{}\"; cat \
             \"{}\"'\n",
            log.display(),
            printed.display()
        );
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let iam = Server::start(vec![Reply::Say(200, user("a")); 2]);
        let (context, _) = context(None);
        let configuration = home.load(&[], Some("p"));
        let endpoint =
            support::endpoint(Api::Iam, &configuration, &to(&iam.url()), &context).unwrap();
        for _ in 0..2 {
            endpoint.call(call(Api::Iam, "GetUser", &[])).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&log).unwrap().len(), runs, "{end}");
    }
}

const ROLE: &str = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\n";
const BASE: &str = "[base]\naws_access_key_id=BASE\naws_secret_access_key=s\n";

#[test]
fn a_role_that_cannot_be_assumed_is_refused_in_botocores_words() {
    let told = |config: &str| Home::new(config, BASE).found(&[], Some("r"));
    let role = |more: &str| told(&format!("{ROLE}{more}"));
    assert_eq!(
        role(""),
        "Partial credentials found in assume-role, missing: source_profile or credential_source"
    );
    assert_eq!(
        role("source_profile=base\ncredential_source=Environment\n"),
        "The profile \"r\" contains both source_profile and credential_source."
    );
    assert_eq!(
        role("source_profile=nope\n"),
        "The source_profile \"nope\" referenced in the profile \"r\" does not exist."
    );
    assert_eq!(
        role("source_profile=empty\n[profile empty]\nregion=x\n"),
        "The source profile \"empty\" must have credentials."
    );
    assert_eq!(
        role("credential_source=Nope\n"),
        "The credential source \"Nope\" referenced in profile \"r\" is not valid."
    );
    assert_eq!(
        role("credential_source=Environment\n"),
        "Error when retrieving credentials from Environment: No credentials found in \
         credential_source referenced in profile r"
    );
    assert!(role("credential_source=Ec2InstanceMetadata\n").contains("is not supported"));
    assert_eq!(
        role("source_profile=h\n[profile h]\naws_access_key_id=A\n"),
        "Partial credentials found in config-file, missing: aws_secret_access_key"
    );
    // A profile may have the access key that assumes its role; only STS's endpoint is missing here.
    let own = role("source_profile=r\naws_access_key_id=A\naws_secret_access_key=s\n");
    assert!(own.contains("AWS_ENDPOINT_URL_STS"), "{own}");
    let looped = "Infinite loop in credential configuration detected. Attempting to load from \
                  profile";
    assert_eq!(
        role("source_profile=r\n"),
        format!("{looped} r which has already been visited. Visited profiles: ['r']")
    );
    assert_eq!(
        role("source_profile=q\n[profile q]\nrole_arn=x\nsource_profile=r\n"),
        format!("{looped} r which has already been visited. Visited profiles: ['r', 'q']")
    );
    assert!(
        told("[profile r]\nsso_account_id=1\n")
            .starts_with("profile `r` gets its credentials by SSO")
    );
    assert!(
        told("[profile r]\nrole_arn=x\nweb_identity_token_file=f\n").contains("a web identity")
    );
}

/// A response to `AssumeRole`, valid for an hour.
fn assumed(id: &str) -> Reply {
    assumed_until(id, "2030-01-02T04:04:05Z")
}

fn assumed_until(id: &str, end: &str) -> Reply {
    Reply::Say(
        200,
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{id}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>TOKEN</SessionToken>\
             <Expiration>{end}</Expiration></Credentials><AssumedRoleUser>\
             <Arn>a</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

/// The access key that signed a request.
fn signer(seen: &crate::support::Seen) -> String {
    let signed = seen.header("authorization").unwrap();
    let (_, rest) = signed.split_once("Credential=").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn a_role_is_assumed_once_with_a_code_and_cached_for_the_next_command() {
    let config = format!(
        "{ROLE}source_profile=base\nmfa_serial=arn:aws:iam::123456789012:mfa/d\nexternal_id=e\n\
         duration_seconds=900\nregion=eu-west-1\n"
    );
    let home = Home::new(&config, BASE);
    let sts = Server::start(vec![assumed("ROLE")]);
    let iam = Server::start(vec![Reply::Say(200, user("a")); 3]);
    let url = sts.url();
    let variables = [("AWS_ENDPOINT_URL_STS", url.as_str())];
    let get = |context: &ClientContext| {
        let configuration = home.load(&variables, Some("r"));
        let endpoint =
            support::endpoint(Api::Iam, &configuration, &to(&iam.url()), context).unwrap();
        for _ in 0..2 {
            endpoint.call(call(Api::Iam, "GetUser", &[])).unwrap();
        }
    };
    let (first, log): (_, Arc<Log>) = context(Some("123456"));
    get(&first);
    assert_eq!(
        *log.prompts.lock().unwrap(),
        ["Enter MFA code for arn:aws:iam::123456789012:mfa/d: "]
    );
    let seen = sts.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].body,
        "Action=AssumeRole&Version=2011-06-15&ExternalId=e&SerialNumber=arn%3Aaws%3Aiam%3A%3A\
         123456789012%3Amfa%2Fd&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3A\
         role%2Fr&RoleSessionName=botocore-session-1893553445&TokenCode=123456"
    );
    assert_eq!(signer(&seen[0]), "BASE");
    assert_eq!(signer(&iam.seen()[0]), "ROLE");
    assert_eq!(iam.seen()[0].header("x-amz-security-token"), Some("TOKEN"));
    assert!(
        !log.notes().contains("123456&") && !log.notes().contains("TOKEN\""),
        "{}",
        log.notes()
    );
    assert!(!log.notes().contains("'TokenCode': '123456'"));

    let cache = home.path().join(".aws/cli/cache");
    let files: Vec<_> =
        std::fs::read_dir(&cache).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let mode = std::fs::metadata(&files[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Another command neither prompts nor calls STS.
    let (second, log) = context(None);
    let configuration = home.load(&variables, Some("r"));
    let endpoint = support::endpoint(Api::Iam, &configuration, &to(&iam.url()), &second).unwrap();
    endpoint.call(call(Api::Iam, "GetUser", &[])).unwrap();
    assert!(log.prompts.lock().unwrap().is_empty());
    assert_eq!(sts.seen().len(), 1);
}

#[test]
fn for_the_shortest_session_a_code_is_prompted_once() {
    let config = format!("{ROLE}source_profile=base\nmfa_serial=d\nregion=eu-west-1\n");
    let home = Home::new(&config, BASE);
    let sts = Server::start(vec![assumed_until("ROLE", "2030-01-02T03:19:05Z")]);
    let iam = Server::start(vec![Reply::Say(200, user("a")); 3]);
    let url = sts.url();
    let configuration = home.load(&[("AWS_ENDPOINT_URL_STS", &url)], Some("r"));
    let (context, log) = context(Some("123456"));
    let endpoint = support::endpoint(Api::Iam, &configuration, &to(&iam.url()), &context).unwrap();
    for _ in 0..3 {
        endpoint.call(call(Api::Iam, "GetUser", &[])).unwrap();
    }
    assert_eq!((log.prompts.lock().unwrap().len(), sts.seen().len()), (1, 1));
}

#[test]
fn a_role_may_be_assumed_by_another_role() {
    let config = format!(
        "{ROLE}source_profile=q\nrole_session_name=me\nregion=eu-west-1\n\
         [profile q]\nrole_arn=arn:q\ncredential_source=Environment\n"
    );
    let home = Home::new(&config, "");
    let sts = Server::start(vec![assumed("Q"), assumed("R")]);
    let url = sts.url();
    let mut variables = ENV.to_vec();
    variables.push(("AWS_ENDPOINT_URL", &url));
    assert_eq!(home.found(&variables, Some("r")), "assume-role R TOKEN");
    let seen = sts.seen();
    assert_eq!([signer(&seen[0]), signer(&seen[1])], ["ENV", "Q"]);
    assert!(seen[1].body.contains("RoleSessionName=me"), "{}", seen[1].body);
}

#[test]
fn a_refusal_by_sts_is_reported_as_by_the_aws_cli() {
    let home = Home::new(&format!("{ROLE}source_profile=base\nregion=eu-west-1\n"), BASE);
    let sts = Server::start(vec![Reply::Say(403, refusal("AccessDenied", "not you "))]);
    let (context, _) = context(None);
    let url = sts.url();
    let configuration = home.load(&[("AWS_ENDPOINT_URL", &url)], Some("r"));
    let refused = route(configuration).unwrap().credentials(&context).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "An error occurred (AccessDenied) when calling the AssumeRole operation: not you"
    );
    assert_eq!(refused.kind().exit_code(), 254);
}

#[test]
fn without_a_code_and_without_an_endpoint_nothing_is_sent() {
    let config = format!("{ROLE}source_profile=base\nmfa_serial=d\nregion=eu-west-1\n");
    let home = Home::new(&config, BASE);
    let server = Server::start(Vec::new());
    let url = server.url();
    let told = home.found(&[("AWS_ENDPOINT_URL", &url)], Some("r"));
    assert_eq!(told, "cannot assume role `arn:aws:iam::123456789012:role/r` without a code of `d`");
    // For an endpoint that is not AWS's own, AWS's STS is not called.
    let (context, _) = context(Some("123456"));
    let configuration = home.load(&[], Some("r"));
    let endpoint = support::endpoint(Api::Iam, &configuration, &to(&url), &context).unwrap();
    let told = endpoint.call(call(Api::Iam, "GetUser", &[])).unwrap_err().to_string();
    assert!(told.contains("AWS_ENDPOINT_URL_STS"), "{told}");
    assert!(server.seen().is_empty());
}
