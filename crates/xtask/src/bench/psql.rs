//! A minimal client of PostgreSQL's simple query protocol that counts rows, without passwords,
//! parameters and types; and its limit, an echo server that exchanges as many bytes.

use std::{
    io::{BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::bail;

pub(super) struct PsqlClient {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
    /// Bytes of the last query and of its response.
    sizes: (usize, usize),
}

impl PsqlClient {
    /// Connects to a server that does not require a password.
    pub(super) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self {
            stream: BufReader::with_capacity(64 << 10, stream),
            body: vec![],
            sizes: (0, 0),
        };
        let mut hello = VERSION.to_be_bytes().to_vec();
        hello.extend(b"user\0bench\0database\0aws\0\0");
        client.send(None, &hello)?;
        client.response()?;
        Ok(client)
    }

    /// Runs a query and returns its number of rows.
    pub(super) fn query(&mut self, text: &str) -> anyhow::Result<usize> {
        let mut body = text.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        self.response()
    }

    /// The limit of the last query.
    pub(super) fn echo(&self) -> anyhow::Result<Echo> {
        Echo::start(self.sizes)
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> anyhow::Result<()> {
        let length = u32::try_from(body.len().saturating_add(4))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.sizes = (message.len(), 0);
        Ok(self.stream.get_mut().write_all(&message)?)
    }

    /// Reads up to `ReadyForQuery`.
    fn response(&mut self) -> anyhow::Result<usize> {
        let mut rows: usize = 0;
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let [kind, length @ ..] = head;
            let length = usize::try_from(u32::from_be_bytes(length))?.saturating_sub(4);
            self.body.resize(length, 0);
            self.stream.read_exact(&mut self.body)?;
            self.sizes.1 = self.sizes.1.saturating_add(head.len()).saturating_add(length);
            match kind {
                b'D' => rows = rows.saturating_add(1),
                b'E' => bail!("refused: {}", String::from_utf8_lossy(&self.body)),
                b'Z' => return Ok(rows),
                _ => {}
            }
        }
    }
}

/// A connection to a thread that responds to a fixed number of bytes with a fixed number of bytes.
pub(super) struct Echo {
    stream: TcpStream,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Echo {
    fn start((sent, received): (usize, usize)) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let stream = TcpStream::connect(listener.local_addr()?)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (request, response) = (vec![b'q'; sent], vec![b'r'; received]);
        let (mut read, reply) = (request.clone(), response.clone());
        let (mut other, _) = listener.accept()?;
        other.set_nodelay(true)?;
        thread::spawn(move || {
            while other.read_exact(&mut read).and_then(|()| other.write_all(&reply)).is_ok() {}
        });
        Ok(Self { stream, request, response })
    }

    pub(super) fn round_trip(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.request)?;
        Ok(self.stream.read_exact(&mut self.response)?)
    }
}

/// Version 3.0 of the protocol.
const VERSION: u32 = 3 << 16;
const PATIENCE: Duration = Duration::from_secs(30);
