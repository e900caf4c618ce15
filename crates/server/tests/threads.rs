//! Threads of the server, counted per process: hence a test binary of its own.
#![cfg(target_os = "linux")]

use std::{fs, thread::sleep, time::Duration};

use vmfa_iam::Api;
use vmfa_testkit::{Harness, TestService};

#[test]
fn waiting_writes_occupy_no_threads() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let mut client = server.client();
    assert_eq!(client.iam("ListUsers", &[]).outcome(), "200");
    failing.pause_writes(true);
    let before = server_threads();
    let mut writers: Vec<_> = (0..600)
        .map(|number| {
            let name = format!("user{number}");
            let mut wire = server.connect();
            wire.send(client.signed(Api::Iam, "CreateUser", &[("UserName", &name)]));
            wire
        })
        .collect();
    // All of them are with the server, and none of them has a response.
    let in_flight = (0..1000).any(|_| {
        sleep(Duration::from_millis(10));
        let metrics = client.send("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
        metrics.text().lines().any(|line| line == "vmfa_requests_in_flight 600")
    });
    let during = server_threads();
    let read = client.iam("ListUsers", &[]).outcome();
    failing.pause_writes(false);
    assert!(in_flight, "the writes do not wait");
    // A worker may have started late, and a thread may be storing the uses of keys.
    assert!(during < before + 8, "{during} threads, before {before}");
    assert_eq!(read, "200");
    for writer in &mut writers {
        assert_eq!(writer.answer().outcome(), "200");
    }
}

/// How many threads of this process are the server's.
fn server_threads() -> usize {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name == "vmfa-http\n").count()
}
