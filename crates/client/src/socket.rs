//! Calls through the socket of the process that holds the data directory.
//!
//! Each request has its own connection, and no signature: a user who can open the socket can read
//! the data directory, so a request acts as the root user or as the access key that its headers
//! name. Only requests with a session token are signed, since the server knows sessions by that
//! alone.

use std::{io, os::unix::net::UnixStream, path::PathBuf, sync::Arc, time::Duration};

use vmfa_iam::{Api, Call};
use vmfa_model::{Clock, FaultKind, Record, Secret};
use vmfa_query::{
    request,
    response::{self, ResponseError},
};
use vmfa_sigv4::Request;
use vmfa_socket::{ACCESS_KEY_HEADER, ROOT_KEY_PATH, SECRET_KEY_HEADER};
use zeroize::Zeroizing;

use crate::{
    AccessKeyPair, ActAs, CallError, Calls, Credentials, DataDirectory, DirectoryError,
    http::{HttpClient, HttpResponse, HttpTimeouts},
};

/// The client of a data directory's socket.
pub struct SocketClient {
    path: PathBuf,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    act_as: ActAs,
}

/// Names and values of headers, which may be secrets.
pub(crate) type Headers = Vec<(&'static str, Zeroizing<String>)>;

impl SocketClient {
    /// The socket of a directory, if a process accepts connections there.
    pub(crate) fn of(directory: &DataDirectory, clock: &Arc<dyn Clock>) -> Option<Self> {
        let path = directory.socket();
        let clock = Arc::clone(clock);
        let connected = vmfa_socket::with_short_path(&path, |path| UnixStream::connect(path));
        connected.is_ok().then(|| Self::at(path, clock))
    }

    fn at(path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let timeouts = HttpTimeouts { connect: None, read: Some(TIMEOUT) };
        let http = HttpClient::unix(path.clone(), timeouts);
        Self { path, http, clock, act_as: ActAs::Root }
    }

    /// The same socket, for calls of another caller.
    pub(crate) fn acting(self, act_as: ActAs) -> Self {
        Self { act_as, ..self }
    }

    /// Has the server create an access key for the root user. The second value is the id of the key
    /// that was deleted for it, if one was.
    pub fn new_root_key(&self) -> Result<(AccessKeyPair, Option<String>), DirectoryError> {
        let response = self
            .post(ROOT_KEY_PATH, &Headers::new(), "")
            .map_err(DirectoryError::file(&self.path))?;
        let text = std::str::from_utf8(&response.body).ok().filter(|_| response.status == 200);
        let mut lines = text.unwrap_or_default().lines();
        let (Some(id), Some(secret)) = (lines.next(), lines.next()) else {
            let (path, status) = (self.path.display(), response.status);
            return Err(DirectoryError::Other(format!(
                "the server at `{path}` did not create a root key: HTTP status {status}; see its log"
            )));
        };
        let key = AccessKeyPair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) };
        Ok((key, lines.next().map(str::to_owned)))
    }

    fn send(&self, call: &Call, form: &str, headers: &Headers) -> Result<Record, CallError> {
        let response = self.post("/", headers, form).map_err(|error| {
            let path = self.path.display();
            CallError::Unreachable(format!("the server at `{path}` did not respond: {error}"))
        })?;
        read(call, &response)
    }

    /// Whether credentials that were refused as unknown are not of this account. STS accepts every
    /// session of the account, also those that IAM refuses.
    fn is_foreign(&self, credentials: &Credentials) -> bool {
        let action =
            vmfa_iam::find(Api::Sts, "GetCallerIdentity").filter(|_| credentials.token.is_some());
        let Some(action) = action else { return true };
        let call = Call { action, input: Record::new() };
        let form = request::form(&call);
        let Some(headers) = self.headers(credentials, action.api, &form) else { return true };
        matches!(self.send(&call, &form, &headers), Err(CallError::Refused(fault))
            if fault.kind == FaultKind::InvalidClientTokenId)
    }

    /// The headers of a request that acts as the owner of credentials. `None` for an access key or
    /// a token that cannot stand in a header: the store has none of that kind.
    fn headers(&self, credentials: &Credentials, api: Api, form: &str) -> Option<Headers> {
        let (id, secret) = (&credentials.key.id, credentials.key.secret.expose());
        if credentials.token.is_none() {
            let id = header(ACCESS_KEY_HEADER, id)?;
            // The server then refuses the key with a wrong secret, if it has the key.
            let secret =
                header(SECRET_KEY_HEADER, secret).or_else(|| header(SECRET_KEY_HEADER, ""));
            return Some(vec![id, secret?]);
        }
        let signer = credentials.signer("us-east-1", api);
        let headers = [("host", HOST.as_bytes()), ("content-type", TYPE.as_bytes())];
        let body = form.as_bytes();
        let request = Request { method: "POST", path: "/", query: "", headers: &headers, body };
        let added = signer.sign(&request, self.clock.now().unix()).ok()?;
        added.iter().map(|(name, value)| header(name, value)).collect()
    }

    pub(crate) fn post(
        &self,
        target: &str,
        headers: &Headers,
        form: &str,
    ) -> io::Result<HttpResponse> {
        let mut sent = vec![("host", HOST), ("content-type", TYPE), ("connection", "close")];
        sent.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let url = format!("http://{HOST}{target}");
        let response = self.http.post(&url, &sent, form).map_err(ureq::Error::into_io)?;
        // Otherwise the end of the connection would end the body too, wherever it was cut off.
        match response.header("content-length") {
            Some(_) => Ok(response),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "the response has no length")),
        }
    }
}

impl Calls for SocketClient {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let form = Zeroizing::new(request::form(&call));
        let (credentials, required) = match &self.act_as {
            ActAs::Root => return self.send(&call, &form, &Headers::new()),
            ActAs::IfKnown(credentials) => (credentials, false),
            ActAs::Only(credentials) => (credentials, true),
        };
        if let Some(headers) = self.headers(credentials, call.action.api, &form) {
            match self.send(&call, &form, &headers) {
                Err(CallError::Refused(fault))
                    if fault.kind == FaultKind::InvalidClientTokenId
                        && self.is_foreign(credentials) => {}
                result => return result,
            }
        }
        if required {
            let refused = DirectoryError::NotOurs(credentials.key.id.clone());
            return Err(CallError::Unreachable(refused.to_string()));
        }
        // They are for another service. The refused call has changed nothing.
        self.send(&call, &form, &Headers::new())
    }
}

/// Reads the output of a call, or the refusal.
pub(crate) fn read(call: &Call, response: &HttpResponse) -> Result<Record, CallError> {
    response::read(call.action, response.status, &response.body).map_err(|error| match error {
        ResponseError::Refused(fault) => CallError::Refused(fault),
        ResponseError::Unreadable(problem) => CallError::Unreachable(problem),
    })
}

/// A header; `None` where the value cannot be one.
pub(crate) fn header(name: &'static str, value: &str) -> Option<(&'static str, Zeroizing<String>)> {
    let valid = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    valid.then(|| (name, Zeroizing::new(value.to_owned())))
}

const HOST: &str = "localhost";
const TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// A write waits for the disk and for the writes queued before it, which takes seconds at most.
const TIMEOUT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        os::unix::net::UnixListener,
        thread,
    };

    use super::*;

    struct FixedClock;

    impl Clock for FixedClock {
        fn now(&self) -> vmfa_model::Timestamp {
            vmfa_model::Timestamp::from_unix(0)
        }
    }

    /// Posts to a server that sends these bytes and closes the connection. Returns the response and
    /// the request as the server received it.
    fn exchange(response: &[u8], headers: &Headers) -> (io::Result<HttpResponse>, String) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        thread::scope(|scope| {
            let server = scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\na=b") {
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(response).unwrap();
                String::from_utf8(request).unwrap()
            });
            let socket = SocketClient::at(path.clone(), Arc::new(FixedClock));
            (socket.post("/x", headers, "a=b"), server.join().unwrap())
        })
    }

    #[test]
    fn a_response_that_was_cut_off_is_an_error() {
        let whole = b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc";
        let response = exchange(whole, &Headers::new()).0.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (404, &b"abc"[..]));
        for end in 0..whole.len() {
            assert!(exchange(&whole[..end], &Headers::new()).0.is_err(), "{end}");
        }
        let unbounded = exchange(b"HTTP/1.1 200 OK\r\n\r\nabc", &Headers::new()).0;
        assert_eq!(unbounded.err().unwrap().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_request_has_a_connection_of_its_own_and_the_headers_of_its_caller() {
        let done = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let key = vec![
            header(ACCESS_KEY_HEADER, "AKIA1").unwrap(),
            header(SECRET_KEY_HEADER, "s p").unwrap(),
        ];
        let (_, request) = exchange(done, &key);
        let request = request.to_ascii_lowercase();
        assert!(request.starts_with("post /x http/1.1\r\n"), "{request}");
        for line in ["connection: close", "x-vmfa-access-key: akia1", "x-vmfa-secret-key: s p"] {
            assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
        }
        for value in ["A\r\nx: y", "A\n", "\u{e9}"] {
            assert_eq!(header(ACCESS_KEY_HEADER, value), None);
        }
    }

    #[test]
    fn where_no_process_listens_the_error_says_so() {
        let home = tempfile::tempdir().unwrap();
        let post = |path: PathBuf| {
            let socket = SocketClient::at(path, Arc::new(FixedClock));
            socket.post("/", &Headers::new(), "").err().unwrap().kind()
        };
        assert_eq!(post(home.path().join("absent")), io::ErrorKind::NotFound);
        let path = home.path().join("closed");
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(post(path), io::ErrorKind::ConnectionRefused);
    }
}
