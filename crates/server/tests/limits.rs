//! Limits per client, each as seen on the wire.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use vmfa_iam::Api;
use vmfa_server::Limits;
use vmfa_testkit::{Harness, TestService};

fn limited(change: impl FnOnce(&mut Limits)) -> Harness {
    Harness::serve(TestService::new(), |config| change(&mut config.limits))
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const MIB: usize = 1 << 20;

#[test]
fn bodies_are_limited_to_one_mebibyte() {
    let server = Harness::start();
    let head = "POST / HTTP/1.1\r\nhost: x\r\n";
    let fits = format!("{head}content-length: {MIB}\r\n\r\n{}", "a".repeat(MIB));
    assert_eq!(server.connect().send(fits).answer().outcome(), "400 MissingAction");

    let large = "a".repeat(MIB + 1);
    let announced = format!("{head}content-length: {}\r\n", large.len());
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n", MIB + 1);
    for request in [
        // None of the body is sent, all of it, and more than was announced.
        format!("{announced}\r\n"),
        format!("{announced}expect: 100-continue\r\n\r\n"),
        format!("{announced}\r\n{large}"),
        format!("{announced}\r\n{large}{large}"),
        format!("{chunked}0\r\n\r\n"),
        format!("{chunked}{:x}\r\n{large}", MIB + 1),
    ] {
        let mut wire = server.connect();
        let refused = wire.send(&request).answer();
        assert_eq!(refused.outcome(), "413 RequestEntityTooLarge", "{request:.150}");
        assert_eq!(refused.header("connection"), Some("close"));
        assert_eq!(refused.header("x-amzn-requestid"), refused.element("RequestId"));
        assert!(wire.is_closed());
    }
}

#[test]
fn heads_are_limited_to_32_kibibytes_and_100_headers() {
    let server = Harness::start();
    let head = |more: &str| format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{more}\r\n");
    let headers = |count: usize| "a: b\r\n".repeat(count);
    let long = |bytes: usize| format!("a: {}\r\n", "b".repeat(bytes));

    for fits in [head(&headers(99)), head(&long(32_000))] {
        assert_eq!(server.connect().send(fits).answer().status, 200);
    }
    for exceeds in [head(&headers(100)), head(&long(33_000)), head(&long(MIB))] {
        let mut wire = server.connect();
        assert_eq!(wire.send(&exceeds).answer().status, 431);
        assert!(wire.is_closed());
        // The refusal does not wait for the end of the head.
        let cut = exceeds.strip_suffix("\r\n\r\n").unwrap();
        if cut.len() > 32 << 10 {
            assert_eq!(server.connect().send(cut).answer().status, 431);
        }
    }
    let target = format!("GET /?{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(33_000));
    assert_eq!(server.connect().send(target).answer().status, 431);
}

#[test]
fn connections_above_the_limit_are_refused_with_503() {
    let server = limited(|limits| limits.connections = 2);
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = [server.connect(), server.connect()];
    for wire in &mut open {
        assert_eq!(wire.send(ask).answer().status, 200);
    }
    let mut third = server.connect();
    let refused = third.send(ask).answer();
    assert_eq!(refused.outcome(), "503 ServiceUnavailable");
    assert_eq!(refused.header("connection"), Some("close"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("date"), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
    assert_eq!(refused.header("content-type"), Some("text/xml"));
    assert_eq!(refused.header("x-amzn-requestid"), refused.element("RequestId"));
    assert!(third.is_closed());

    // Open connections stay open, and those of the socket are counted apart.
    let [mut first, second] = open;
    assert_eq!(first.send(ask).answer().status, 200);
    assert_eq!(server.connect_locally().send(ask).answer().status, 200);

    drop(second);
    let given = (0..200).any(|_| {
        sleep(ms(10));
        server.connect().send(ask).answer().status == 200
    });
    assert!(given, "the place that became free was not given away");
    let metrics = first.send("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").answer();
    let rejected = metrics.text().lines().find(|line| line.contains("rejected_total")).unwrap();
    assert_ne!(rejected, "vmfa_connections_rejected_total 0");
}

#[test]
fn a_head_that_is_sent_slowly_times_out() {
    let server = limited(|limits| limits.head_time = ms(300));
    let started = Instant::now();
    let mut wire = server.connect();
    wire.send("POST / HTTP/1.1\r\n");
    while started.elapsed() < ms(290) {
        wire.send("a: b\r\n");
        sleep(ms(20));
    }
    let refused = wire.answer();
    assert_eq!(refused.outcome(), "408 RequestTimeout");
    assert_eq!(refused.header("connection"), Some("close"));
    assert_eq!(refused.header("x-amzn-requestid"), refused.element("RequestId"));
    assert!(wire.is_closed());
    assert!(started.elapsed() < ms(5000));

    // The same for the second request of a connection.
    let mut wire = server.connect();
    assert_eq!(wire.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").answer().status, 200);
    assert_eq!(wire.send("GET /he").answer().outcome(), "408 RequestTimeout");

    // A connection without a request is closed without a response.
    assert!(server.connect().is_closed());
}

#[test]
fn a_body_that_is_sent_slowly_times_out() {
    let server = limited(|limits| limits.body_time = ms(200));
    let mut wire = server.connect();
    wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\n\r\nAction=");
    let refused = wire.answer();
    assert_eq!(refused.outcome(), "408 RequestTimeout");
    assert_eq!(refused.header("connection"), Some("close"));
    assert!(wire.is_closed());
}

#[test]
fn an_idle_connection_is_closed_after_the_idle_time() {
    let server = limited(|limits| {
        limits.head_time = ms(100);
        limits.idle_time = ms(1500);
    });
    let mut wire = server.connect();
    for _ in 0..3 {
        assert_eq!(wire.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").answer().status, 200);
        sleep(ms(400));
    }
    let since = Instant::now();
    assert!(wire.is_closed());
    assert!(since.elapsed() > ms(500), "it was closed after {:?}", since.elapsed());
}

#[test]
fn a_write_that_exceeds_the_call_time_is_answered_and_still_committed() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |config| config.limits.call_time = ms(200));
    let mut client = server.client();
    let name = [("VirtualMFADeviceName", "phone")];
    failing.pause_writes(true);
    let refused = client.iam("CreateVirtualMFADevice", &name);
    assert_eq!(refused.outcome(), "503 ServiceUnavailable");
    // Neither reads nor the connection wait for writes.
    let listed = client.iam("ListVirtualMFADevices", &[]);
    assert_eq!(listed.element("SerialNumber"), None);
    failing.pause_writes(false);
    let done = (0..500).any(|_| {
        sleep(ms(10));
        client.iam("ListVirtualMFADevices", &[]).element("SerialNumber").is_some()
    });
    assert!(done, "the write was not carried out");
    // It is counted once, with its final outcome.
    let metrics = client.send("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    let lines = metrics.text().lines().filter(|line| line.starts_with("vmfa_requests_total"));
    let creations: Vec<_> = lines.filter(|line| line.contains("CreateVirtualMFADevice")).collect();
    let expected = r#"vmfa_requests_total{action="CreateVirtualMFADevice",code="ok"} 1"#;
    assert_eq!(creations, [expected]);
}

#[test]
fn a_hundred_waiting_writes_do_not_block_reads() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let mut client = server.client();
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "200");
    failing.pause_writes(true);
    let mut writers: Vec<_> = (0..100)
        .map(|number| {
            let name = format!("phone{number}");
            let name = [("VirtualMFADeviceName", &*name)];
            let mut wire = server.connect();
            wire.send(client.signed(Api::Iam, "CreateVirtualMFADevice", &name));
            wire
        })
        .collect();
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "200");
    failing.pause_writes(false);
    for writer in &mut writers {
        assert_eq!(writer.answer().outcome(), "200");
    }
}

#[test]
fn blocking_reads_run_concurrently() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let client = server.client();
    let request = client.signed(Api::Iam, "ListUsers", &[]);
    failing.block_reads(true);
    let mut readers: Vec<_> = (0..64).map(|_| server.connect()).collect();
    let started = Instant::now();
    for reader in &mut readers {
        reader.send(&request);
    }
    for reader in &mut readers {
        assert_eq!(reader.answer().outcome(), "200");
    }
    // On two workers, 64 reads of 50 ms would take 1.6 s.
    let duration = started.elapsed();
    assert!(duration < Duration::from_millis(1500), "{duration:?}");
}
