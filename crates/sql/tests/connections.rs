//! What connections of the PostgreSQL wire may take: places, attempts to log in, time; and how they
//! end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(test)]
mod support;

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpStream,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use support::World;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, NoTls};
use vmfa_client::{AccessKeys, CallError, Calls};
use vmfa_iam::Verifier;
use vmfa_model::Entropy;
use vmfa_sql::{
    Views,
    wire::{self, Ground, Limits, Server, Stopper},
};
use vmfa_store::UserId;

/// A server for the keys `root`, `alice`, `bob` and `carol`, whose secrets are their names.
struct Served {
    _world: World,
    keys: Arc<TestKeys>,
    runtime: Runtime,
    port: u16,
    stopper: Stopper,
    thread: Option<thread::JoinHandle<()>>,
}

impl Served {
    fn start(limits: Limits) -> Self {
        Self::serve(limits, false)
    }

    /// One that asks for no password.
    fn open(limits: Limits) -> Self {
        Self::serve(limits, true)
    }

    fn serve(limits: Limits, insecure: bool) -> Self {
        let world = World::new();
        let address = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(&wire::Config { address, tls: None, insecure, limits }).unwrap();
        let (port, stopper) = (server.address().port(), server.stopper().unwrap());
        let calls = world.setting().calls;
        let known = ["root", "alice", "bob", "carol"].map(|key| (key.to_owned(), true));
        let known = Mutex::new(known.into_iter().collect());
        let keys = Arc::new(TestKeys { calls, known, asked: AtomicUsize::new(0) });
        let ground = Ground {
            keys: Arc::<TestKeys>::clone(&keys),
            views: Box::new(|_| Views::nowhere()),
            concurrency: Some(4),
            entropy: Arc::new(Counter),
        };
        let thread = Some(thread::spawn(move || server.run(ground, || {}).unwrap()));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { _world: world, keys, runtime, port, stopper, thread }
    }

    fn config(&self, key: &str, password: &str) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port).user(key).password(password).dbname("aws");
        config
    }

    fn connect(&self, config: &Config) -> Result<Client, String> {
        let (client, connection) =
            self.runtime.block_on(config.connect(NoTls)).map_err(|error| told(&error))?;
        self.runtime.spawn(connection);
        Ok(client)
    }

    fn client(&self, key: &str) -> Result<Client, String> {
        self.connect(&self.config(key, key))
    }

    /// The same, as soon as there is a place.
    fn client_soon(&self, key: &str) -> Client {
        soon(|| self.client(key).ok())
    }

    fn run(&self, client: &Client, query: &str) -> Result<String, String> {
        let messages =
            self.runtime.block_on(client.simple_query(query)).map_err(|error| told(&error))?;
        let value = messages.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(value.unwrap_or_default().to_owned())
    }

    /// A bare connection that says nothing yet.
    fn silent(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// A bare connection that is let in without a password.
    fn raw(&self) -> TcpStream {
        let mut stream = self.silent();
        stream.write_all(&opening()).unwrap();
        assert!(until_ready(&mut stream).ends_with('Z'));
        stream
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopper.stop();
        self.stopper.stop();
        let _ = self.thread.take().unwrap().join();
    }
}

struct TestKeys {
    calls: Arc<dyn Calls>,
    /// The keys, and whether each is active.
    known: Mutex<HashMap<String, bool>>,
    /// How often a verifier was asked for.
    asked: AtomicUsize,
}

impl AccessKeys for TestKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if !self.known.lock().unwrap().contains_key(access_key) {
            return Ok(Verifier::unsatisfiable(b"chance", b"salts", access_key));
        }
        let owner = (access_key != "root").then(|| UserId(access_key.to_owned()));
        Ok(Verifier { owner, ..Verifier::of_key(access_key, b"salts", access_key) })
    }

    fn calls(&self, _: &str) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError> {
        let known = self.known.lock().unwrap();
        let revoked = access_keys.iter().filter(|key| known.get(*key) == Some(&false));
        Ok(revoked.cloned().collect())
    }
}

impl TestKeys {
    fn revoke(&self, key: &str) {
        self.known.lock().unwrap().insert(key.to_owned(), false);
    }
}

/// Code and message of an error, as the server gave them.
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} {}", error.code().code(), error.message()),
        None => format!("{error:?}"),
    }
}

/// Waits for something that comes soon.
fn soon<T>(mut try_it: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = try_it() {
            return found;
        }
        assert!(began.elapsed() < LONG, "it did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The messages up to the one that says that the server is ready, or to the end: kinds, and of an
/// error its code and message.
fn until_ready(stream: &mut TcpStream) -> String {
    let mut all = String::new();
    loop {
        let mut head = [0; 5];
        if stream.read_exact(&mut head).is_err() {
            return all + "-";
        }
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) - 4;
        let mut body = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut body).unwrap();
        let kind = char::from(head[0]);
        all.push(kind);
        if kind == 'E' {
            let body = String::from_utf8(body).unwrap();
            let field = |name| body.split('\0').find_map(|field| field.strip_prefix(name)).unwrap();
            write!(all, "({} {} {})", field('S'), field('C'), field('M')).unwrap();
        }
        if kind == 'Z' {
            return all;
        }
    }
}

/// The first message of the client `x`.
fn opening() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0x\0database\0aws\0\0";
    let length = u32::try_from(body.len()).unwrap() + 4;
    [&length.to_be_bytes()[..], body].concat()
}

/// A message as it is sent.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap() + 4;
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

#[test]
fn keys_and_addresses_have_so_many_places_and_the_root_the_last() {
    let limits = Limits {
        connections: 8,
        reserved_for_root: 1,
        connections_per_key: 2,
        connections_per_address: 5,
        ..Limits::default()
    };
    let served = Served::start(limits);
    let mut held: Vec<Client> =
        ["alice", "alice", "bob", "bob", "carol"].map(|key| served.client(key).unwrap()).into();
    insta::assert_snapshot!(served.client("alice").err().unwrap(), @"53300 too many connections of access key `alice`: 2 at the most; close idle ones");
    insta::assert_snapshot!(served.client("carol").err().unwrap(), @"53300 too many connections from this address: 5 at the most; close idle ones");
    held.extend([served.client("root").unwrap(), served.client("root").unwrap()]);
    insta::assert_snapshot!(served.client("root").err().unwrap(), @"53300 too many connections of access key `root`: 2 at the most; close idle ones");
    // None of these counts as a log-in that failed, and what runs can be stopped all the same.
    let cancel = held[0].cancel_token();
    let stopped = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            served.runtime.block_on(cancel.cancel_query(NoTls)).unwrap();
        });
        served.run(&held[0], "SLEEP 60000")
    });
    assert_eq!(stopped, Err("57014 canceling statement due to user request".to_owned()));
    // A place that is left is free.
    held.remove(0);
    served.client_soon("alice");
}

#[test]
fn silent_connections_block_no_others() {
    let served = Served::start(Limits { starting: 8, failed_logins: 1, ..Limits::default() });
    let mut silent: Vec<TcpStream> = (0..100).map(|_| served.silent()).collect();
    for _ in 0..4 {
        let client = served.client("alice").unwrap();
        assert_eq!(served.run(&client, "SELECT 1").unwrap(), "1");
    }
    // The oldest made room.
    assert_eq!(silent[0].read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn log_ins_that_fail_are_bounded() {
    let served = Served::start(Limits {
        failed_logins: 3,
        failed_login_interval: Duration::from_secs(100_000),
        ..Limits::default()
    });
    let steady = served.client("alice").unwrap();
    for key in ["alice", "nobody", "alice"] {
        let refused = served.connect(&served.config(key, "wrong")).err().unwrap();
        assert_eq!(refused, format!("28P01 password authentication failed for user `{key}`"));
    }
    let asked = served.keys.asked.load(Ordering::SeqCst);
    let refused = served.client("alice").err().unwrap();
    let begins = "53300 too many failed log-ins from this address; try again in ";
    assert!(refused.starts_with(begins), "{refused}");
    assert_eq!(served.keys.asked.load(Ordering::SeqCst), asked);
    assert_eq!(served.run(&steady, "SELECT 1").unwrap(), "1");
}

#[test]
fn a_challenge_that_is_left_unanswered_counts_as_a_failure() {
    let limits = Limits {
        failed_logins: 1,
        failed_login_interval: Duration::from_secs(100_000),
        ..Limits::default()
    };
    let served = Served::start(limits);
    let mut stream = served.silent();
    stream.write_all(&opening()).unwrap();
    stream.read_exact(&mut [0]).unwrap();
    drop(stream);
    let refused = soon(|| served.client("alice").err());
    assert!(refused.starts_with("53300 too many failed log-ins"), "{refused}");
}

#[test]
fn little_is_read_before_the_log_in() {
    let served = Served::start(Limits::default());
    let mut stream = served.silent();
    stream.write_all(&opening()).unwrap();
    // Ten thousand bytes and one are announced.
    stream.write_all(&[b'p', 0, 0, 0x27, 0x15]).unwrap();
    insta::assert_snapshot!(until_ready(&mut stream), @"RE(FATAL 08P01 a message is too long, or has no length)-");
}

#[test]
fn idle_connections_end() {
    let limits = Limits {
        idle_session_timeout: Duration::from_secs(3),
        idle_in_transaction_session_timeout: Duration::from_secs(2),
        message_time: Duration::from_secs(1),
        ..Limits::default()
    };
    let served = Served::open(limits);
    let mut idle = served.raw();
    let (mut waiting, mut series, mut half) = (served.raw(), served.raw(), served.raw());
    waiting.write_all(&message(b'Q', b"BEGIN\0")).unwrap();
    series.write_all(&message(b'P', b"\0SELECT 1\0\0\0")).unwrap();
    half.write_all(&message(b'Q', b"SELECT 1\0")[..9]).unwrap();
    // A client that set the time to more keeps its connection.
    let mut busy = served.raw();
    busy.write_all(&message(b'Q', b"SET idle_session_timeout = 0\0")).unwrap();
    assert_eq!(until_ready(&mut busy), "CZ");
    insta::assert_snapshot!(until_ready(&mut half), @"E(FATAL 08006 terminating connection: a message paused for more than 1s)-");
    assert_eq!(until_ready(&mut waiting), "CZ");
    insta::assert_snapshot!(until_ready(&mut waiting), @"E(FATAL 25P03 terminating connection due to idle-in-transaction timeout)-");
    insta::assert_snapshot!(until_ready(&mut series), @"1E(FATAL 25P03 terminating connection due to idle-in-transaction timeout)-");
    insta::assert_snapshot!(until_ready(&mut idle), @"E(FATAL 57P05 terminating connection due to idle-session timeout)-");
    busy.write_all(&message(b'Q', b"SELECT 1\0")).unwrap();
    assert_eq!(until_ready(&mut busy), "TDCZ");
}

#[test]
fn timeouts_have_ceilings_for_all_but_the_root() {
    let limits = Limits {
        statement_timeout: Duration::from_secs(5),
        statement_timeout_ceiling: Duration::from_secs(10),
        ..Limits::default()
    };
    let served = Served::start(limits);
    let mut config = served.config("alice", "alice");
    let alice = served.connect(config.options("-c statement_timeout=0")).unwrap();
    let show = |name: &str| served.run(&alice, &format!("SHOW {name}")).unwrap();
    assert_eq!(show("statement_timeout"), "5s");
    assert_eq!(show("idle_session_timeout"), "1h");
    assert_eq!(show("idle_in_transaction_session_timeout"), "10min");
    for refused in [
        "SET statement_timeout = 0",
        "SET statement_timeout TO '11s'",
        "SET SESSION statement_timeout = '0.4ms'",
        "BEGIN; SET LOCAL statement_timeout = '1d'",
        "ROLLBACK; SET idle_session_timeout = '61min'",
        "SET idle_in_transaction_session_timeout = 0",
    ] {
        let error = served.run(&alice, refused).unwrap_err();
        assert!(error.starts_with("22023 invalid value for parameter `"), "{refused}: {error}");
    }
    served.run(&alice, "SET statement_timeout = '10s'").unwrap();
    assert_eq!(show("statement_timeout"), "10s");
    for restores in ["RESET statement_timeout", "DISCARD ALL", "SET statement_timeout = DEFAULT"] {
        served.run(&alice, "SET statement_timeout = '1s'").unwrap();
        served.run(&alice, restores).unwrap();
        assert_eq!(show("statement_timeout"), "5s", "{restores}");
    }
    served.run(&alice, "SELECT set_config('statement_timeout', '0', false)").unwrap();
    assert_eq!(show("statement_timeout"), "5s");

    let root = served.client("root").unwrap();
    served.run(&root, "SET statement_timeout = 0; SET idle_session_timeout = 0").unwrap();
    assert_eq!(served.run(&root, "SHOW statement_timeout").unwrap(), "0");
}

#[test]
fn connections_end_with_their_key() {
    let limits = Limits {
        key_check: Duration::from_millis(50),
        connections_per_address: 4,
        ..Limits::default()
    };
    let served = Served::start(limits);
    let (idle, busy, other) = (
        served.client("alice").unwrap(),
        served.client("alice").unwrap(),
        served.client("bob").unwrap(),
    );
    // One more asks for rows without end, and reads no more of them.
    let (stuck, connection) =
        served.runtime.block_on(served.config("alice", "alice").connect(NoTls)).unwrap();
    let mut connection = pin!(connection);
    served.runtime.block_on(async {
        let asked = stuck.simple_query_raw(ENDLESS);
        let both = async { tokio::join!(connection.as_mut(), asked) };
        let _ = tokio::time::timeout(Duration::from_millis(200), both).await;
    });
    assert!(served.client("carol").is_err());
    let ended = "57P01 terminating connection: access key `alice` was deleted or deactivated";
    let stopped = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            served.keys.revoke("alice");
        });
        served.run(&busy, "SLEEP 60000")
    });
    assert_eq!(stopped, Err(ended.to_owned()));
    soon(|| idle.is_closed().then_some(()));
    assert_eq!(served.run(&other, "SELECT 1").unwrap(), "1");
    // All three places are free.
    let _held = [(); 3].map(|()| served.client_soon("carol"));
    drop(stuck);
}

#[test]
fn a_client_that_takes_nothing_is_left() {
    let limits = Limits {
        write_time: Duration::from_secs(1),
        connections_per_address: 1,
        ..Limits::default()
    };
    let served = Served::start(limits);
    let (client, connection) =
        served.runtime.block_on(served.config("alice", "alice").connect(NoTls)).unwrap();
    let mut connection = pin!(connection);
    served.runtime.block_on(async {
        let asked = client.simple_query_raw(ENDLESS);
        let both = async { tokio::join!(connection.as_mut(), asked) };
        let _ = tokio::time::timeout(Duration::from_millis(200), both).await;
    });
    assert!(served.client("bob").is_err());
    served.client_soon("bob");
}

#[test]
fn messages_that_cannot_be_read_end_no_connection() {
    let served = Served::open(Limits::default());
    let mut stream = served.raw();
    let mut ask = |messages: &[(u8, &[u8])]| {
        let bytes: Vec<u8> =
            messages.iter().flat_map(|(kind, body)| message(*kind, body)).collect();
        stream.write_all(&bytes).unwrap();
        until_ready(&mut stream)
    };
    let call = [0, 0, 4, 0xd2, 0, 0, 0, 0, 0, 0];
    let sync = (b'S', &b""[..]);
    insta::assert_snapshot!(ask(&[(b'F', &call)]), @"E(ERROR 0A000 function calls by the protocol's FunctionCall message are not supported; use SELECT)Z");
    insta::assert_snapshot!(ask(&[(b'Q', b"SELECT '\xff'\0")]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff)Z"#);
    insta::assert_snapshot!(ask(&[(b'Q', b"SELECT '\xe2\x28'\0")]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xe2 0x28 0x27)Z"#);
    insta::assert_snapshot!(ask(&[(b'P', b"\0SELECT '\xc3'\0\0\0"), (b'F', &call), sync]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xc3 0x27)Z"#);
    insta::assert_snapshot!(ask(&[(b'D', b"S\xff\0"), sync]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff)Z"#);
    insta::assert_snapshot!(ask(&[(b'C', b"P\xff\0"), sync]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff)Z"#);
    insta::assert_snapshot!(ask(&[(b'E', b"\xff\0\0\0\0\0"), sync]), @r#"E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff)Z"#);
    // A value that is not UTF-8.
    let bind = b"\0\0\0\0\0\x01\0\0\0\x02a\xff\0\0";
    insta::assert_snapshot!(ask(&[(b'P', b"\0SELECT $1\0\0\0"), (b'B', bind), sync]), @r#"1E(ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff)Z"#);
    // Lengths and counts that lie.
    insta::assert_snapshot!(ask(&[(b'B', b"\0\0\xff\xff"), sync]), @"E(ERROR 08P01 invalid message format: a message ends too early)Z");
    insta::assert_snapshot!(ask(&[(b'Q', b"SELECT 1")]), @"E(ERROR 08P01 invalid message format: a message ends too early)Z");
    insta::assert_snapshot!(ask(&[(b'S', b"x")]), @"E(ERROR 08P01 invalid message format: a message goes on beyond its end)Z");
    insta::assert_snapshot!(ask(&[(b'Q', b"SELECT 1\0")]), @"TDCZ");
    // What is no message may be followed by anything.
    insta::assert_snapshot!(ask(&[(0, b"")]), @"E(FATAL 08P01 there is no such message)-");
}

/// Rows without end.
const ENDLESS: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
                       SELECT CAST(n AS INTEGER) AS n, hex(zeroblob(1000)) AS filler FROM c";

/// Longer than anything takes here.
const LONG: Duration = Duration::from_mins(1);

/// Chance that is none.
struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for (at, byte) in buffer.iter_mut().enumerate() {
            *byte = u8::try_from(at % 251).unwrap();
        }
    }
}
