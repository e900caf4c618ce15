//! The HTTP door: the IAM and STS Query API, health and metrics, over TCP and over the socket of a
//! data directory.
//!
//! [`run`] serves until it is told to stop. A request goes one way:
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
mod run;
mod stop;
mod tls;

pub use config::{Config, Limits, Local, Tls};
pub use error::Error;
pub use run::run;
pub use stop::{Stop, Stopper};
