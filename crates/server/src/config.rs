//! What the operator chooses of the door.
//!
//! Not here: reading it from arguments or the environment.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use vmfa_model::AccountId;

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the TCP listener; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Serves HTTPS in place of HTTP.
    pub tls: Option<Tls>,
    /// Lets an address beyond this machine be served without TLS.
    pub insecure_http: bool,
    /// What a client may take.
    pub limits: Limits,
    /// How long requests that are being served may take to end once the server is told to stop.
    pub grace: Duration,
}

/// A certificate and its key, each a path to a PEM file.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, followed by those that vouch for it.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The door for those who may read the data directory.
#[derive(Clone, Debug)]
pub struct Local {
    /// Where its socket goes. Nobody else may connect to it.
    pub socket: PathBuf,
    /// The account whose root acts where a request names nobody.
    pub account: AccountId,
}

/// What a client may take, in bytes, in number and in time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of a request line and headers together; 8192 at the least. There may be a hundred
    /// headers: more would cost each request an allocation.
    pub head: usize,
    /// Connections at the same time, of each listener.
    pub connections: usize,
    /// The time for a TLS handshake.
    pub handshake_time: Duration,
    /// The time from the first byte of a request, or from the opening of the connection, to the
    /// end of the headers.
    pub head_time: Duration,
    /// The time from the end of the headers to the end of the body.
    pub body_time: Duration,
    /// The time that a write may take before the client is told to try again; it goes on all the
    /// same. A read takes microseconds, and has no limit.
    pub call_time: Duration,
    /// The time from an answer to the next request on the same connection.
    pub idle_time: Duration,
}

impl Config {
    /// Serves HTTP on that address, with the default limits.
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
