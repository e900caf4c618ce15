//! The choice between endpoint and embedded store, and the caller on the latter.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use vmfa_client::{ActAs, Calls, ConnectionOptions, DataDirectory, Route, ServiceOptions, open};
use vmfa_iam::Api;
use vmfa_model::{Record, Value};

use crate::support::{FixedClock, Reply, Server, call, configuration, context, entropy, user};

fn means() -> ServiceOptions {
    ServiceOptions {
        clock: Arc::new(FixedClock),
        entropy: entropy(),
        settings: vmfa_iam::Settings::default(),
        account: None,
    }
}

/// The end of the ARN that a command acts as, or its error.
fn caller(home: &Path, variables: &[(&str, &str)], profile: Option<&str>) -> String {
    let directory = DataDirectory::new(home.join("data"), None);
    let (context, _) = context(None);
    let configuration = configuration(variables, profile);
    let route = Route::resolve(&[Api::Sts], configuration, ConnectionOptions::default()).unwrap();
    let calls = route.connect(&context, &|act_as| open(&directory, "test", &means(), act_as));
    let response = match calls {
        Ok(calls) => calls.call(call(Api::Sts, "GetCallerIdentity", &[])),
        Err(error) => return error.to_string(),
    };
    match response {
        Ok(response) => {
            let arn = response.text("Arn").unwrap();
            arn.rsplit(':').next().unwrap().to_owned()
        }
        Err(failed) => failed.to_string(),
    }
}

/// Makes a call as the root user.
fn root(home: &Path, api: Api, action: &str, members: &[(&'static str, &str)]) -> Record {
    let directory = DataDirectory::new(home.join("data"), None);
    let calls = open(&directory, "test", &means(), ActAs::Root).unwrap();
    calls.call(call(api, action, members)).unwrap()
}

fn texts<const N: usize>(response: &Record, within: &str, names: [&str; N]) -> [String; N] {
    let Some(Value::Structure(within)) = response.get(within) else { panic!("{response:?}") };
    names.map(|name| match within.get(name) {
        Some(Value::Secret(secret)) => secret.expose().to_owned(),
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{name} is {other:?}"),
    })
}

fn env<'a>(id: &'a str, secret: &'a str) -> [(&'static str, &'a str); 2] {
    [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)]
}

#[test]
fn keys_of_the_store_act_as_their_owner_and_named_unknown_ones_never_as_root() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    root(home, Api::Iam, "CreateUser", &[("UserName", "bob")]);
    let made = root(home, Api::Iam, "CreateAccessKey", &[("UserName", "bob")]);
    let [id, secret] = texts(&made, "AccessKey", ["AccessKeyId", "SecretAccessKey"]);
    let session = root(home, Api::Sts, "GetSessionToken", &[]);
    let members = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
    let [temporary, hidden, token] = texts(&session, "Credentials", members);
    let file = home.join("credentials");
    let strange = "aws_access_key_id=AKIASTRANGE\naws_secret_access_key=s\n";
    let lines = format!(
        "[default]\n{strange}[bob]\naws_access_key_id={id}\naws_secret_access_key={secret}\n\
         [strange]\n{strange}[session]\naws_access_key_id={temporary}\n\
         aws_secret_access_key={hidden}\naws_session_token={token}\n\
         [foreign]\n{strange}aws_session_token=T\n[bare]\nregion=x\n"
    );
    std::fs::write(&file, lines).unwrap();
    let file = ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());

    // No credentials, or those of the default profile.
    assert_eq!(caller(home, &[], None), "root");
    assert_eq!(caller(home, &[file], None), "root");
    // Keys of the environment.
    assert_eq!(caller(home, &env(&id, &secret), None), "user/bob");
    assert_eq!(caller(home, &env("AKIASTRANGE", "s"), None), "root");
    assert!(caller(home, &env(&id, "other"), None).contains("is inactive, or its secret is wrong"));
    // A session is the store's own, or refused.
    let with = |token: &str| {
        let [id, secret] = env(&temporary, &hidden);
        caller(home, &[id, secret, ("AWS_SESSION_TOKEN", token)], None)
    };
    assert_eq!(with(&token), "root");
    assert!(with("another").contains("is unknown in the data directory"));
    // Profiles.
    let named = |profile| caller(home, &[file], Some(profile));
    assert_eq!(named("bob"), "user/bob");
    assert_eq!(named("session"), "root");
    assert_eq!(
        named("strange"),
        "access key `AKIASTRANGE` is unknown in the data directory: set its endpoint with \
         --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url"
    );
    assert_eq!(named("foreign"), named("strange"));
    assert!(named("bare").starts_with("profile `bare` has no endpoint, and no access key"));
    assert_eq!(caller(home, &[file, ("AWS_PROFILE", "bob")], None), "user/bob");
    assert_eq!(caller(home, &[file, ("AWS_PROFILE", "strange")], None), named("strange"));
    // The environment's keys go before a profile that it names itself.
    let [first, second] = env(&id, &secret);
    assert_eq!(caller(home, &[file, ("AWS_PROFILE", "bare"), first, second], None), "user/bob");
}

#[test]
fn calls_go_to_a_named_endpoint() {
    let server = Server::start(vec![Reply::Say(200, user("far"))]);
    let url = server.url();
    let mut variables = crate::support::KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL", &url));
    let (context, _) = context(None);
    let opened = Mutex::new(0);
    let connect = |variables| {
        let configuration = configuration(variables, None);
        let options = ConnectionOptions::default();
        let route = Route::resolve(&[Api::Iam], configuration, options).unwrap();
        let calls = route.connect(&context, &|_| {
            *opened.lock().unwrap() += 1;
            Ok(Box::new(NoCalls))
        });
        (route.endpoint_url(Api::Iam).map(str::to_owned), calls.unwrap())
    };
    let (named, calls) = connect(&variables);
    assert_eq!(named.as_deref(), Some(url.as_str()));
    calls.call(call(Api::Iam, "GetUser", &[])).unwrap();
    assert_eq!((server.seen().len(), *opened.lock().unwrap()), (1, 0));

    let (named, _) = connect(&[]);
    assert_eq!((named, *opened.lock().unwrap()), (None, 1));
}

#[test]
fn an_api_without_an_endpoint_is_refused_where_the_other_has_one() {
    let (context, _) = context(None);
    let mut variables = crate::support::KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"));
    let configuration = configuration(&variables, None);
    let route = Route::resolve(&Api::AWS, configuration, ConnectionOptions::default()).unwrap();
    let calls = route.connect(&context, &|_| panic!("no data directory is opened")).unwrap();
    let refused = calls.call(call(Api::Iam, "GetUser", &[])).unwrap_err().to_string();
    assert_eq!(
        refused,
        "no endpoint is named for `iam`, but one is for another API: name it with \
         AWS_ENDPOINT_URL_IAM, or one for all with AWS_ENDPOINT_URL"
    );
}

struct NoCalls;

impl Calls for NoCalls {
    fn call(&self, _: vmfa_iam::Call) -> Result<Record, vmfa_client::CallError> {
        panic!("it is not called")
    }
}
