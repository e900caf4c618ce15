//! The two directions of a connection: messages in, messages out, over TCP with or without TLS.
//!
//! Not here: what is said.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use vmfa_sqlite::Charge;

use super::{
    Limits,
    answer::Answer,
    message::{self, Frame, Message, Opening},
    report::Report,
    time,
};
use crate::{MemoryAccount, State};

/// A connection.
pub(super) struct Channel {
    stream: BufReader<Stream>,
    /// What is yet to be sent.
    pub(super) out: BytesMut,
    put_back: Option<Message>,
    /// What messages are charged to, once the client has logged in.
    session: Option<MemoryAccount>,
    /// The memory of the last message.
    charge: Option<Charge>,
    /// How long the next message may take to begin, and where the client is meanwhile.
    idle: (Option<Duration>, Idle),
    /// How long a message may pause once it has begun.
    message_time: Duration,
    write_time: Duration,
    /// Whether a write failed, perhaps in the middle of a message.
    torn: bool,
}

/// What a client that sends nothing keeps waiting.
#[derive(Clone, Copy, Debug)]
pub(super) enum Idle {
    Session,
    Transaction,
}

/// An error that ends the connection, and that the client receives.
#[derive(Debug)]
pub(super) struct Farewell(pub(super) Report);

/// A stream, with or without TLS.
enum Stream {
    Bare(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
    /// While one becomes the other.
    None,
}

/// A socket from which reading may have to end at a time.
struct Socket {
    tcp: Arc<TcpStream>,
    /// For all reads, before the log-in.
    deadline: Option<Instant>,
    /// For each read, after it.
    limit: Option<Duration>,
    /// What the socket has now as the limit of a read.
    set: Option<Duration>,
}

impl Channel {
    /// Over a socket that has to let the client in within the time that the limits give.
    pub(super) fn new(tcp: Arc<TcpStream>, limits: &Limits) -> Self {
        let deadline = Instant::now().checked_add(limits.startup_time);
        let socket = Socket { tcp, deadline, limit: None, set: None };
        Self {
            stream: BufReader::new(Stream::Bare(socket)),
            out: BytesMut::new(),
            put_back: None,
            session: None,
            charge: None,
            idle: (None, Idle::Session),
            message_time: limits.message_time,
            write_time: limits.write_time,
            torn: false,
        }
    }

    /// The first message.
    pub(super) fn open(&mut self) -> io::Result<Opening> {
        message::opening(&mut self.stream)
    }

    /// Whether the client begins with TLS at once, without a request for it.
    pub(super) fn begins_with_tls(&mut self) -> io::Result<bool> {
        let Stream::Bare(socket) = self.stream.get_mut() else { return Ok(false) };
        socket.prepare()?;
        let mut first = [0];
        Ok(socket.tcp.peek(&mut first)? == 1 && first == [HANDSHAKE])
    }

    /// Goes on under TLS.
    pub(super) fn secure(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        // Somebody in between could have sent it, for the server to take as the client's.
        if !self.stream.buffer().is_empty() {
            let problem = "something was sent in the clear after the request for TLS";
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        let bare = std::mem::replace(self.stream.get_mut(), Stream::None);
        let Stream::Bare(mut socket) = bare else { return Err(io::ErrorKind::NotConnected.into()) };
        let mut tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        *self.stream.get_mut() = Stream::Tls(Box::new(StreamOwned::new(tls, socket)));
        Ok(())
    }

    /// Whether nobody in between can read.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.stream.get_ref(), Stream::Tls(_))
    }

    /// The client has logged in: limits of single reads and writes take the place of the deadline.
    pub(super) fn let_in(&mut self, session: &MemoryAccount) -> io::Result<()> {
        self.session = Some(session.clone());
        let write_time = self.write_time;
        let Some(socket) = self.socket() else { return Ok(()) };
        socket.deadline = None;
        socket.tcp.set_write_timeout(Some(write_time).filter(|time| !time.is_zero()))
    }

    /// Says how long the next messages may take to begin; `None` is without limit.
    pub(super) const fn set_idle(&mut self, limit: Option<Duration>, idle: Idle) {
        self.idle = (limit, idle);
    }

    /// The next message. `None` where the client has gone.
    pub(super) fn receive(&mut self) -> io::Result<Option<Message>> {
        if let Some(message) = self.put_back.take() {
            return Ok(Some(message));
        }
        if self.stream.buffer().is_empty() && !self.wait()? {
            return Ok(None);
        }
        let pause = Some(self.message_time).filter(|time| !time.is_zero());
        self.limit(pause);
        let stalled = |error| match pause {
            Some(pause) if is_timeout(&error) => stalled(pause),
            _ => error,
        };
        self.charge = None;
        match message::frame(&mut self.stream, self.session.as_ref()).map_err(stalled)? {
            None => Ok(None),
            Some(Frame::Whole(kind, body, charge)) => {
                self.charge = charge;
                message::read(kind, body).map(Some)
            }
            Some(Frame::Skipped(kind, why)) => Ok(Some(Message::Unreadable(kind, why))),
        }
    }

    /// Waits for the first byte of a message. Whether one came before the client's end.
    fn wait(&mut self) -> io::Result<bool> {
        let (limit, idle) = self.idle;
        self.limit(limit);
        loop {
            match self.stream.fill_buf() {
                Ok(bytes) => return Ok(!bytes.is_empty()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if limit.is_some() && is_timeout(&error) => return Err(idle.expired()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Limits each of the next reads.
    fn limit(&mut self, limit: Option<Duration>) {
        if let Some(socket) = self.socket() {
            socket.limit = limit;
        }
    }

    fn socket(&mut self) -> Option<&mut Socket> {
        match self.stream.get_mut() {
            Stream::Bare(socket) => Some(socket),
            Stream::Tls(tls) => Some(&mut tls.sock),
            Stream::None => None,
        }
    }

    /// Makes a message the next one again.
    pub(super) fn put_back(&mut self, message: Message) {
        self.put_back = Some(message);
    }

    /// Takes the next message, if it was put back and belongs to no series.
    pub(super) fn take_query(&mut self) -> bool {
        let query = matches!(
            self.put_back,
            Some(Message::Query(_) | Message::FunctionCall | Message::Unreadable(b'Q' | b'F', _))
        );
        if query {
            self.put_back = None;
        }
        query
    }

    /// Says something, soon.
    pub(super) fn send(&mut self, answer: &Answer<'_>) -> io::Result<()> {
        answer.write(&mut self.out);
        self.relieve()
    }

    /// Says a single byte, at once.
    pub(super) fn send_byte(&mut self, byte: u8) -> io::Result<()> {
        self.out.extend_from_slice(&[byte]);
        self.flush()
    }

    /// Sends what is there, if it is much. A client that reads slowly is waited for here.
    pub(super) fn relieve(&mut self) -> io::Result<()> {
        if self.out.len() < MUCH { Ok(()) } else { self.write() }
    }

    /// Says that the next statement may come.
    pub(super) fn ready(&mut self, state: State) -> io::Result<()> {
        self.send(&Answer::Ready(state))?;
        self.flush()
    }

    /// Sends all that is there.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        let flushed = self.stream.get_mut().flush();
        self.torn |= flushed.is_err();
        flushed
    }

    fn write(&mut self) -> io::Result<()> {
        if self.torn {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let written = self.stream.get_mut().write_all(&self.out);
        self.torn |= written.is_err();
        written?;
        self.out.clear();
        if self.out.capacity() > ROOM {
            self.out = BytesMut::new();
        }
        Ok(())
    }

    /// Ends it, so that the client reads what was said last.
    pub(super) fn close(mut self) {
        if self.torn {
            return;
        }
        // A client that has gone already is not to be told.
        let _ = self.flush();
        if let Stream::Tls(tls) = self.stream.get_mut() {
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    }
}

impl Idle {
    fn expired(self) -> io::Error {
        Farewell(match self {
            Self::Session => {
                Report::fatal("57P05", "terminating connection due to idle-session timeout")
            }
            Self::Transaction => {
                Report::fatal("25P03", "terminating connection due to idle-in-transaction timeout")
            }
        })
        .into()
    }
}

fn stalled(pause: Duration) -> io::Error {
    let pause = time::shown(pause);
    let message = format!("terminating connection: a message paused for more than {pause}");
    Farewell(Report::fatal("08006", message)).into()
}

/// Whether a read took longer than the socket lets it.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl From<Farewell> for io::Error {
    fn from(farewell: Farewell) -> Self {
        Self::other(farewell)
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for Farewell {}

impl Socket {
    /// Lets the next read take as long as there is time.
    fn prepare(&mut self) -> io::Result<()> {
        let Some(deadline) = self.deadline else {
            if self.set != self.limit {
                self.tcp.set_read_timeout(self.limit)?;
                self.set = self.limit;
            }
            return Ok(());
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.tcp.set_read_timeout(Some(left))?;
        self.set = Some(left);
        self.tcp.set_write_timeout(Some(left))
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.prepare()?;
        (&*self.tcp).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.tcp).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.tcp).flush()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bare(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
            Self::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Bare(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
            Self::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Bare(socket) => socket.flush(),
            Self::Tls(tls) => tls.flush(),
            Self::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// With what a client of TLS begins.
const HANDSHAKE: u8 = 0x16;
/// Bytes that are worth a write.
const MUCH: usize = 16 << 10;
/// Bytes of memory that an idle connection keeps for what it will say.
const ROOM: usize = 64 << 10;
