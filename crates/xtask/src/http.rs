//! A small blocking HTTP/1.1 client with one persistent connection.
//!
//! It never retries: the caller must know whether a request may have arrived.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends a request and waits for the complete response.
    pub(crate) fn send(&mut self, request: &[u8]) -> io::Result<RawResponse> {
        self.stream.write_all(request)?;
        loop {
            if let Some((status, head, whole)) = measure(&self.unread)? {
                let mut message: Vec<u8> = self.unread.drain(..whole).collect();
                return Ok(RawResponse { status, body: message.split_off(head) });
            }
            let mut piece = [0; 16 << 10];
            match self.stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.unread.extend(piece.iter().take(read)),
            }
        }
    }
}

/// Status, length of the head, and total length of the response at the start of `bytes`; `None`
/// while it is incomplete.
pub(crate) fn measure(bytes: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let bad = |problem: &str| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(bad("the response is not HTTP")),
    };
    let body = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let body = body.and_then(|h| std::str::from_utf8(h.value).ok()?.parse::<usize>().ok());
    let body = body.ok_or_else(|| bad("the response has no valid content-length"))?;
    let whole = length.saturating_add(body);
    let status = head.code.unwrap_or_default();
    Ok((bytes.len() >= whole).then_some((status, length, whole)))
}

/// Of each read and write.
const TIMEOUT: Duration = Duration::from_secs(30);
