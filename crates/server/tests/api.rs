//! The API over real sockets.

use vmfa_iam::Api;
use vmfa_sigv4::{Request, Signer};
use vmfa_testkit::{Harness, TestService};

#[test]
fn a_signed_call_is_answered_as_aws_answers() {
    let server = Harness::start();
    let mut client = server.client();

    let made = client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    assert_eq!(made.outcome(), "200");
    let serial = "arn:aws:iam::123456789012:mfa/phone";
    assert_eq!(made.element("SerialNumber"), Some(serial));

    let listed = client.iam("ListVirtualMFADevices", &[]);
    assert_eq!(listed.outcome(), "200");
    assert_eq!(listed.element("SerialNumber"), Some(serial));
    assert_eq!(listed.header("content-type"), Some("text/xml"));
    let length = listed.body.len().to_string();
    assert_eq!(listed.header("content-length"), Some(&*length));
    assert!(listed.header("date").is_some_and(|date| date.ends_with(" GMT")));
    assert_eq!(listed.header("x-amzn-requestid"), listed.element("RequestId"));
    assert_ne!(made.element("RequestId"), listed.element("RequestId"));
    assert_eq!(listed.header("connection"), None);

    let again = client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    assert_eq!(again.outcome(), "409 EntityAlreadyExists");
    assert_eq!(again.header("x-amzn-requestid"), again.element("RequestId"));
}

#[test]
fn a_tag_is_sent_value_first() {
    let server = Harness::start();
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let device = [&[("VirtualMFADeviceName", "phone")], &tag[..]].concat();
    let user = [&[("UserName", "bob")], &tag[..]].concat();
    for (action, parameters) in [("CreateVirtualMFADevice", device), ("CreateUser", user)] {
        let made = server.client().iam(action, &parameters);
        let tags: String = made.element("Tags").unwrap().split_whitespace().collect();
        assert_eq!(tags, "<member><Value>blue</Value><Key>team</Key></member>", "{action}");
    }
}

#[test]
fn authentication_failures_are_refused_in_aws_order() {
    let server = Harness::start();
    let body = "Action=ListVirtualMFADevices&Version=2010-05-08";
    let unsigned = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut client = server.client();
    let outcome = |request: String| server.connect().send(request).answer().outcome();

    let refused = outcome(format!("{unsigned}{body}"));
    assert_eq!(refused, "403 MissingAuthenticationToken");
    let bearer = unsigned.replacen("\r\n", "\r\nauthorization: Bearer abc\r\n", 1);
    assert_eq!(outcome(format!("{bearer}{body}")), "403 MissingAuthenticationToken");

    let signed = client.signed(Api::Iam, "ListVirtualMFADevices", &[]);
    assert_eq!(outcome(signed.clone()), "200");
    let tampered = signed.replace("Version=2010-05-08", "Version=2010-05-08&Marker=a");
    let length = |text: &str| text.rsplit("\r\n\r\n").next().unwrap().len();
    let tampered = tampered.replace(
        &format!("content-length: {}", length(&signed)),
        &format!("content-length: {}", length(&tampered)),
    );
    assert_eq!(outcome(tampered), "403 SignatureDoesNotMatch");

    // A signature for STS is not valid for IAM.
    let form = "Action=ListVirtualMFADevices&Version=2010-05-08";
    let scoped = client.signed_form(Api::Sts, form);
    assert_eq!(outcome(scoped), "403 SignatureDoesNotMatch");

    // An unknown action is refused before the signature is checked.
    client.key.secret.push('x');
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "403 SignatureDoesNotMatch");
    assert_eq!(client.iam("ListUnicorns", &[]).outcome(), "400 InvalidAction");
    client.key.id = "AKIAIOSFODNN7EXAMPLE".into();
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "403 InvalidClientTokenId");
    assert_eq!(outcome(client.signed_form(Api::Iam, "")), "400 MissingAction");

    // The API version chooses the form of the error.
    for (version, namespace) in [
        ("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
        ("2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"),
        ("2012-12-21", "https://iam.amazonaws.com/doc/2010-05-08/"),
    ] {
        for action in ["", "Action=ListUnicorns&"] {
            let target = format!("/?{action}Version={version}");
            let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
            let refused = server.connect().send(request).answer();
            assert_eq!(refused.status, 400);
            assert!(refused.text().contains(namespace), "{target}: {}", refused.text());
        }
    }

    server.test.clock.advance(301);
    assert_eq!(outcome(signed), "403 SignatureDoesNotMatch");
}

#[test]
fn a_presigned_get_is_a_call_too() {
    let server = Harness::start();
    let host = server.address.to_string();
    let root = &server.test.root;
    let signer = Signer {
        access_key: &root.id,
        secret: &root.secret,
        token: None,
        region: "eu-central-1",
        service: "iam",
    };
    let headers = [("host", host.as_bytes())];
    let query = "Action=ListVirtualMFADevices&Version=2010-05-08";
    let request = Request { method: "GET", path: "/", query, headers: &headers, body: b"" };
    let query = signer.presign(&request, server.test.clock.unix(), 60).unwrap();
    // Absolute form, as to a proxy, and origin form; HTTP/1.0 and HTTP/1.1.
    for target in [format!("http://{host}/?{query}"), format!("/?{query}")] {
        for version in ["1.0", "1.1"] {
            let request = format!("GET {target} HTTP/{version}\r\nhost: {host}\r\n\r\n");
            let mut wire = server.connect();
            assert_eq!(wire.send(request).answer().outcome(), "200", "{target} {version}");
            if version == "1.0" {
                assert!(wire.is_closed());
            }
        }
    }
    let request = format!("GET /?{query} HTTP/1.0\r\n\r\n");
    let hostless = server.connect().send(request).answer();
    assert_eq!(hostless.outcome(), "403 SignatureDoesNotMatch");
}

#[test]
fn a_presigned_request_lives_fifteen_minutes_whatever_it_says() {
    let server = Harness::start();
    let host = server.address.to_string();
    let root = &server.test.root;
    let headers = [("host", host.as_bytes())];
    let now = server.test.clock.unix();
    let presigned = |service: &'static str, query: &str, expires: u32| {
        let (access_key, secret) = (&*root.id, &*root.secret);
        let signer = Signer { access_key, secret, token: None, region: "us-east-1", service };
        let request = Request { method: "GET", path: "/", query, headers: &headers, body: b"" };
        let query = signer.presign(&request, now, expires).unwrap();
        format!("GET /?{query} HTTP/1.1\r\nhost: {host}\r\n\r\n")
    };
    let requests: Vec<_> = [1, 60, 3600, 604_800]
        .into_iter()
        .flat_map(|expires| {
            let sts = "Action=GetCallerIdentity&Version=2011-06-15";
            let iam = "Action=ListUsers&Version=2010-05-08";
            [presigned("sts", sts, expires), presigned("iam", iam, expires)]
        })
        .collect();
    server.test.clock.advance(900);
    for request in &requests {
        assert_eq!(server.connect().send(request).answer().outcome(), "200", "{request}");
    }
    server.test.clock.advance(1);
    for request in &requests {
        let refused = server.connect().send(request).answer();
        assert_eq!(refused.outcome(), "403 SignatureDoesNotMatch", "{request}");
        let message = refused.element("Message").unwrap();
        assert!(message.starts_with("Signature expired: "), "{message}");
        assert!(message.ends_with(" - 15 min.)"), "{message}");
    }
}

#[test]
fn other_paths_methods_and_bodies_are_refused() {
    let server = Harness::start();
    let ask = |request: &str| server.connect().send(request).answer();

    let elsewhere = ask("POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi");
    assert_eq!(elsewhere.outcome(), "404 UnknownOperationException");
    assert_eq!(elsewhere.header("content-type"), Some("text/xml"));
    assert_eq!(elsewhere.element("Message"), Some("no such path: send API requests to `/`"));
    for method in ["PUT", "DELETE", "OPTIONS", "BREW"] {
        let refused = ask(&format!("{method} / HTTP/1.1\r\nhost: x\r\n\r\n"));
        assert_eq!(refused.outcome(), "405 MethodNotAllowed", "{method}");
        assert_eq!(refused.header("allow"), Some("POST, GET"));
    }
    let mut wire = server.connect();
    let refused = wire.send("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n").answer_without_body();
    assert_eq!(refused.status, 405);
    assert_eq!(ask("NONSENSE\r\n\r\n").status, 400);

    // Only the socket has this path.
    let key = ask("POST /vmfa/root-key HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(key.outcome(), "404 UnknownOperationException");

    let form = "Action=ListVirtualMFADevices";
    let request = |kind: &str| {
        let length = form.len();
        format!("POST / HTTP/1.1\r\nhost: x\r\n{kind}content-length: {length}\r\n\r\n{form}")
    };
    for kind in ["", "content-type: APPLICATION/X-WWW-FORM-URLENCODED ;charset=x\r\n"] {
        assert_eq!(ask(&request(kind)).outcome(), "403 MissingAuthenticationToken", "{kind}");
    }
    for kind in ["content-type: application/json\r\n", "content-type: \r\n"] {
        assert_eq!(ask(&request(kind)).outcome(), "400 MissingAction", "{kind}");
    }
}

#[test]
fn the_key_headers_of_the_socket_are_ignored_over_tcp() {
    let server = Harness::start();
    let root = &server.test.root;
    let request = format!(
        "GET /?Action=ListVirtualMFADevices HTTP/1.1\r\nhost: x\r\nx-vmfa-access-key: {}\r\n\
         x-vmfa-secret-key: {}\r\n\r\n",
        root.id, root.secret
    );
    let refused = server.connect().send(request).answer();
    assert_eq!(refused.outcome(), "403 MissingAuthenticationToken");
}

#[test]
fn requests_may_come_in_one_piece_or_byte_by_byte() {
    let server = Harness::start();
    let client = server.client();
    let first = client.signed(Api::Iam, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", "a")]);
    let second = client.signed(Api::Iam, "ListVirtualMFADevices", &[]);

    let mut wire = server.connect();
    wire.send(format!("{first}{second}{second}"));
    assert_eq!(wire.answer().outcome(), "200");
    for _ in 0..2 {
        assert!(wire.answer().text().contains(":mfa/a</SerialNumber>"));
    }
    for byte in second.as_bytes() {
        wire.send([*byte]);
    }
    assert_eq!(wire.answer().outcome(), "200");

    let (head, body) = second.split_once("\r\n\r\n").unwrap();
    let head = head.split_once("content-length").unwrap().0;
    let (one, two) = body.split_at(7);
    let chunked = format!(
        "{head}transfer-encoding: chunked\r\n\r\n7\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
        two.len()
    );
    assert_eq!(wire.send(chunked).answer().outcome(), "200");
}

#[test]
fn expect_100_continue_is_answered() {
    let server = Harness::start();
    let request = server.client().signed(Api::Iam, "ListVirtualMFADevices", &[]);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut wire = server.connect();
    wire.send(format!("{head}\r\nexpect: 100-continue\r\n\r\n"));
    assert_eq!(wire.answer_without_body().status, 100);
    assert_eq!(wire.send(body).answer().outcome(), "200");
}

#[test]
fn a_rule_that_panics_fails_its_own_request_only() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let client = server.client();
    let mut wire = server.connect();
    let read = client.signed(Api::Iam, "ListVirtualMFADevices", &[]);
    let name = [("VirtualMFADeviceName", "phone")];
    let write = client.signed(Api::Iam, "CreateVirtualMFADevice", &name);
    assert_eq!(wire.send(&read).answer().outcome(), "200");

    failing.panic(true);
    for request in [&read, &write] {
        let refused = wire.send(request).answer();
        assert_eq!(refused.outcome(), "500 ServiceFailure");
        assert_eq!(refused.element("Type"), Some("Receiver"));
        let id = refused.header("x-amzn-requestid").unwrap();
        assert!(refused.element("Message").unwrap().contains(id));
    }
    failing.panic(false);
    for request in [&read, &write] {
        assert_eq!(wire.send(request).answer().outcome(), "200");
    }
}
