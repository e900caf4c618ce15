//! HTTP as bytes.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// An open connection, which sends only the bytes that it is given.
pub struct RawConnection {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug)]
pub struct TestResponse {
    /// Such as 200.
    pub status: u16,
    /// Names in lower case, with their values, in order.
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub body: Vec<u8>,
}

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

impl RawConnection {
    /// Connects over TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    /// Connects to a socket.
    pub fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        Self::over(stream)
    }

    /// Uses an open stream, such as one of TLS.
    pub fn over(stream: impl Read + Write + Send + 'static) -> Self {
        Self { stream: Box::new(stream), unread: Vec::new() }
    }

    /// Sends bytes. Ignores errors: the other end may have responded and closed.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush());
        self
    }

    /// Reads a response with the body that its headers announce.
    pub fn answer(&mut self) -> TestResponse {
        self.try_answer(true).expect("the connection was closed without a response")
    }

    /// Reads the response to a HEAD request.
    pub fn answer_without_body(&mut self) -> TestResponse {
        self.try_answer(false).expect("the connection was closed without a response")
    }

    /// Reads a response; `None` if the connection ends before it.
    pub fn try_answer(&mut self, with_body: bool) -> Option<TestResponse> {
        let head = loop {
            match self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break self.unread.drain(..end + 4).collect::<Vec<u8>>(),
                None => self.read_more()?,
            }
        };
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(':').expect("a header has a colon"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = TestResponse { status, headers, body: Vec::new() };
        let length = answer.header("content-length").filter(|_| with_body);
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            self.read_more().expect("the connection was closed within a body");
        }
        answer.body = self.unread.drain(..length).collect();
        Some(answer)
    }

    /// Whether the other end has closed, with nothing left to read.
    pub fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && self.read_more().is_none()
    }

    /// `None` at the end of the stream.
    fn read_more(&mut self) -> Option<()> {
        let mut buffer = [0; 16_384];
        match self.stream.read(&mut buffer) {
            Ok(0) => None,
            Ok(read) => {
                self.unread.extend(buffer.iter().take(read));
                Some(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("no response: {error}")
            }
            // Reset, or ended by TLS.
            Err(_) => None,
        }
    }
}

impl TestResponse {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(n, _)| n == name)?;
        Some(value)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The text of the first XML element of that name, with its escapes.
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text().split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    /// Status and code of an error, such as `404 NoSuchEntity`; else the status.
    pub fn outcome(&self) -> String {
        match self.element("Code") {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

const READ_TIMEOUT: Duration = Duration::from_secs(20);
