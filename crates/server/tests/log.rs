//! The log lines of requests, and the secrets that no line contains. The log is one per process:
//! hence a test binary of its own.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;
use vmfa_iam::Api;
use vmfa_testkit::{Harness, TestService};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

struct Writer<'a>(MutexGuard<'a, Vec<u8>>);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Writer<'a>;

    fn make_writer(&'a self) -> Writer<'a> {
        Writer(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[test]
fn a_request_is_logged_in_one_line_without_its_secrets() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let (test, failing) = TestService::failing();
    let server = Harness::serve(test, |_| {});
    let mut client = server.client();
    let made = client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    let enable = [
        ("UserName", "unheard-of-user"),
        ("SerialNumber", made.element("SerialNumber").unwrap()),
        ("AuthenticationCode1", "314159"),
        ("AuthenticationCode2", "271828"),
    ];
    let signed = client.signed(Api::Iam, "EnableMFADevice", &enable);
    let agent = "a".repeat(1000);
    let signed = signed.replacen("\r\n", &format!("\r\nuser-agent: {agent}\r\n"), 1);
    let refused = client.send(&signed);
    assert_eq!(refused.outcome(), "404 NoSuchEntity");
    client.key.token = Some("a-session-token".into());
    assert_eq!(client.iam("ListVirtualMFADevices", &[]).outcome(), "403 InvalidClientTokenId");
    let wire = &mut server.connect_locally();
    let key = wire.send("POST /vmfa/root-key HTTP/1.1\r\nhost: x\r\n\r\n").answer();
    server.connect().send("NONSENSE\r\n\r\n").answer();

    // A write whose client disconnects while it waits for the disk, and a shutdown meanwhile.
    client.key.token = None;
    failing.pause_writes(true);
    let mut abandoned = server.connect();
    abandoned.send(client.signed(Api::Iam, "CreateUser", &[("UserName", "bob")]));
    sleep(Duration::from_millis(200));
    drop(abandoned);
    sleep(Duration::from_millis(100));
    server.stop();
    sleep(Duration::from_millis(100));
    failing.pause_writes(false);
    server.ended().unwrap();

    let log = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    let log = std::str::from_utf8(&log).unwrap();
    let answered: Vec<_> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!(answered.len(), 4, "{log}");
    assert!(answered[3].contains(r#"action="CreateUser" code="ok""#), "{log}");
    let line = answered[1];
    let id = refused.element("RequestId").unwrap();
    for part in [
        " INFO ".to_owned(),
        format!("request=\"{id}\""),
        r#"action="EnableMFADevice" code="NoSuchEntity" status=404 us="#.to_owned(),
        r#"caller="arn:aws:iam::123456789012:root" peer=127.0.0.1:"#.to_owned(),
        format!("agent=\"{}\"", "a".repeat(200)),
    ] {
        assert!(line.contains(&part), "{part} is not in {line}");
    }
    assert!(answered[2].contains(r#"action="ListVirtualMFADevices" code="InvalidClientTokenId""#));
    assert!(answered[2].contains(r#"caller="-""#));

    let made_secret = key.text().lines().nth(1).unwrap().to_owned();
    let signature = signed.split_once("Signature=").unwrap().1.get(..64).unwrap();
    for secret in [
        "314159",
        "271828",
        "unheard-of-user",
        "a-session-token",
        "phone",
        "Action=",
        "AWS4-HMAC-SHA256",
        made.element("Base32StringSeed").unwrap(),
        &client.key.secret,
        signature,
        &made_secret,
    ] {
        assert!(!log.contains(secret), "`{secret}` was logged");
    }
}
