//! The socket of a data directory.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
};

use vmfa_iam::Api;
use vmfa_server::{Config, Error, LocalSocket, Server};
use vmfa_testkit::{ClientKey, Harness, TestResponse, TestService};

const LIST: &str = "Action=ListVirtualMFADevices&Version=2010-05-08";

fn ask(server: &Harness, headers: &str) -> TestResponse {
    let request = format!("GET /?{LIST} HTTP/1.1\r\nhost: vmfa\r\n{headers}\r\n");
    server.connect_locally().send(request).answer()
}

#[test]
fn callers_on_the_socket_are_the_root_or_the_owner_of_a_stored_key() {
    let server = Harness::start();
    assert_eq!(ask(&server, "").outcome(), "200");

    let root = &server.test.root;
    let (id, secret) = ("x-vmfa-access-key", "x-vmfa-secret-key");
    let known = format!("{id}: {}\r\n{secret}: {}\r\n", root.id, root.secret);
    assert_eq!(ask(&server, &known).outcome(), "200");
    for (headers, outcome) in [
        (format!("{id}: {}\r\n{secret}: {}x\r\n", root.id, root.secret), "403 AccessDenied"),
        (format!("{id}: {}\r\n", root.id), "403 AccessDenied"),
        (format!("{id}: AKIAIOSFODNN7EXAMPLE\r\n{secret}: x\r\n"), "403 InvalidClientTokenId"),
        (format!("{id}: \r\n"), "403 InvalidClientTokenId"),
    ] {
        assert_eq!(ask(&server, &headers).outcome(), outcome, "{headers}");
    }
}

#[test]
fn signatures_are_checked_on_the_socket_too() {
    let server = Harness::start();
    let mut client = server.client();
    let signed = client.signed(Api::Iam, "ListVirtualMFADevices", &[]);
    assert_eq!(server.connect_locally().send(signed).answer().outcome(), "200");
    client.key.secret.push('x');
    let signed = client.signed(Api::Iam, "ListVirtualMFADevices", &[]);
    let refused = server.connect_locally().send(signed).answer();
    assert_eq!(refused.outcome(), "403 SignatureDoesNotMatch");
    // A failed authentication never falls back to the root.
    let bearer = ask(&server, "authorization: Bearer abc\r\n");
    assert_eq!(bearer.outcome(), "403 MissingAuthenticationToken");
}

#[test]
fn the_socket_creates_root_keys() {
    let server = Harness::start();
    let request = "POST /vmfa/root-key HTTP/1.1\r\nhost: vmfa\r\n\r\n";
    let mut wire = server.connect_locally();
    let answer = wire.send(request).answer();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let mut lines = answer.text().lines().map(str::to_owned);
    let key = ClientKey { id: lines.next().unwrap(), secret: lines.next().unwrap(), token: None };
    assert_eq!(lines.next(), None);
    let again = wire.send(request).answer();
    assert_eq!(again.text().lines().nth(2), Some(&*server.test.root.id), "the oldest is named");
    let mut client = server.client_of(key);
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "200");

    assert_eq!(wire.send(request.replace("POST", "GET")).answer().status, 405);
    assert_eq!(wire.send("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").answer().status, 200);
}

#[test]
fn the_socket_file_has_mode_0600_and_is_removed_at_shutdown() {
    let test = TestService::new();
    let path = test.directory.path().join("socket");
    // The socket file of a process that was killed.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());

    let server = Harness::serve(test, |_| {});
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ask(&server, "").outcome(), "200");

    let refused = start(&server.test, &path).unwrap_err();
    assert!(matches!(refused, Error::SocketInUse(_)), "{refused}");
    assert_eq!(ask(&server, "").outcome(), "200");

    server.stop();
    while !server.has_ended() {
        std::thread::yield_now();
    }
    // The directory remains, and the socket file is removed.
    assert!(path.parent().is_some_and(std::path::Path::is_dir) && !path.exists());
    server.ended().unwrap();
}

#[test]
fn a_file_that_is_not_a_socket_is_left_alone() {
    let test = TestService::new();
    let path = test.directory.path().join("vmfa.db");
    let refused = start(&test, &path).unwrap_err();
    assert!(matches!(refused, Error::NotASocket(_)), "{refused}");
    assert!(path.exists());
    let missing = start(&test, &test.directory.path().join("no/such/directory")).unwrap_err();
    assert!(matches!(missing, Error::Socket { .. }), "{missing}");
}

fn start(test: &TestService, socket: &std::path::Path) -> Result<(), Error> {
    let mut server = Server::bind(&Config::new(([127, 0, 0, 1], 0).into()))?;
    server.bind_local(&LocalSocket { path: socket.to_owned(), account: test.account })
}
