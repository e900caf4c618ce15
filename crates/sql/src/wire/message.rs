//! What clients say: frames, and the messages in them.
//!
//! Lengths and counts in a message are what somebody wrote: none is believed.
//!
//! Not here: what the messages ask for, and what is answered.

use std::io::{self, Read};

use vmfa_sqlite::{Charge, Exhausted, MemoryAccount};

use super::{
    encoding::{self, NotText},
    report::Report,
};

/// A message of a client that has been let in. Its values may be secret: no `Debug`.
pub(super) enum Message {
    /// Statements to run, in the simple protocol.
    Query(String),
    /// A statement to prepare.
    Parse { name: String, query: String, types: Vec<u32> },
    /// Values for a statement that was prepared.
    Bind(Bind),
    /// A question about a statement or a portal.
    Describe(Target),
    /// A portal to run, for so many rows; zero is all.
    Execute { portal: String, rows: u32 },
    /// A statement or a portal that is no more needed.
    Close(Target),
    /// What was answered is wanted now.
    Flush,
    /// The end of a series.
    Sync,
    /// The end.
    Terminate,
    /// A step of the proof of a password.
    Password(Vec<u8>),
    /// A function to call, which is refused: SELECT calls functions.
    FunctionCall,
    /// Something that has no place here, such as data to copy.
    Other(u8),
    /// A frame of that kind whose body cannot be read. The next frame is read as if it were.
    Unreadable(u8, Malformed),
}

/// Values for a statement.
pub(super) struct Bind {
    pub(super) portal: String,
    pub(super) statement: String,
    /// Whether values are binary: none, one for all, or one for each.
    pub(super) formats: Vec<bool>,
    pub(super) values: Vec<Option<Vec<u8>>>,
    /// Whether columns of the answer are to be binary, likewise.
    pub(super) results: Vec<bool>,
}

/// A statement or a portal, by name.
pub(super) enum Target {
    Statement(String),
    Portal(String),
}

/// What a client says first.
pub(super) enum Opening {
    /// It wants TLS.
    Tls,
    /// It wants GSSAPI.
    Gss,
    /// It wants a statement on another connection to be stopped.
    Cancel { process: i32, key: i32 },
    /// It wants in.
    Startup { major: u16, minor: u16, parameters: Vec<(String, String)> },
}

/// Why bytes are no message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    Problem(&'static str),
    NotText(NotText),
    /// Its length in bytes, which no message may have.
    TooLong(u32),
    /// Its session has no memory for it.
    NoRoom,
}

/// A frame that was read.
pub(super) enum Frame {
    /// Its kind and its body, whose memory is charged to the session.
    Whole(u8, Vec<u8>, Option<Charge>),
    /// Its kind, and why its body was passed over.
    Skipped(u8, Malformed),
}

/// Reads a frame: before the log-in, when there is no account of a session, of at most 10,000
/// bytes; later one that is too long, or for which there is no memory, is passed over. `None` where
/// the client has gone between two frames.
///
/// Room is made as bytes come, not as they are announced.
pub(super) fn frame(
    input: &mut impl Read,
    session: Option<&MemoryAccount>,
) -> io::Result<Option<Frame>> {
    let mut kind = [0];
    if input.read(&mut kind)? == 0 {
        return Ok(None);
    }
    let [kind] = kind;
    let Some(session) = session else {
        let length = length(input, LONGEST_BEFORE_LOGIN)?;
        return Ok(Some(Frame::Whole(kind, body(input, length)?, None)));
    };
    let length = length(input, LONGEST_SKIPPED)?;
    // The body, and what is read from it.
    let bytes = usize::try_from(length).unwrap_or(usize::MAX).saturating_mul(2);
    let charge = session.charge(bytes);
    let problem = match charge {
        _ if length > LONGEST => Malformed::TooLong(length),
        Err(Exhausted) => Malformed::NoRoom,
        Ok(charge) => return Ok(Some(Frame::Whole(kind, body(input, length)?, Some(charge)))),
    };
    let skipped = io::copy(&mut input.take(length.into()), &mut io::sink())?;
    if skipped == u64::from(length) {
        Ok(Some(Frame::Skipped(kind, problem)))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads the first frame, which has no kind.
pub(super) fn opening(input: &mut impl Read) -> io::Result<Opening> {
    let length = length(input, LONGEST_BEFORE_LOGIN)?;
    Ok(read_opening(&body(input, length)?)?)
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        let problem = match malformed {
            Malformed::Problem(problem) => problem,
            Malformed::NotText(_) => "a text is not UTF-8",
            Malformed::TooLong(_) | Malformed::NoRoom => "a message is too long",
        };
        Self::new(io::ErrorKind::InvalidData, problem)
    }
}

impl From<Malformed> for Report {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Problem(problem) => {
                Self::new("08P01", format!("invalid message format: {problem}"))
            }
            Malformed::NotText(bytes) => bytes.into(),
            Malformed::TooLong(length) => {
                let message = format!("a message of {length} bytes: {LONGEST} are the most");
                Self::new("54000", message)
            }
            Malformed::NoRoom => Exhausted.into(),
        }
    }
}

/// Reads the length of a body.
fn length(input: &mut impl Read, longest: u32) -> io::Result<u32> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length).checked_sub(4).filter(|length| *length <= longest);
    length.ok_or_else(|| Malformed::Problem("a message is too long, or has no length").into())
}

fn body(input: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = input.take(length.into()).read_to_end(&mut body)?;
    if u32::try_from(read).is_ok_and(|read| read == length) {
        Ok(body)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads the body of a first frame.
pub(super) fn read_opening(body: &[u8]) -> Result<Opening, Malformed> {
    let mut bytes = Bytes(body);
    let (major, minor) = (bytes.short()?, bytes.short()?);
    let opening = match (major, minor) {
        (REQUEST, 5679) => Opening::Tls,
        (REQUEST, 5680) => Opening::Gss,
        (REQUEST, 5678) => Opening::Cancel { process: bytes.number()?, key: bytes.number()? },
        _ => {
            let mut parameters = Vec::new();
            loop {
                let name = bytes.text()?;
                if name.is_empty() {
                    break;
                }
                parameters.push((name, bytes.text()?));
            }
            Opening::Startup { major, minor, parameters }
        }
    };
    bytes.end()?;
    Ok(opening)
}

/// Reads the body of a frame. Fails for a kind that the protocol does not have: what follows may be
/// no frame either.
pub(super) fn read(kind: u8, body: Vec<u8>) -> io::Result<Message> {
    Ok(match kind {
        b'p' => Message::Password(body),
        b'F' => Message::FunctionCall,
        b'd' | b'c' | b'f' => Message::Other(kind),
        b'Q' | b'P' | b'B' | b'D' | b'C' | b'E' | b'H' | b'S' | b'X' => {
            read_body(kind, &body).unwrap_or_else(|problem| Message::Unreadable(kind, problem))
        }
        _ => return Err(Malformed::Problem("there is no such message").into()),
    })
}

fn read_body(kind: u8, body: &[u8]) -> Result<Message, Malformed> {
    let mut bytes = Bytes(body);
    let message = match kind {
        b'Q' => Message::Query(bytes.text()?),
        b'P' => {
            let (name, query) = (bytes.text()?, bytes.text()?);
            Message::Parse { name, query, types: bytes.list(Bytes::oid)? }
        }
        b'B' => Message::Bind(Bind {
            portal: bytes.text()?,
            statement: bytes.text()?,
            formats: bytes.list(Bytes::format)?,
            values: bytes.list(Bytes::value)?,
            results: bytes.list(Bytes::format)?,
        }),
        b'D' => Message::Describe(bytes.target()?),
        b'C' => Message::Close(bytes.target()?),
        b'E' => {
            let portal = bytes.text()?;
            // Fewer than none is all, as it is in PostgreSQL.
            Message::Execute { portal, rows: u32::try_from(bytes.number()?).unwrap_or(0) }
        }
        b'H' => Message::Flush,
        b'S' => Message::Sync,
        // Whatever it holds, nothing comes after it.
        _ => return Ok(Message::Terminate),
    };
    bytes.end()?;
    Ok(message)
}

/// The first answer to SASL: the mechanism, and what the client says in it.
pub(super) fn read_first_proof(body: &[u8]) -> Result<(String, Vec<u8>), Malformed> {
    let mut bytes = Bytes(body);
    let mechanism = bytes.text()?;
    let data = bytes.value()?.unwrap_or_default();
    bytes.end()?;
    Ok((mechanism, data))
}

/// Bytes that are not yet read.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn short(&mut self) -> Result<u16, Malformed> {
        self.take().map(u16::from_be_bytes)
    }

    fn number(&mut self) -> Result<i32, Malformed> {
        self.take().map(i32::from_be_bytes)
    }

    fn oid(&mut self) -> Result<u32, Malformed> {
        self.take().map(u32::from_be_bytes)
    }

    fn format(&mut self) -> Result<bool, Malformed> {
        match self.short()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Problem("there is no such format")),
        }
    }

    /// Text that a zero ends.
    fn text(&mut self) -> Result<String, Malformed> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(SHORT)?;
        let (text, rest) = self.0.split_at_checked(end).ok_or(SHORT)?;
        self.0 = rest.get(1..).unwrap_or_default();
        encoding::text(text).map(str::to_owned).map_err(Malformed::NotText)
    }

    fn value(&mut self) -> Result<Option<Vec<u8>>, Malformed> {
        let Ok(length) = usize::try_from(self.number()?) else { return Ok(None) };
        let (value, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(Some(value.to_vec()))
    }

    fn target(&mut self) -> Result<Target, Malformed> {
        let [kind] = self.take()?;
        let name = self.text()?;
        match kind {
            b'S' => Ok(Target::Statement(name)),
            b'P' => Ok(Target::Portal(name)),
            _ => Err(Malformed::Problem("it is neither a statement nor a portal")),
        }
    }

    /// As many as are announced. Nothing is reserved: so many may not be there.
    fn list<T>(
        &mut self,
        one: impl Fn(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.short()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn end(&self) -> Result<(), Malformed> {
        match self.0 {
            [] => Ok(()),
            _ => Err(Malformed::Problem("a message goes on beyond its end")),
        }
    }
}

const SHORT: Malformed = Malformed::Problem("a message ends too early");

/// Marks what is no version of the protocol, but a request.
const REQUEST: u16 = 1234;
/// Bytes of a message. A statement of StackQL with a file in it has less.
const LONGEST: u32 = 16 << 20;
/// Bytes of a message that is passed over. A longer one is none: PostgreSQL has no longer ones.
const LONGEST_SKIPPED: u32 = 1 << 30;
/// Bytes of a message before the log-in, the first one included.
const LONGEST_BEFORE_LOGIN: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_cut_off_is_none() {
        let mut bind = b"portal\0statement\0".to_vec();
        bind.extend([0, 1, 0, 1, 0, 2, 0, 0, 0, 1, b'x', 255, 255, 255, 255, 0, 1, 0, 0]);
        assert!(matches!(read(b'B', bind.clone()), Ok(Message::Bind(bind))
            if bind.formats == [true] && bind.values == [Some(vec![b'x']), None]
                && bind.results == [false]));
        for end in 0..bind.len() {
            assert!(read_body(b'B', &bind[..end]).is_err(), "{end}");
        }
        bind.push(0);
        assert!(matches!(read(b'B', bind), Ok(Message::Unreadable(b'B', _))));
    }

    #[test]
    fn lengths_are_bounded_before_anything_is_kept() {
        for length in [0_u32, 3, LONGEST_SKIPPED + 5, u32::MAX] {
            let bytes = [&b"Q"[..], &length.to_be_bytes()].concat();
            let session = MemoryAccount::new(1 << 20);
            let error = frame(&mut &bytes[..], Some(&session)).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{length}");
        }
    }
}
