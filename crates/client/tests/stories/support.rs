//! A server on loopback with given responses that records its requests, and a context whose clock
//! stands still.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use vmfa_client::{
    ClientContext, ClientError, Configuration, ConnectionOptions, Endpoint, Route, Trace,
};
use vmfa_iam::{Api, Call};
use vmfa_model::{Clock, Entropy, Record, Secret, Timestamp, Value};

/// The time: 2030-01-02T03:04:05Z.
pub(crate) const NOW: i64 = 1_893_553_445;

/// How the server responds to one connection.
#[derive(Clone)]
pub(crate) enum Reply {
    /// With that status and body.
    Say(u16, String),
    /// Closes the connection.
    Close,
    /// Keeps the connection open that long without a response.
    Silence(Duration),
    /// Sends just these bytes.
    Raw(String),
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A server that ends with the test's process.
pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        Self::with(replies, Some)
    }

    /// With TLS, by a certificate and its key, both in DER.
    pub(crate) fn secure(replies: Vec<Reply>, certificate: &[u8], key: &[u8]) -> Self {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![CertificateDer::from(certificate.to_vec())];
        let key = PrivateKeyDer::try_from(key.to_vec()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        Self::with(replies, move |mut stream| {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            connection.complete_io(&mut stream).ok()?;
            Some(rustls::StreamOwned::new(connection, stream))
        })
    }

    fn with<S: Read + Write + 'static>(
        replies: Vec<Reply>,
        wrap: impl Fn(TcpStream) -> Option<S> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let mut replies: VecDeque<_> = replies.into();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // A handshake that fails is not an exchange.
                let Some(mut stream) = wrap(stream) else { continue };
                let Some(request) = read(&mut stream) else { continue };
                kept.lock().unwrap().push(request);
                let Some(reply) = replies.pop_front() else { return };
                let _ = response(&mut stream, &reply);
            }
        });
        Self { port, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn response(stream: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    match reply {
        Reply::Say(status, body) => write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ndate: Wed, 02 Jan 2030 03:04:05 \
             GMT\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
        Reply::Close => Ok(()),
        Reply::Silence(time) => {
            std::thread::sleep(*time);
            Ok(())
        }
        Reply::Raw(bytes) => stream.write_all(bytes.as_bytes()),
    }?;
    stream.flush()
}

fn read(stream: &mut impl Read) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Seen { line, headers, body: String::from_utf8(body).unwrap() })
}

pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(NOW)
    }
}

/// Bytes that differ from call to call, and are the same in each test.
pub(crate) struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in buffer {
            *next = next.wrapping_mul(181).wrapping_add(99);
            *byte = *next;
        }
    }
}

/// What a context was used for.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) sleeps: Mutex<Vec<Duration>>,
    pub(crate) prompts: Mutex<Vec<String>>,
    pub(crate) notes: Mutex<Vec<String>>,
}

impl Log {
    pub(crate) fn notes(&self) -> String {
        self.notes.lock().unwrap().join("\n")
    }
}

struct Witness(Arc<Log>);

impl Trace for Witness {
    fn note(&self, logger: &str, message: &str) {
        self.0.notes.lock().unwrap().push(format!("{logger} {message}"));
    }
}

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting(Mutex::new(7)))
}

/// A context whose prompts all get the same answer.
pub(crate) fn context(person: Option<&'static str>) -> (ClientContext, Arc<Log>) {
    let log = Arc::new(Log::default());
    let (sleeps, prompts) = (Arc::clone(&log), Arc::clone(&log));
    let context = ClientContext {
        clock: Arc::new(FixedClock),
        entropy: entropy(),
        sleep: Arc::new(move |time| sleeps.sleeps.lock().unwrap().push(time)),
        prompt: Arc::new(move |prompt| {
            prompts.prompts.lock().unwrap().push(prompt.to_owned());
            person.map(str::to_owned)
        }),
        trace: Some(Arc::new(Witness(Arc::clone(&log)))),
        user_agent: "vmfa/test".to_owned(),
    };
    (context, log)
}

pub(crate) fn configuration(variables: &[(&str, &str)], profile: Option<&str>) -> Configuration {
    let variable = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Configuration::load(&variable, profile).unwrap()
}

pub(crate) const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_REGION", "eu-west-1"),
];

pub(crate) fn to(url: &str) -> ConnectionOptions {
    ConnectionOptions { endpoint_url: Some(url.to_owned()), ..ConnectionOptions::default() }
}

pub(crate) fn call(api: Api, action: &str, members: &[(&'static str, &str)]) -> Call {
    let action = vmfa_iam::find(api, action).unwrap();
    let mut input = Record::new();
    for (name, text) in members {
        let secret = action.input.member(name).unwrap().shape.is_secret();
        let value = if secret {
            Value::Secret(Secret::new((*text).to_owned()))
        } else {
            Value::Text((*text).to_owned())
        };
        input.push(name, value);
    }
    Call { action, input }
}

/// A refusal in the form of the API.
pub(crate) fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}\
         </Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

/// A response to `GetUser`.
pub(crate) fn user(name: &str) -> String {
    format!(
        "<GetUserResponse><GetUserResult><User><UserName>{name}</UserName></User>\
         </GetUserResult></GetUserResponse>"
    )
}

/// The endpoint of an API, as a command finds it.
pub(crate) fn endpoint(
    api: Api,
    configuration: &Configuration,
    options: &ConnectionOptions,
    context: &ClientContext,
) -> Result<Endpoint, ClientError> {
    Route::resolve(&[api], configuration.clone(), options.clone())?.endpoint(api, context)
}
