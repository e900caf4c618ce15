//! Calls through the socket of the server that holds the data directory.
//!
//! HTTP/1.1 with one exchange a connection. No signature: who may open the socket may read the
//! directory, and is the account's root, or whoever's access key they show.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

use vmfa_iam::Call;
use vmfa_model::{Kind, Record, Secret};
use vmfa_query::{
    request,
    response::{self, Unanswered},
};
use zeroize::Zeroizing;

use crate::{AccessKey, Calls, Directory, Error, Failed, reach};

/// The way to the server that holds a data directory.
pub struct Socket {
    path: PathBuf,
    key: Option<AccessKey>,
}

/// An answer, whatever it says.
struct Answer {
    status: u16,
    body: Zeroizing<Vec<u8>>,
}

impl Socket {
    /// The socket of a directory, if somebody answers there.
    pub(crate) fn of(directory: &Directory) -> Option<Self> {
        let path = directory.socket();
        reach(&path, |path| UnixStream::connect(path)).is_ok().then_some(Self { path, key: None })
    }

    /// The same, acting as the owner of a key where the server knows it, otherwise as the root.
    pub(crate) fn acting_as(self, key: Option<AccessKey>) -> Self {
        Self { key, ..self }
    }

    /// Has the server make an access key for the root. Gives the one that made room for it along.
    pub fn new_root_key(&self) -> Result<(AccessKey, Option<String>), Error> {
        let answer = self.post("/vmfa/root-key", "", None).map_err(Error::file(&self.path))?;
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
        let mut lines = text.unwrap_or_default().lines();
        let (Some(id), Some(secret)) = (lines.next(), lines.next()) else {
            let status = answer.status;
            return Err(Error::Holder(format!(
                "the server made no root key: it answered {status}"
            )));
        };
        let key = AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) };
        Ok((key, lines.next().map(str::to_owned)))
    }

    fn ask(&self, call: &Call, form: &str, key: Option<&AccessKey>) -> Result<Record, Unanswered> {
        let answer = self.post("/", form, key).map_err(|error| {
            let path = self.path.display();
            Unanswered::Unreadable(format!("the server at `{path}` did not answer: {error}"))
        })?;
        response::read(call.action, answer.status, &answer.body)
    }

    fn post(&self, target: &str, form: &str, key: Option<&AccessKey>) -> io::Result<Answer> {
        let mut stream = reach(&self.path, |path| UnixStream::connect(path))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(message(target, form, key).as_bytes())?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        stream.take(MOST).read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}

impl Calls for Socket {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let form = Zeroizing::new(request::form(&call));
        let mut answer = self.ask(&call, &form, self.key.as_ref());
        // A key that the server does not know is one for somewhere else. Nothing was done yet.
        if self.key.is_some()
            && let Err(Unanswered::Refused(fault)) = &answer
            && fault.kind == Kind::InvalidClientTokenId
        {
            answer = self.ask(&call, &form, None);
        }
        answer.map_err(|unanswered| match unanswered {
            Unanswered::Refused(fault) => Failed::Refused(fault),
            Unanswered::Unreadable(problem) => Failed::Unreachable(problem),
        })
    }
}

fn message(target: &str, form: &str, key: Option<&AccessKey>) -> Zeroizing<String> {
    let key = key.map_or_else(Zeroizing::default, |key| {
        let (id, secret) = (&key.id, key.secret.expose());
        // What cannot be a key must not become another header.
        let plain = [id, secret].iter().all(|text| text.bytes().all(|b| b.is_ascii_graphic()));
        let headers = format!("x-vmfa-access-key: {id}\r\nx-vmfa-secret-key: {secret}\r\n");
        Zeroizing::new(if plain { headers } else { String::new() })
    });
    Zeroizing::new(format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         content-length: {}\r\n{}\r\n{form}",
        form.len(),
        *key,
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
        let key = |id: &str| AccessKey { id: id.into(), secret: Secret::new("s".into()) };
        assert!(message("/", "a=b", Some(&key("AKIA1"))).contains("x-vmfa-access-key: AKIA1\r\n"));
        assert!(!message("/", "a=b", Some(&key("A\r\nx: y"))).contains("x: y"));
    }
}
