//! The server's configuration.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use vmfa_model::AccountId;

/// The configuration of a [`Server`](crate::Server).
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 chooses a free one.
    pub listen: SocketAddr,
    /// HTTPS where given, else plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Allows plain HTTP on a non-loopback address.
    pub insecure_http: bool,
    /// Per client and per listener.
    pub limits: Limits,
    /// How long a shutdown waits for the requests that are being served.
    pub grace: Duration,
}

/// The PEM files of a server's certificate.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate, followed by its intermediate certificates.
    pub certificate: PathBuf,
    /// The private key, in PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// The data directory's socket, through which its owner's other processes make calls.
#[derive(Clone, Debug)]
pub struct LocalSocket {
    /// Created with mode 0600.
    pub path: PathBuf,
    /// Unsigned requests act as the root of this account.
    pub account: AccountId,
}

/// Limits on what a client may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of request line and headers together, at least 8192. At most a hundred headers are
    /// accepted: more would cost each request an allocation in hyper.
    pub head: usize,
    /// Concurrent connections per listener.
    pub connections: usize,
    /// From the accepted connection to the end of the TLS handshake.
    pub handshake_time: Duration,
    /// From the first byte of a request, or for the first request from the opening of the
    /// connection, to the end of the headers.
    pub head_time: Duration,
    /// From the end of the headers to the end of the body.
    pub body_time: Duration,
    /// From a queued write to its commit; after it the client gets status 503, and the call
    /// continues. Reads do not wait and have no limit.
    pub call_time: Duration,
    /// From a response to the next request on the same connection.
    pub idle_time: Duration,
}

impl Config {
    /// Plain HTTP with the default limits and a grace period of 20 seconds.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            tls: None,
            insecure_http: false,
            limits: Limits::default(),
            grace: Duration::from_secs(20),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            head: 32 << 10,
            connections: 1024,
            handshake_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(20),
            call_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
        }
    }
}
