//! A client of PostgreSQL's wire that asks by the simple protocol and counts rows: enough to
//! measure a server by.
//!
//! Not here: passwords, parameters, types.

use std::{
    io::{BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::bail;

pub(super) struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    /// Opens a session on a server that asks for no password.
    pub(super) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self { stream: BufReader::with_capacity(64 << 10, stream), body: vec![] };
        let mut hello = VERSION.to_be_bytes().to_vec();
        hello.extend(b"user\0bench\0database\0aws\0\0");
        client.send(None, &hello)?;
        client.answer()?;
        Ok(client)
    }

    /// Runs a query, and gives how many rows it has.
    pub(super) fn query(&mut self, text: &str) -> anyhow::Result<usize> {
        let mut body = text.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        self.answer()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> anyhow::Result<()> {
        let length = u32::try_from(body.len().saturating_add(4))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        Ok(self.stream.get_mut().write_all(&message)?)
    }

    /// Reads up to where the server is ready again.
    fn answer(&mut self) -> anyhow::Result<usize> {
        let mut rows: usize = 0;
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let [kind, length @ ..] = head;
            let length = usize::try_from(u32::from_be_bytes(length))?.saturating_sub(4);
            self.body.resize(length, 0);
            self.stream.read_exact(&mut self.body)?;
            match kind {
                b'D' => rows = rows.saturating_add(1),
                b'E' => bail!("refused: {}", String::from_utf8_lossy(&self.body)),
                b'Z' => return Ok(rows),
                _ => {}
            }
        }
    }
}

/// Version 3.0 of the protocol.
const VERSION: u32 = 3 << 16;
const PATIENCE: Duration = Duration::from_secs(30);
