//! Shutdown: on signals and by handle, with and without requests in progress.

use std::{
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use vmfa_iam::Api;
use vmfa_server::ShutdownSource;
use vmfa_store::{Store as _, sqlite::Sqlite};
use vmfa_testkit::{Harness, RawConnection, TestService};

const READY: &str = "GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n";

fn wait_until(server: &Harness, ended: bool) {
    let started = Instant::now();
    while server.has_ended() != ended {
        assert!(started.elapsed() < Duration::from_secs(20), "the server does not end");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_first_stop_drains_requests_in_progress() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let client = server.client();
    let name = [("VirtualMFADeviceName", "phone")];
    let create = client.signed(Api::Iam, "CreateVirtualMFADevice", &name);

    let mut fresh = server.connect();
    let mut idle = server.connect();
    assert_eq!(idle.send(READY).answer().status, 200);
    let mut half = server.connect();
    half.send(READY.split_at(10).0);
    failing.pause_writes(true);
    let mut busy = server.connect();
    busy.send(&create);
    // By now the server has accepted all connections and read what was sent.
    let mut last = server.connect_locally();
    sleep(Duration::from_millis(100));
    assert_eq!(last.send(READY).answer().status, 200);

    server.stop();
    assert!(idle.is_closed() && fresh.is_closed() && last.is_closed());
    let answer = half.send(READY.split_at(10).1).answer();
    assert_eq!((answer.status, answer.text()), (503, "shutting down\n"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(half.is_closed());
    let refused = std::net::TcpStream::connect(server.address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(!server.has_ended());

    failing.pause_writes(false);
    let answer = busy.answer();
    assert_eq!(answer.outcome(), "200");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(busy.is_closed());
    server.ended().unwrap();
}

#[test]
fn requests_longer_than_the_grace_period_are_abandoned() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |config| config.grace = Duration::from_millis(200));
    let mut busy = begin_a_write(&server, &failing);
    server.stop();
    assert!(busy.is_closed());
    wait_until(&server, true);
    failing.pause_writes(false);
    server.ended().unwrap();
}

#[test]
fn the_second_stop_ends_the_server_at_once() {
    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |config| config.grace = Duration::from_mins(10));
    let mut busy = begin_a_write(&server, &failing);
    server.stop();
    sleep(Duration::from_millis(100));
    assert!(!server.has_ended());
    server.stop();
    assert!(busy.is_closed());
    // The writer thread is still stuck, and so the uses of keys are not stored.
    wait_until(&server, true);
    failing.pause_writes(false);
    server.ended().unwrap();
}

fn begin_a_write(server: &Harness, failing: &vmfa_testkit::Failing) -> RawConnection {
    let name = [("VirtualMFADeviceName", "phone")];
    let create = server.client().signed(Api::Iam, "CreateVirtualMFADevice", &name);
    failing.pause_writes(true);
    let mut busy = server.connect();
    busy.send(create);
    sleep(Duration::from_millis(100));
    busy
}

#[test]
fn sigterm_ends_the_server_and_stores_the_uses_of_keys() {
    let (_, handle) = ShutdownSource::with_handle();
    let server = Harness::until(TestService::new(), |_| {}, ShutdownSource::signals(), handle);
    let stored_use = || {
        let store = Sqlite::open(&server.test.directory.path().join("vmfa.db")).unwrap();
        let mut last_use = None;
        let read = store.read(&mut |view| {
            last_use = view
                .access_key(&vmfa_store::KeyId(server.test.root.id.clone()))?
                .and_then(|key| key.last_use);
            Ok(())
        });
        read.unwrap();
        last_use.map(|last_use| (last_use.at, last_use.service))
    };
    assert_eq!(server.client().iam("ListVirtualMFADevices", &[]).outcome(), "200");
    // Uses are stored every few seconds: this one waits in memory.
    server.test.clock.advance(60);
    assert_eq!(server.client().iam("ListVirtualMFADevices", &[]).outcome(), "200");
    assert!(!server.has_ended());
    let own = std::process::id().to_string();
    let sent = Command::new("kill").args(["-TERM", &own]).status().unwrap();
    assert!(sent.success());
    wait_until(&server, true);
    assert_eq!(stored_use(), Some((server.test.service.now(), "iam".to_owned())));
    server.ended().unwrap();
}
