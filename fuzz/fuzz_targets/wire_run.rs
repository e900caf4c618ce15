//! Statements of any text on a PostgreSQL connection, including its catalogue, by the simple and the
//! extended query protocol: each exchange ends with ReadyForQuery. AddressSanitizer finds memory
//! errors.
#![no_main]

use std::{
    cell::RefCell,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, OnceLock},
    thread,
};

use vmfa_client::{AccessKeys, CallError, Calls};
use vmfa_fuzz::{GeneratedOutputs, HUNG, LIMIT};
use vmfa_iam::Verifier;
use vmfa_model::Entropy;
use vmfa_sql::{
    Views,
    wire::{Config, Ground, Limits, Server},
};

/// The server of this process, which requires no password.
fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let address = "127.0.0.1:0".parse().expect("an address");
        let config = Config { address, tls: None, insecure: true, limits: Limits::default() };
        let server = Server::bind(&config).expect("a free port");
        let address = server.address();
        let ground = Ground {
            keys: Arc::new(NoPasswords),
            views: Box::new(|_| Views::nowhere()),
            concurrency: None,
            entropy: Arc::new(Zeros),
        };
        thread::spawn(move || server.run(ground, || ()));
        address
    })
}

struct NoPasswords;

impl AccessKeys for NoPasswords {
    fn verifier(&self, _: &str) -> Result<Verifier, CallError> {
        unreachable!("no password is required")
    }

    fn calls(&self, _: &str) -> Arc<dyn Calls> {
        Arc::new(GeneratedOutputs)
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(GeneratedOutputs)
    }

    fn revoked(&self, _: &[String]) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

struct Client {
    stream: TcpStream,
    /// Inputs sent so far.
    count: usize,
}

impl Client {
    fn connect() -> Self {
        let stream = TcpStream::connect(server()).expect("a connection");
        stream.set_read_timeout(Some(LIMIT + HUNG)).expect("a socket");
        let mut client = Self { stream, count: 0 };
        let limit = LIMIT.as_millis();
        let opening =
            format!("user\0fuzz\0database\0aws\0options\0-c statement_timeout={limit}\0\0");
        client.send(None, &[&196_608_i32.to_be_bytes(), opening.as_bytes()].concat());
        assert!(client.ready());
        client
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) {
        let length = i32::try_from(body.len() + 4).expect("a short message");
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message).expect("the connection is open");
    }

    /// Reads up to ReadyForQuery. False if the connection ended first.
    fn ready(&mut self) -> bool {
        let mut body = Vec::new();
        loop {
            let mut head = [0; 5];
            if self.stream.read_exact(&mut head).inspect_err(still_there).is_err() {
                return false;
            }
            let [kind, length @ ..] = head;
            let length = u64::from(u32::from_be_bytes(length)) - 4;
            body.clear();
            let read = (&self.stream).take(length).read_to_end(&mut body);
            assert!(read.inspect_err(still_there).is_ok_and(|read| read as u64 == length));
            if kind == b'E' {
                let message = String::from_utf8_lossy(&body);
                assert!(!message.contains("\0CXX000\0"), "an internal error: {message}");
            }
            if kind == b'Z' {
                return true;
            }
        }
    }

    /// One statement by the extended query protocol; the portal is suspended after two rows.
    fn extended(&mut self, text: &str) {
        self.send(Some(b'P'), &[b"s\0", text.as_bytes(), b"\0\0\0"].concat());
        self.send(Some(b'D'), b"Ss\0");
        let parameters = (1..=3).rev().find(|number| text.contains(&format!("${number}")));
        let parameters = parameters.unwrap_or_default();
        let mut bind = b"p\0s\0\0\0".to_vec();
        bind.extend([0, parameters]);
        for value in ["alice", "-1", "{a,b}"].iter().take(parameters.into()) {
            bind.extend([0, 0, 0, value.len() as u8]);
            bind.extend(value.as_bytes());
        }
        bind.extend([0, 0]);
        self.send(Some(b'B'), &bind);
        self.send(Some(b'D'), b"Pp\0");
        self.send(Some(b'E'), b"p\0\0\0\0\x02");
        self.send(Some(b'E'), b"p\0\0\0\0\0");
        self.send(Some(b'C'), b"Ss\0");
        self.send(Some(b'S'), b"");
    }
}

fn still_there(error: &std::io::Error) {
    let late =
        matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
    assert!(!late, "a statement does not end");
}

thread_local! {
    static CLIENT: RefCell<Option<Client>> = const { RefCell::new(None) };
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let lower = text.to_ascii_lowercase();
    // These would remove the time limit.
    if text.contains('\0') || lower.contains("statement_timeout") || lower.contains("reset") {
        return;
    }
    CLIENT.with_borrow_mut(|place| {
        let mut client = place.take().unwrap_or_else(Client::connect);
        client.count += 1;
        if text.starts_with(' ') {
            client.extended(text);
        } else {
            client.send(Some(b'Q'), &[text.as_bytes(), b"\0"].concat());
        }
        let open = client.ready();
        *place = Some(client).filter(|client| open && client.count < 200);
    });
});
