//! Calls to endpoints on loopback: requests, retries and errors.

use std::{sync::Arc, time::Duration};

use crate::support::{
    self, KEYS, Log, NOW, Reply, Seen, Server, call, configuration, context, refusal, to, user,
};
use vmfa_client::{CallError, Calls as _, ClientError, ClientErrorKind, ConnectionOptions};
use vmfa_iam::Api;
use vmfa_model::{Record, Value};
use vmfa_sigv4::{Request, RequestSignature, SigningKey};

/// Calls `GetUser`.
fn get_user(
    variables: &[(&str, &str)],
    options: &ConnectionOptions,
) -> (Result<Record, CallError>, Arc<Log>) {
    let (context, log) = context(None);
    let configuration = configuration(variables, None);
    let endpoint = support::endpoint(Api::Iam, &configuration, options, &context).unwrap();
    (endpoint.call(call(Api::Iam, "GetUser", &[("UserName", "a b")])), log)
}

fn name_of(response: &Record) -> &str {
    let Some(Value::Structure(user)) = response.get("User") else { panic!("{response:?}") };
    user.text("UserName").unwrap()
}

fn text(response: Result<Record, CallError>) -> String {
    response.unwrap_err().to_string()
}

/// Verifies a request as a server does.
fn verify(seen: &Seen, secret: &str) -> RequestSignature {
    let headers: Vec<_> =
        seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let target = seen.line.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = seen.body.as_bytes();
    let request = Request { method: "POST", path, query, headers: &headers, body };
    let presented = RequestSignature::read(&request).unwrap();
    presented.check_time(NOW).unwrap();
    let scope = presented.scope();
    let key = SigningKey::derive(secret, &scope.date, &scope.region, &scope.service);
    presented.verify(&key).unwrap();
    presented
}

#[test]
fn a_request_is_signed_so_that_a_server_accepts_it() {
    let server = Server::start(vec![Reply::Say(200, user("bob"))]);
    let (response, _) = get_user(&KEYS, &to(&server.url()));
    assert_eq!(name_of(&response.unwrap()), "bob");
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST / HTTP/1.1");
    assert_eq!(seen[0].body, "Action=GetUser&Version=2010-05-08&UserName=a+b");
    assert_eq!(seen[0].header("user-agent"), Some("vmfa/test"));
    assert_eq!(seen[0].header("amz-sdk-request"), Some("attempt=1"));
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    let signed = seen[0].header("authorization").unwrap();
    assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date,"), "{signed}");
    let presented = verify(&seen[0], KEYS[1].1);
    assert_eq!(presented.access_key(), "AKIDEXAMPLE");
    assert_eq!(presented.scope().region, "eu-west-1");
}

#[test]
fn the_signature_covers_path_query_and_a_host_in_capitals() {
    let server = Server::start(vec![Reply::Say(200, user("bob"))]);
    let url = format!("http://LOCALHOST:{}/a%20b/c?x=1&y", server.port);
    let (response, _) = get_user(&KEYS, &to(&url));
    response.unwrap();
    assert_eq!(server.seen()[0].line, "POST /a%20b/c?x=1&y HTTP/1.1");
    verify(&server.seen()[0], KEYS[1].1);
}

#[test]
fn a_session_token_is_sent_and_not_shown_by_debug() {
    let server = Server::start(vec![Reply::Say(200, user("bob"))]);
    let mut variables = KEYS.to_vec();
    variables.push(("AWS_SESSION_TOKEN", "TOKEN/of=a+session"));
    let (response, log) = get_user(&variables, &to(&server.url()));
    response.unwrap();
    let presented = verify(&server.seen()[0], KEYS[1].1);
    assert_eq!(presented.security_token(), Some("TOKEN/of=a+session"));
    let notes = log.notes();
    for part in [
        "CanonicalRequest:\nPOST\n/\n",
        "StringToSign:\nAWS4",
        "'UserName': 'a b'",
        "<UserName>bob",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("TOKEN/of"), "{notes}");
    assert!(!notes.contains(KEYS[1].1), "{notes}");
}

#[test]
fn debug_shows_no_codes_and_no_session_credentials() {
    let body = "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>\
        <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>SESSIONSECRET</SecretAccessKey>\
        <SessionToken>SESSIONTOKEN</SessionToken><Expiration>2030-01-02T03:04:05Z</Expiration>\
        </Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let server = Server::start(vec![Reply::Say(200, body.to_owned())]);
    let (context, log) = context(None);
    let configuration = configuration(&KEYS, None);
    let options = to(&server.url());
    let endpoint = support::endpoint(Api::Sts, &configuration, &options, &context).unwrap();
    endpoint.call(call(Api::Sts, "GetSessionToken", &[("TokenCode", "123456")])).unwrap();
    assert!(server.seen()[0].body.ends_with("TokenCode=123456"));
    let notes = log.notes();
    assert!(notes.contains("ASIA1"), "{notes}");
    for secret in ["123456", "SESSIONSECRET", "SESSIONTOKEN"] {
        assert!(!notes.contains(secret), "{secret}: {notes}");
    }
}

#[test]
fn requests_are_not_signed_without_the_option() {
    let server = Server::start(vec![Reply::Say(200, user("bob"))]);
    let options = ConnectionOptions { sign: false, ..to(&server.url()) };
    get_user(&[("AWS_REGION", "eu-west-1")], &options).0.unwrap();
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[test]
fn missing_credentials_are_an_error_of_the_first_call() {
    let (response, _) = get_user(&[("AWS_REGION", "eu-west-1")], &to("http://127.0.0.1:9"));
    let Err(CallError::Client(error)) = response else { panic!("{response:?}") };
    assert_eq!(error.kind(), ClientErrorKind::NoCredentials);
    let told = format!("{error}{}", error.kind().hint());
    assert_eq!(
        told,
        "Unable to locate credentials. You can configure credentials by running \"aws login\"."
    );
    assert_eq!(error.kind().exit_code(), 253);
}

#[test]
fn transient_errors_are_retried_with_a_growing_back_off() {
    let throttled = refusal("Throttling", "Rate exceeded");
    let replies = vec![
        Reply::Say(500, String::new()),
        Reply::Say(400, throttled),
        Reply::Say(200, user("b")),
    ];
    let server = Server::start(replies);
    let (response, log) = get_user(&KEYS, &to(&server.url()));
    assert_eq!(name_of(&response.unwrap()), "b");
    let attempts: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.header("amz-sdk-request").unwrap().to_owned())
        .collect();
    assert_eq!(attempts, ["attempt=1", "attempt=2", "attempt=3"]);
    let seen = server.seen();
    assert_eq!(seen[0].header("amz-sdk-invocation-id"), seen[2].header("amz-sdk-invocation-id"));
    let sleeps = log.sleeps.lock().unwrap();
    assert_eq!(sleeps.len(), 2);
    assert!(sleeps[0] < Duration::from_secs(1) && sleeps[1] < Duration::from_secs(2), "{sleeps:?}");
}

#[test]
fn exhausted_attempts_are_reported_with_their_number() {
    let reply = Reply::Say(503, "<html>no</html>".to_owned());
    for (most, retries) in [("3", 2), ("1", 0)] {
        let server = Server::start(vec![reply.clone(); 4]);
        let mut variables = KEYS.to_vec();
        variables.push(("AWS_MAX_ATTEMPTS", most));
        let (response, _) = get_user(&variables, &to(&server.url()));
        let Err(CallError::Exhausted { fault, retries: told }) = response else {
            panic!("{response:?}")
        };
        assert_eq!((fault.kind.code().as_ref(), told), ("503", retries));
        assert_eq!(fault.message.unwrap(), "Service Unavailable");
        assert_eq!(u32::try_from(server.seen().len()), Ok(retries + 1));
    }
}

#[test]
fn a_refusal_is_final() {
    let server = Server::start(vec![Reply::Say(403, refusal("AccessDenied", "no ")); 2]);
    let (response, _) = get_user(&KEYS, &to(&server.url()));
    let Err(CallError::Refused(fault)) = response else { panic!("{response:?}") };
    assert_eq!(fault.to_string(), "AccessDenied: no ");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_response_that_is_not_xml_is_final_and_shown() {
    let server = Server::start(vec![Reply::Say(200, "this is not xml".to_owned()); 2]);
    let (response, _) = get_user(&KEYS, &to(&server.url()));
    assert_eq!(
        text(response),
        "Unable to parse response (syntax error: line 1, column 0), invalid XML received. Further \
         retries may succeed:\nb'this is not xml'"
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::start(vec![Reply::Say(200, user("bob"))]);
    let reply = format!(
        "HTTP/1.1 307 X\r\nlocation: {}/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        other.url()
    );
    let server = Server::start(vec![Reply::Raw(reply)]);
    let (response, _) = get_user(&KEYS, &to(&server.url()));
    assert_eq!(
        text(response),
        "Unable to parse response (no element found: line 1, column 0), invalid XML received. \
         Further retries may succeed:\nb''"
    );
    assert!(other.seen().is_empty());
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn connection_errors_and_timeouts_are_distinguished() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{free}");
    let (response, log) = get_user(&KEYS, &to(&url));
    assert_eq!(text(response), format!("Could not connect to the endpoint URL: \"{url}/\""));
    assert_eq!(log.sleeps.lock().unwrap().len(), 2);
    let (response, _) = get_user(&KEYS, &to("http://no.such.host.invalid/"));
    assert_eq!(
        text(response),
        "Could not connect to the endpoint URL: \"http://no.such.host.invalid/\""
    );

    let once = [KEYS[0], KEYS[1], KEYS[2], ("AWS_MAX_ATTEMPTS", "1")];
    let server = Server::start(vec![Reply::Close]);
    let url = server.url();
    let (response, _) = get_user(&once, &to(&url));
    let closed = "Connection was closed before we received a valid response from endpoint URL";
    assert_eq!(text(response), format!("{closed}: \"{url}/\"."));

    let server =
        Server::start(vec![Reply::Raw("HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nab".into())]);
    let url = server.url();
    let (response, _) = get_user(&once, &to(&url));
    assert!(text(response).starts_with("Connection was closed before"));

    let server = Server::start(vec![Reply::Silence(Duration::from_secs(5)); 3]);
    let url = server.url();
    let options = ConnectionOptions { read_timeout: Some(Duration::from_millis(50)), ..to(&url) };
    let (response, _) = get_user(&once, &options);
    assert_eq!(text(response), format!("Read timeout on endpoint URL: \"{url}/\""));

    let server = Server::start(vec![Reply::Raw("hello\r\n\r\n".into())]);
    let (response, _) = get_user(&once, &to(&server.url()));
    assert!(text(response).starts_with("Connection was closed before"));
}

#[test]
fn certificates_are_verified_by_the_bundle_or_not_at_all() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("ca.pem");
    std::fs::write(&bundle, made.cert.pem()).unwrap();
    let bundle = bundle.to_str().unwrap();
    let start = || {
        let reply = Reply::Say(200, user("bob"));
        Server::secure(vec![reply], made.cert.der(), &made.signing_key.serialize_der())
    };
    let url = |server: &Server| format!("https://localhost:{}", server.port);
    let once = [KEYS[0], KEYS[1], KEYS[2], ("AWS_MAX_ATTEMPTS", "1")];

    let server = start();
    let told = text(get_user(&once, &to(&url(&server))).0);
    let expected = format!("SSL validation failed for {}/ ", url(&server));
    assert!(told.starts_with(&expected), "{told}");

    let server = start();
    let options = ConnectionOptions { ca_bundle: Some(bundle.to_owned()), ..to(&url(&server)) };
    assert_eq!(name_of(&get_user(&once, &options).0.unwrap()), "bob");
    verify(&server.seen()[0], KEYS[1].1);

    let server = start();
    let variables = [once[0], once[1], once[2], ("AWS_CA_BUNDLE", bundle)];
    get_user(&variables, &to(&url(&server))).0.unwrap();

    let server = start();
    let options = ConnectionOptions { verify: false, ..to(&url(&server)) };
    get_user(&once, &options).0.unwrap();

    // The name in the certificate counts.
    let server = start();
    let other = format!("https://127.0.0.1:{}", server.port);
    let options = ConnectionOptions { ca_bundle: Some(bundle.to_owned()), ..to(&other) };
    assert!(text(get_user(&once, &options).0).starts_with("SSL validation failed"));
}

#[test]
fn a_certificate_of_the_bundle_is_trusted_for_its_name_and_dates() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ca.pem");
    let told = |year: i32, name: &str, host: &str| {
        // As `openssl req -x509` makes them: an authority's.
        let mut made = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        made.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        made.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = made.self_signed(&key).unwrap();
        std::fs::write(&path, made.pem()).unwrap();
        let reply = Reply::Say(200, user("bob"));
        let server = Server::secure(vec![reply], made.der(), &key.serialize_der());
        let url = format!("https://{host}:{}", server.port);
        let options =
            ConnectionOptions { ca_bundle: Some(path.to_str().unwrap().to_owned()), ..to(&url) };
        let once = [KEYS[0], KEYS[1], KEYS[2], ("AWS_MAX_ATTEMPTS", "1")];
        get_user(&once, &options).0.map(|response| name_of(&response).to_owned())
    };
    assert_eq!(told(4000, "localhost", "localhost").unwrap(), "bob");
    let refused = told(4000, "localhost", "127.0.0.1").unwrap_err().to_string();
    assert!(refused.contains("not valid for name"), "{refused}");
    let refused = told(2000, "localhost", "localhost").unwrap_err().to_string();
    assert!(refused.contains("expired"), "{refused}");
}

#[test]
fn a_proxy_is_used_unless_the_host_is_exempt() {
    let proxy = Server::start(vec![Reply::Say(403, String::new())]);
    let server = Server::start(vec![Reply::Say(200, user("bob"))]);
    let address = format!("me:secret@127.0.0.1:{}", proxy.port);
    let variables =
        [KEYS[0], KEYS[1], KEYS[2], ("AWS_MAX_ATTEMPTS", "1"), ("HTTP_PROXY", &address)];
    let told = text(get_user(&variables, &to(&server.url())).0);
    let port = proxy.port;
    assert_eq!(
        told,
        format!("Failed to connect to proxy URL: \"http://***:***@127.0.0.1:{port}\"")
    );
    assert_eq!(proxy.seen()[0].line, format!("CONNECT 127.0.0.1:{} HTTP/1.1", server.port));
    assert!(server.seen().is_empty());

    let mut variables = variables.to_vec();
    variables.push(("no_proxy", "127.0.0.1"));
    get_user(&variables, &to(&server.url())).0.unwrap();
}

#[test]
fn errors_of_the_configuration_are_reported_before_any_request() {
    let (context, _) = context(None);
    let new = |variables: &[(&str, &str)], options: &ConnectionOptions| {
        let made = support::endpoint(Api::Iam, &configuration(variables, None), options, &context);
        made.err().map(|error| (error.to_string(), error.kind().exit_code()))
    };
    let told = |text: &str, exit| Some((text.to_owned(), exit));
    let here = to("http://127.0.0.1:9");
    assert_eq!(new(&KEYS[..2], &here), told("You must specify a region.", 253));
    assert_eq!(new(&KEYS, &to("localhost:5000")), told("Invalid endpoint: localhost:5000", 255));
    assert_eq!(
        new(&[KEYS[0], KEYS[2]], &here),
        told("Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY", 255)
    );
    let missing =
        ConnectionOptions { ca_bundle: Some("/no/such".to_owned()), ..to("https://127.0.0.1:9") };
    assert_eq!(
        new(&KEYS, &missing),
        told("Could not find a suitable TLS CA certificate bundle, invalid path: /no/such", 255)
    );
    // AWS's own needs no region.
    assert_eq!(new(&KEYS[..2], &to("aws")), None);
    assert!(matches!(ClientError::NoRegion.kind(), ClientErrorKind::NoRegion));
}
