//! A server: its first start, what it demands, and its end.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use insta::assert_snapshot;

use crate::support::{ACCOUNT, Home, Server};

#[test]
fn a_first_start_prints_a_key_once() {
    let home = Home::new();
    let first = home.serve(&[]);
    let part = |from: &str| first.printed.split_once(from).unwrap().1.lines().next().unwrap();
    let (id, secret) = (part("AWS_ACCESS_KEY_ID="), part("AWS_SECRET_ACCESS_KEY="));
    let shown = first.printed.replace(id, "ID").replace(secret, "SECRET");
    assert_snapshot!(shown.replace(&first.address, "ADDRESS"), @"
    export AWS_ACCESS_KEY_ID=ID
    export AWS_SECRET_ACCESS_KEY=SECRET
    export AWS_ENDPOINT_URL=ADDRESS
    export AWS_DEFAULT_REGION=us-east-1

    aws sts get-caller-identity
    aws iam create-virtual-mfa-device --virtual-mfa-device-name phone --outfile phone.png --bootstrap-method QRCodePNG
    aws iam list-virtual-mfa-devices

    listening on ADDRESS
    ");
    let mut whoami = home.command(&["sts", "get-caller-identity"]);
    whoami.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
    let told = home.told(&whoami.output().unwrap());
    assert!(told.contains(&format!("arn:aws:iam::{ACCOUNT}:root")), "{told}");
    assert_eq!(first.end("-TERM"), Some(0));

    let second = home.serve(&[]);
    assert_eq!(second.printed, format!("listening on {}\n", second.address));
    assert_eq!(second.end("-INT"), Some(0));
    assert!(home.ok(&["account"]).contains("root keys       1\n"));
}

#[test]
fn it_answers_over_http() {
    let home = Home::new();
    let server = home.serve(&[]);
    let host = server.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 35\r\n\
                   content-type: application/x-www-form-urlencoded\r\n\r\n\
                   Action=ListUsers&Version=2010-05-08";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("<Code>MissingAuthenticationToken</Code>"), "{answer}");
}

#[test]
fn the_operator_may_choose_the_roots_key() {
    let home = Home::new();
    let with = |id: Option<&str>, secret: Option<&str>| {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        id.map(|id| command.env("VMFA_ROOT_ACCESS_KEY_ID", id));
        secret.map(|secret| command.env("VMFA_ROOT_SECRET_ACCESS_KEY", secret));
        command
    };
    let told = |id, secret| home.told(&with(id, secret).output().unwrap());
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_snapshot!(told(Some(id), None), @"
    vmfa: VMFA_ROOT_ACCESS_KEY_ID is set without VMFA_ROOT_SECRET_ACCESS_KEY: set both, or neither
    exit 1
    ");
    assert_snapshot!(told(None, Some(secret)), @"
    vmfa: VMFA_ROOT_SECRET_ACCESS_KEY is set without VMFA_ROOT_ACCESS_KEY_ID: set both, or neither
    exit 1
    ");
    assert_snapshot!(told(Some("root"), Some(secret)), @"
    vmfa: VMFA_ROOT_ACCESS_KEY_ID is 16 to 128 letters, digits or `_`, not `root`
    exit 1
    ");
    assert_snapshot!(told(Some(id), Some("short")), @"
    vmfa: VMFA_ROOT_SECRET_ACCESS_KEY is 16 or more characters of ASCII without spaces
    exit 1
    ");
    for secret in [secret, secret, "another+secret+of+the+operator"] {
        let server = Server::start(&mut with(Some(id), Some(secret)));
        assert_eq!(server.printed, format!("listening on {}\n", server.address));
        let mut whoami = home.command(&["sts", "get-caller-identity"]);
        whoami.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        let told = home.told(&whoami.output().unwrap());
        assert!(told.contains(":root") && home.has_key(id), "{told}");
        assert!(home.ok(&["account"]).contains("root keys       1\n"));
        assert_eq!(server.end("-TERM"), Some(0));
    }
}

#[test]
fn clear_text_to_other_machines_must_be_asked_for() {
    let home = Home::new();
    let told = home.tell(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(told.contains("without TLS") && told.ends_with("exit 1"), "{told}");
    let server = home.serve(&["--listen", "0.0.0.0:0", "--insecure-http"]);
    assert!(server.address.starts_with("http://0.0.0.0:"), "{}", server.address);
}

#[test]
fn quotas_and_logs_are_the_operators() {
    let home = Home::new();
    let mut command = home.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--quota",
        "Users=1",
        "--log-format",
        "json",
    ]);
    let server = Server::start(&mut command);
    home.ok(&["iam", "create-user", "--user-name", "a"]);
    let told = home.tell(&["iam", "create-user", "--user-name", "b"]);
    assert!(told.contains("(LimitExceeded)"), "{told}");
    let log = server.end_with_log();
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(log.contains("LimitExceeded"), "{log}");
    let mut command = home.command(&["serve"]);
    assert_snapshot!(home.told(&command.env("VMFA_LOG", "=").output().unwrap()), @"
    vmfa: VMFA_LOG is a level such as `info` or `debug`, not `=`
    exit 1
    ");
}
