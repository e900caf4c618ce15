//! `vmfa serve`: its first start, its options, and its shutdown.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use insta::assert_snapshot;

use crate::support::{ACCOUNT, Home, Server, member};

#[test]
fn a_first_start_prints_a_key_once() {
    let home = Home::new();
    let first = home.serve(&[]);
    let part = |from: &str| first.printed.split_once(from).unwrap().1.lines().next().unwrap();
    let (id, secret) = (part("AWS_ACCESS_KEY_ID="), part("AWS_SECRET_ACCESS_KEY="));
    let shown = first.printed.replace(id, "ID").replace(secret, "SECRET");
    assert_snapshot!(shown.replace(&first.address, "ADDRESS"), @"
    account 123456789012
    export AWS_ACCESS_KEY_ID=ID
    export AWS_SECRET_ACCESS_KEY=SECRET
    export AWS_ENDPOINT_URL=ADDRESS
    export AWS_DEFAULT_REGION=us-east-1

    aws iam create-user --user-name alice
    aws iam create-virtual-mfa-device --virtual-mfa-device-name alice --outfile alice.png --bootstrap-method QRCodePNG
    aws iam list-virtual-mfa-devices

    listening on ADDRESS
    ");
    // docs/operating.md shows the same output, with other values.
    let page = include_str!("../../../../docs/operating.md");
    let printed = page
        .split("```")
        .find_map(|block| block.strip_prefix("console\n$ vmfa serve &\n"))
        .unwrap();
    let outline = |text: &str| {
        let lines = text.lines().map(|line| match line.split_once(['=', ':']) {
            Some((name, _)) => name.to_owned(),
            None => line.replace(|c: char| c.is_ascii_digit(), "N"),
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(outline(printed), outline(&first.printed));

    let mut whoami = home.command(&["sts", "get-caller-identity"]);
    whoami.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
    let printed = home.printed(&whoami.output().unwrap());
    assert!(printed.contains(&format!("arn:aws:iam::{ACCOUNT}:root")), "{printed}");
    assert_eq!(first.end("-TERM"), Some(0));

    let second = home.serve(&[]);
    assert_eq!(second.printed, format!("listening on {}\n", second.address));
    assert_eq!(second.end("-INT"), Some(0));
    assert!(home.ok(&["account"]).contains("root keys       1\n"));
}

#[test]
fn the_server_answers_over_http() {
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
fn the_environment_may_set_the_root_key() {
    let home = Home::new();
    let with = |id: Option<&str>, secret: Option<&str>| {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        id.map(|id| command.env("VMFA_ROOT_ACCESS_KEY_ID", id));
        secret.map(|secret| command.env("VMFA_ROOT_SECRET_ACCESS_KEY", secret));
        command
    };
    let printed = |id, secret| home.printed(&with(id, secret).output().unwrap());
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_snapshot!(printed(Some(id), None), @"
    vmfa: VMFA_ROOT_ACCESS_KEY_ID is set without VMFA_ROOT_SECRET_ACCESS_KEY: set both, or neither
    exit 1
    ");
    assert_snapshot!(printed(None, Some(secret)), @"
    vmfa: VMFA_ROOT_SECRET_ACCESS_KEY is set without VMFA_ROOT_ACCESS_KEY_ID: set both, or neither
    exit 1
    ");
    assert_snapshot!(printed(Some("the root"), Some(secret)), @"
    vmfa: invalid VMFA_ROOT_ACCESS_KEY_ID `the root`: give 1 to 128 letters, digits or `_`
    exit 1
    ");
    assert_snapshot!(printed(Some(id), Some("two words")), @"
    vmfa: invalid VMFA_ROOT_SECRET_ACCESS_KEY: give printable ASCII characters without spaces
    exit 1
    ");
    assert_snapshot!(printed(Some("ASIAIOSFODNN7EXAMPLE"), Some(secret)), @"
    vmfa: invalid VMFA_ROOT_ACCESS_KEY_ID `ASIAIOSFODNN7EXAMPLE`: ASIA is the prefix of temporary keys; choose another
    exit 1
    ");
    let mut open = home.command(&["serve", "--listen", "0.0.0.0:0", "--insecure-http"]);
    open.env("VMFA_ROOT_ACCESS_KEY_ID", id).env("VMFA_ROOT_SECRET_ACCESS_KEY", "short");
    assert_snapshot!(home.printed(&open.output().unwrap()), @"
    vmfa: VMFA_ROOT_SECRET_ACCESS_KEY has less than 16 characters, which can be guessed: choose a longer secret, or listen on 127.0.0.1
    exit 1
    ");
    assert!(!home.data().exists(), "nothing was made");
    for (id, secret) in [(id, secret), (id, secret), (id, "another+secret"), ("test", "test")] {
        let server = Server::start(&mut with(Some(id), Some(secret)));
        assert_eq!(server.printed, format!("listening on {}\n", server.address));
        let mut whoami = home.command(&["sts", "get-caller-identity"]);
        whoami.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        let printed = home.printed(&whoami.output().unwrap());
        assert!(printed.contains(":root") && home.has_key(id), "{printed}");
        let keys = if id == "test" { 2 } else { 1 };
        assert!(home.ok(&["account"]).contains(&format!("root keys       {keys}\n")));
        assert_eq!(server.end("-TERM"), Some(0));
    }
}

#[test]
fn plain_http_on_non_loopback_addresses_needs_a_flag() {
    let home = Home::new();
    assert_snapshot!(home.run(&["serve", "--listen", "0.0.0.0:0"]), @"
    vmfa: refusing plain HTTP on `0.0.0.0:0`, which other machines can reach: seeds could be intercepted; give --tls-cert and --tls-key, listen on 127.0.0.1, or allow it with --insecure-http
    exit 1
    ");
    let server = home.serve(&["--listen", "0.0.0.0:0", "--insecure-http"]);
    assert!(server.address.starts_with("http://0.0.0.0:"), "{}", server.address);
    // The printed endpoint is reachable from this machine.
    let here = server.address.replace("0.0.0.0", "127.0.0.1");
    assert!(server.printed.contains(&format!("export AWS_ENDPOINT_URL={here}\n")));
}

#[test]
fn quotas_and_the_log_format_are_options() {
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
    let printed = home.run(&["iam", "create-user", "--user-name", "b"]);
    assert!(printed.contains("(LimitExceeded)"), "{printed}");
    let log = server.end_with_log();
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(log.contains("LimitExceeded"), "{log}");
}

#[test]
fn an_unknown_log_level_is_refused() {
    let home = Home::new();
    let with = |filter: &str| {
        let mut command = home.command(&["serve", "--tls-cert", "none", "--tls-key", "none"]);
        home.printed(&command.env("VMFA_LOG", filter).output().unwrap())
    };
    for filter in ["shouting", "inof", "info,shouting", "vmfa_server=shouting", "=", "info debug"] {
        assert_eq!(
            with(filter),
            format!(
                "vmfa: invalid VMFA_LOG `{filter}`: give `off`, `error`, `warn`, `info`, `debug`, \
                 `trace` or `TARGET=LEVEL`, separated by commas\nexit 1"
            )
        );
    }
    for filter in ["INFO", "warn,vmfa_server=debug", "vmfa_server=trace,", "off"] {
        let printed = with(filter);
        assert!(printed.contains("cannot read `none`"), "{filter}: {printed}");
    }
}

#[test]
fn a_failed_start_creates_no_files() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    std::fs::write(home.path().join("text"), "no PEM").unwrap();
    for (words, what) in [
        (&["--listen", "0.0.0.0:0"][..], "--insecure-http"),
        (&["--listen", &taken], "Address already in use"),
        (&["--listen", "192.0.2.1:0", "--insecure-http"], "cannot listen on `192.0.2.1:0`"),
        (&["--tls-cert", "none", "--tls-key", "none"], "cannot read `none`"),
        (&["--tls-cert", "text", "--tls-key", "text"], "no certificate in `text`"),
        (&["--issuer", "a:b"], "give a name of 1 to 64 characters"),
        (&["--listen", "localhost:4599"], "such as 127.0.0.1:4599"),
    ] {
        let printed = home.run(&[&["serve"], words].concat());
        assert!(printed.contains(what), "{words:?}: {printed}");
        assert!(!printed.contains("AWS_SECRET_ACCESS_KEY"), "{words:?}: {printed}");
        assert!(!home.data().exists(), "{words:?}: {printed}");
    }
    // A start that fails later prints no key, which would be lost.
    std::fs::create_dir_all(home.data().join("vmfa.sock")).unwrap();
    assert_snapshot!(home.run(&["serve", "--listen", "127.0.0.1:0"]), @"
    vmfa: `HOME/.local/share/vmfa/vmfa.sock` is not a socket: move it away
    exit 1
    ");
    std::fs::remove_dir(home.data().join("vmfa.sock")).unwrap();
    let server = home.serve(&[]);
    assert!(server.printed.starts_with("account 123456789012\nexport AWS_ACCESS_KEY_ID=AKIA"));
}

#[test]
fn an_issuer_that_apps_cannot_show_is_refused() {
    let home = Home::new();
    let printed = |issuer: &str| home.run(&["serve", "--issuer", issuer]);
    for refused in ["", " ", "a:b", "a\nb", &"é".repeat(65)] {
        let printed = printed(refused);
        let why = "give a name of 1 to 64 characters without `:` and control characters";
        assert!(printed.contains(why) && printed.ends_with("exit 2"), "{printed}");
    }
    drop(home.serve(&["--issuer", &"é".repeat(64)]));
    drop(home.serve(&["--issuer", "Örtliche Müller & Co"]));
}

#[test]
fn a_root_key_that_is_taken_is_refused_and_a_replaced_one_is_named() {
    let home = Home::new();
    home.ok(&["iam", "create-user", "--user-name", "bob"]);
    let key = home.ok(&["iam", "create-access-key", "--user-name", "bob"]);
    let with = |id: &str| {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("VMFA_ROOT_ACCESS_KEY_ID", id);
        command.env("VMFA_ROOT_SECRET_ACCESS_KEY", "a-secret-of-the-operator");
        command
    };
    let id = member(&key, "AccessKeyId");
    let printed = home.printed(&with(id).output().unwrap());
    assert_snapshot!(printed.replace(id, "ID"), @"
    vmfa: invalid VMFA_ROOT_ACCESS_KEY_ID `ID`: it is the access key of a user; choose another
    exit 1
    ");
    let oldest = home.ok(&["account", "--new-root-key"]);
    let oldest = oldest.lines().next().unwrap().strip_prefix("export AWS_ACCESS_KEY_ID=").unwrap();
    home.ok(&["account", "--new-root-key"]);
    let log = Server::start(&mut with("AKIAIOSFODNN7EXAMPLE")).end_with_log();
    let warned = log.lines().find(|line| line.contains("WARN")).unwrap_or_default();
    assert!(warned.contains("deleted the oldest root key"), "{log}");
    assert!(warned.contains(oldest), "{log}");
}
