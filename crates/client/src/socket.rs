//! Calls through the socket of the server that holds the data directory.
//!
//! HTTP/1.1 with one exchange a connection. No signature: who may open the socket may read the
//! directory, and is the account's root, or whoever's access key they show. Only sessions sign,
//! since nothing else is known of them.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use vmfa_iam::{Api, Call};
use vmfa_model::{Clock, FaultKind, Record, Secret};
use vmfa_query::{
    request,
    response::{self, ResponseError},
};
use vmfa_sigv4::Request;
use vmfa_socket::{ACCESS_KEY, ROOT_KEY, SECRET_KEY, with_short_path};
use zeroize::Zeroizing;

use crate::{AccessKey, ActAs, CallError, Calls, Credentials, DataDirectory, DirectoryError};

/// The way to the server that holds a data directory.
pub struct Socket {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    acting: ActAs,
}

/// The headers that tell a caller, each with its line end.
pub(crate) type Identity = Zeroizing<String>;

/// An answer, whatever it says.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Socket {
    /// The socket of a directory, if somebody answers there.
    pub(crate) fn of(directory: &DataDirectory, clock: &Arc<dyn Clock>) -> Option<Self> {
        let path = directory.socket();
        let clock = Arc::clone(clock);
        let connected = with_short_path(&path, |path| UnixStream::connect(path)).is_ok();
        connected.then_some(Self { path, clock, acting: ActAs::Root })
    }

    /// The same, acting as somebody.
    pub(crate) fn acting(self, acting: ActAs) -> Self {
        Self { acting, ..self }
    }

    /// Has the server make an access key for the root. Gives the one that made room for it along.
    pub fn new_root_key(&self) -> Result<(AccessKey, Option<String>), DirectoryError> {
        let answer = self.post(ROOT_KEY, "", "").map_err(DirectoryError::file(&self.path))?;
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
        let mut lines = text.unwrap_or_default().lines();
        let (Some(id), Some(secret)) = (lines.next(), lines.next()) else {
            let status = answer.status;
            return Err(DirectoryError::Other(format!(
                "the server made no root key: it answered {status}"
            )));
        };
        let key = AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) };
        Ok((key, lines.next().map(str::to_owned)))
    }

    pub(crate) fn ask(
        &self,
        call: &Call,
        form: &str,
        identity: &str,
    ) -> Result<Record, ResponseError> {
        let answer = self.post("/", form, identity).map_err(|error| {
            let path = self.path.display();
            ResponseError::Unreadable(format!("the server at `{path}` did not answer: {error}"))
        })?;
        response::read(call.action, answer.status, &answer.body)
    }

    /// Whether credentials that were refused as unknown are so: STS takes every session of the
    /// account, also those that IAM refuses.
    fn is_foreign(&self, credentials: &Credentials) -> bool {
        let who =
            vmfa_iam::find(Api::Sts, "GetCallerIdentity").filter(|_| credentials.token.is_some());
        let Some(action) = who else { return true };
        let call = Call { action, input: Record::new() };
        let form = request::form(&call);
        let identity = self.identity(credentials, action.api, &form);
        matches!(self.ask(&call, &form, &identity), Err(ResponseError::Refused(fault))
            if fault.kind == FaultKind::InvalidClientTokenId)
    }

    /// The headers that tell the owner of credentials: the key itself, or a signature, by which
    /// alone sessions are known.
    fn identity(&self, credentials: &Credentials, api: Api, form: &str) -> Identity {
        if credentials.token.is_none() {
            let (id, secret) = (&credentials.key.id, credentials.key.secret.expose());
            return lines(&[(ACCESS_KEY, id), (SECRET_KEY, secret)]);
        }
        let signer = credentials.signer("us-east-1", api);
        let headers = [("host", HOST.as_bytes()), ("content-type", TYPE.as_bytes())];
        let body = form.as_bytes();
        let request = Request { method: "POST", path: "/", query: "", headers: &headers, body };
        // Only a query, and here is none, can be refused.
        let added = signer.sign(&request, self.clock.now().unix()).unwrap_or_default();
        let added: Vec<_> = added.iter().map(|(name, value)| (*name, value.as_str())).collect();
        lines(&added)
    }

    pub(crate) fn post(&self, target: &str, form: &str, identity: &str) -> io::Result<Answer> {
        let mut stream = with_short_path(&self.path, |path| UnixStream::connect(path))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(message(target, form, identity).as_bytes())?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        stream.take(MOST).read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}

impl Calls for Socket {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let form = Zeroizing::new(request::form(&call));
        let credentials = match &self.acting {
            ActAs::Root => None,
            ActAs::IfKnown(credentials) | ActAs::Only(credentials) => Some(credentials),
        };
        let identity = credentials.map(|known| self.identity(known, call.action.api, &form));
        let mut answer = self.ask(&call, &form, identity.as_ref().map_or("", |lines| lines));
        if let Err(ResponseError::Refused(fault)) = &answer
            && fault.kind == FaultKind::InvalidClientTokenId
            && let Some(credentials) = credentials
            && self.is_foreign(credentials)
        {
            if let ActAs::Only(_) = self.acting {
                let refused = DirectoryError::NotOurs(credentials.key.id.clone());
                return Err(CallError::Unreachable(refused.to_string()));
            }
            // They are for somewhere else. Nothing was done yet.
            answer = self.ask(&call, &form, "");
        }
        answer.map_err(|unanswered| match unanswered {
            ResponseError::Refused(fault) => CallError::Refused(fault),
            ResponseError::Unreadable(problem) => CallError::Unreachable(problem),
        })
    }
}

/// Headers. What cannot be the value of one must not become another.
pub(crate) fn lines(headers: &[(&str, &str)]) -> Identity {
    let plain =
        |(_, value): &(&str, &str)| value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if !headers.iter().all(plain) {
        return Identity::default();
    }
    let lines = headers.iter().map(|(name, value)| Zeroizing::new(format!("{name}: {value}\r\n")));
    let mut text = Zeroizing::new(String::with_capacity(MOST_IDENTITY));
    lines.for_each(|line| text.push_str(&line));
    text
}

fn message(target: &str, form: &str, identity: &str) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "POST {target} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\ncontent-type: {TYPE}\r\n\
         content-length: {}\r\n{identity}\r\n{form}",
        form.len(),
    ))
}

/// Reads a whole answer. One that was cut off is none.
fn parse(bytes: &[u8]) -> io::Result<Answer> {
    let bad = |problem| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(bytes) else {
        return Err(bad("the answer is not HTTP, or was cut off"));
    };
    let said = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let said = said.and_then(|h| std::str::from_utf8(h.value).ok()?.parse::<usize>().ok());
    let body = bytes.get(length..).unwrap_or_default();
    match (head.code, said) {
        (Some(status), Some(said)) if said == body.len() => {
            Ok(Answer { status, body: Zeroizing::new(body.to_vec()) })
        }
        _ => Err(bad("the answer was cut off, or does not say its length")),
    }
}

const HOST: &str = "localhost";
const TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Bytes of most identities, so that a secret in one is not copied about.
const MOST_IDENTITY: usize = 4096;
/// For one answer. A writer waits for the disk and for those before it, not for minutes.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Bytes of most answers, so that a seed in one is not copied about.
const ROOM: usize = 64 * 1024;
/// Bytes of the largest answer that is read.
const MOST: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole = b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc";
        let answer = parse(whole).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (404, &b"abc"[..]));
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "{end}");
        }
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\nabc").is_err());
    }

    #[test]
    fn a_key_cannot_smuggle_a_header() {
        let key = |id: &str| lines(&[("x-vmfa-access-key", id), ("x-vmfa-secret-key", "s")]);
        let good = message("/", "a=b", &key("AKIA1"));
        assert!(good.contains("x-vmfa-access-key: AKIA1\r\nx-vmfa-secret-key: s\r\n\r\na=b"));
        assert!(!message("/", "a=b", &key("A\r\nx: y")).contains("x: y"));
    }
}
