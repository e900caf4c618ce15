//! The two directions of a connection: messages in, messages out, over TCP with or without TLS.
//!
//! Not here: what is said.

use std::{
    io::{self, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{
    answer::Answer,
    message::{self, Message, Opening},
};
use crate::State;

/// A connection.
pub(super) struct Channel {
    stream: BufReader<Stream>,
    /// What is yet to be sent.
    pub(super) out: BytesMut,
    put_back: Option<Message>,
}

/// A stream, with or without TLS.
enum Stream {
    Bare(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
    /// While one becomes the other.
    None,
}

/// A socket from which reading may have to end at a time.
struct Socket {
    tcp: TcpStream,
    deadline: Option<Instant>,
}

impl Channel {
    /// Over a socket that has to let the client in within that time.
    pub(super) fn new(tcp: TcpStream, patience: Duration) -> Self {
        let deadline = Instant::now().checked_add(patience);
        let stream = BufReader::new(Stream::Bare(Socket { tcp, deadline }));
        Self { stream, out: BytesMut::new(), put_back: None }
    }

    /// The first message.
    pub(super) fn open(&mut self) -> io::Result<Opening> {
        message::opening(&mut self.stream)
    }

    /// Whether the client begins with TLS at once, without a request for it.
    pub(super) fn begins_with_tls(&self) -> io::Result<bool> {
        let Stream::Bare(socket) = self.stream.get_ref() else { return Ok(false) };
        socket.limit()?;
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

    /// The client has been let in: it may be silent as long as it likes.
    pub(super) fn let_in(&mut self) -> io::Result<()> {
        let socket = match self.stream.get_mut() {
            Stream::Bare(socket) => socket,
            Stream::Tls(tls) => &mut tls.sock,
            Stream::None => return Ok(()),
        };
        socket.deadline = None;
        socket.tcp.set_read_timeout(None)?;
        socket.tcp.set_write_timeout(None)
    }

    /// The next message. `None` where the client has gone.
    pub(super) fn receive(&mut self) -> io::Result<Option<Message>> {
        if let Some(message) = self.put_back.take() {
            return Ok(Some(message));
        }
        let Some((kind, body)) = message::frame(&mut self.stream)? else { return Ok(None) };
        message::read(kind, body).map(Some).map_err(message::malformed)
    }

    /// Makes a message the next one again.
    pub(super) fn put_back(&mut self, message: Message) {
        self.put_back = Some(message);
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
        self.stream.get_mut().flush()
    }

    fn write(&mut self) -> io::Result<()> {
        self.stream.get_mut().write_all(&self.out)?;
        self.out.clear();
        if self.out.capacity() > ROOM {
            self.out = BytesMut::new();
        }
        Ok(())
    }

    /// Ends it, so that the client reads what was said last.
    pub(super) fn close(mut self) {
        // Whoever is gone already is not to be told.
        let _ = self.flush();
        if let Stream::Tls(tls) = self.stream.get_mut() {
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    }
}

impl Socket {
    /// Lets the next read take as long as there is time.
    fn limit(&self) -> io::Result<()> {
        let Some(deadline) = self.deadline else { return Ok(()) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.tcp.set_read_timeout(Some(left))?;
        self.tcp.set_write_timeout(Some(left))
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.limit()?;
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
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
