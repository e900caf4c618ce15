//! The HTTP door: the IAM and STS Query API, health and metrics, over TCP and over the socket of a
//! data directory.
//!
//! [`Server::bind`] checks the configuration and listens, [`Server::run`] serves until it is told
//! to stop. A request goes one way:
//!
//! ```text
//! listener ─► connection ─► door ─► exchange ─► Service::call
//!   bind, TLS   time limits   path    decode, authenticate, encode, count, log
//! ```
//!
//! It stands on hyper's connections, and on no router: the API has one path, health has three,
//! and a router's server gives no say in time limits, in how many connections there are, or in
//! what a client that is refused gets to read.
//!
//! What is no HTTP, and a head beyond its limits, hyper answers by itself before anybody else sees
//! them: with status 400 or 431, no body, and a closed connection. Its error comes only after that
//! answer is on its way, so nothing can be added to it.
//!
//! Not here: what a call means (`vmfa-iam`), its wire format (`vmfa-query`), signatures
//! (`vmfa-sigv4`), where configuration comes from, and where log lines go.

mod accept;
mod config;
mod connection;
mod descriptors;
mod door;
mod error;
mod exchange;
mod health;
mod listen;
mod local;
mod metrics;
mod pulse;
mod refuse;
mod server;
mod stop;
mod tls;

pub use config::{Config, Limits, Local, Tls};
pub use error::Error;
pub use server::{LocalServer, Server};
pub use stop::{Stop, Stopper};
