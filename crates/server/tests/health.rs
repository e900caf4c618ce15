//! Health and metrics.

use vmfa_testkit::{Harness, RawConnection, TestResponse, TestService};

fn get(wire: &mut RawConnection, path: &str) -> TestResponse {
    wire.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).answer()
}

#[test]
fn readiness_follows_the_store_and_liveness_does_not() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let mut wire = server.connect();
    for path in ["/healthz", "/readyz"] {
        let answer = get(&mut wire, path);
        assert_eq!((answer.status, answer.text()), (200, "ok\n"));
        wire.send(format!("HEAD {path} HTTP/1.1\r\nhost: x\r\n\r\n"));
        assert_eq!(wire.answer_without_body().status, 200);
        wire.send(format!("DELETE {path} HTTP/1.1\r\nhost: x\r\n\r\n"));
        assert_eq!(wire.answer().status, 405);
    }
    failing.fail(true);
    assert_eq!(get(&mut wire, "/healthz").status, 200);
    let answer = get(&mut wire, "/readyz");
    assert_eq!((answer.status, answer.text()), (503, "store unavailable\n"));
    failing.fail(false);
    assert_eq!(get(&mut wire, "/readyz").status, 200);
}

#[test]
fn requests_are_counted_by_action_and_outcome() {
    let server = Harness::start();
    let mut client = server.client();
    for _ in 0..2 {
        client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    }
    for _ in 0..3 {
        client.iam("ListVirtualMFADevices", &[]);
    }
    client.iam("ListUnicorns", &[]);
    client.iam("ListVirtualMFADevices", &[("MaxItems", "many")]);
    client.key.secret.push('x');
    client.iam("ListVirtualMFADevices", &[]);

    let metrics = get(&mut server.connect(), "/metrics");
    let mut lines: Vec<_> = metrics
        .text()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter(|line| !line.contains("_bucket") && !line.contains("_sum"))
        .collect();
    lines.sort_unstable();
    assert_eq!(
        lines.join("\n"),
        r#"vmfa_connections 2
vmfa_connections_rejected_total 0
vmfa_request_duration_seconds_count{action="CreateVirtualMFADevice"} 2
vmfa_request_duration_seconds_count{action="ListVirtualMFADevices"} 5
vmfa_request_duration_seconds_count{action="unknown"} 1
vmfa_requests_in_flight 0
vmfa_requests_total{action="CreateVirtualMFADevice",code="EntityAlreadyExists"} 1
vmfa_requests_total{action="CreateVirtualMFADevice",code="ok"} 1
vmfa_requests_total{action="ListVirtualMFADevices",code="MalformedInput"} 1
vmfa_requests_total{action="ListVirtualMFADevices",code="SignatureDoesNotMatch"} 1
vmfa_requests_total{action="ListVirtualMFADevices",code="ok"} 3
vmfa_requests_total{action="unknown",code="InvalidAction"} 1"#
    );
}

#[test]
fn the_metrics_format_is_negotiated() {
    let server = Harness::start();
    assert_eq!(server.client().iam("ListVirtualMFADevices", &[]).outcome(), "200");
    let metrics = |accept: &str| {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{accept}\r\n");
        let answer = server.connect().send(request).answer();
        let kind = answer.header("content-type").unwrap().to_owned();
        let rejected = answer.text().lines().filter(|line| line.contains("_rejected"));
        (kind, rejected.map(str::to_owned).collect::<Vec<_>>(), answer.text().to_owned())
    };
    for accept in ["", "accept: */*\r\n", "accept: text/plain\r\n"] {
        let (kind, lines, text) = metrics(accept);
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(
            lines,
            [
                "# HELP vmfa_connections_rejected_total Connections refused because there were too \
                 many.",
                "# TYPE vmfa_connections_rejected_total counter",
                "vmfa_connections_rejected_total 0",
            ]
        );
        assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
        assert!(text.contains("# TYPE vmfa_request_duration_seconds histogram\n"), "{text}");
    }
    // The `Accept` header of Prometheus.
    let accept = "accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2\r\n";
    let (kind, lines, text) = metrics(accept);
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(lines[1], "# TYPE vmfa_connections_rejected counter");
    assert!(text.ends_with("# EOF\n"), "{text}");
}
