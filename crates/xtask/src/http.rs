//! A small blocking HTTP/1.1 client, for one request at a time on a connection that stays open.
//!
//! It never sends anything twice: whoever asks must know whether a request may have arrived.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request)?;
        loop {
            if let Some((status, head, whole)) = measure(&self.unread)? {
                let mut message: Vec<u8> = self.unread.drain(..whole).collect();
                return Ok(Answer { status, body: message.split_off(head) });
            }
            let mut piece = [0; 16 << 10];
            match self.stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.unread.extend(piece.iter().take(read)),
            }
        }
    }
}

/// Status, bytes of the head, and bytes of the whole of the answer that `bytes` begin with; `None`
/// where it is not all there.
pub(crate) fn measure(bytes: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let bad = |problem: &str| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(bad("the answer is not HTTP")),
    };
    let said = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let said = said.and_then(|h| std::str::from_utf8(h.value).ok()?.parse::<usize>().ok());
    let whole = said.ok_or_else(|| bad("the answer does not say its length"))?;
    let whole = length.saturating_add(whole);
    let status = head.code.unwrap_or_default();
    Ok((bytes.len() >= whole).then_some((status, length, whole)))
}

/// For bytes to come or go.
const PATIENCE: Duration = Duration::from_secs(30);
