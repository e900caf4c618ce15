//! The HTTP door: the IAM and STS Query API, health and metrics, over TCP and over the data
//! directory's socket.
//!
//! [`Server::bind`] checks the configuration and listens, [`Server::run`] serves until a shutdown
//! is requested. The path of a request:
//!
//! ```text
//! listener ─► connection ─► router ─► audited call ─► Service::call
//!   bind, TLS   time limits   path      limits, panic guard, log, metrics
//!                                       encoding: decode, authenticate, encode
//! ```
//!
//! It is built on hyper's connections and on no web framework: the API has one path, health has
//! three, and the servers of frameworks do not control time limits, the number of connections, or
//! what a rejected client can read.
//!
//! To bytes that are not HTTP and to a head beyond the limits, hyper itself responds with status
//! 400 or 431, without a body, and closes the connection. It reports that error only after the
//! response is sent, so that nothing can be added.
//!
//! Not here: what a call means (`vmfa-iam`), its wire format (`vmfa-query`), signatures
//! (`vmfa-sigv4`).

mod accept;
mod audited_call;
mod call_audit;
mod config;
mod connection;
mod connection_state;
mod descriptors;
mod error;
mod faults;
mod health;
mod listen;
mod local;
mod metrics;
mod query_encoding;
mod response;
mod router;
mod server;
mod shutdown;
mod tls;

pub use config::{Config, Limits, LocalSocket, TlsFiles};
pub use error::Error;
pub use server::{LocalServer, Server};
pub use shutdown::{ShutdownHandle, ShutdownSource};
