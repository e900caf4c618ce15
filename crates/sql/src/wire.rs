//! The PostgreSQL wire: clients of PostgreSQL run their statements on the resources.
//!
//! ```text
//! server ─► admission                         places, attempts to log in
//!        ─► monitor                           access keys that are revoked
//!        ─► connection ─► entrance            TLS, user, password
//!               │      ─► desk ─► settings    SET and SHOW
//!               │              ─► catalog     pg_catalog, information_schema
//!               │              ─► Session     all else, in StackQL's spelling (dialect)
//!               └──────◄─ rows ◄──────────────┘
//! ```
//!
//! All of it blocks, since sessions do: a connection has a thread. A session pushes its rows, and
//! portals pull them; so what comes while a portal waits is read in the middle of its query (rows).
//!
//! Not here: what a statement means, and what passwords are checked against.

mod admission;
mod answer;
mod arrays;
mod attempts;
mod brake;
mod catalog;
mod channel;
mod connection;
mod copy;
mod cursor;
mod desk;
mod dialect;
mod encoding;
mod ending;
mod entrance;
mod lexer;
mod message;
mod moment;
mod monitor;
mod numeric;
mod parameters;
mod report;
mod rows;
mod scram;
mod server;
mod settings;
mod statement;
mod time;
mod tls;
mod types;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use server::{Ground, Keeping, Server, Stopper};
pub use tls::Tls;

pub use crate::memory::Budgets;

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the listener; port 0 takes a free one.
    pub address: SocketAddr,
    /// Has clients come by TLS. Beyond this machine there must be one.
    pub tls: Option<Tls>,
    /// Asks for no password: whoever comes acts as whoever needs no key. On this machine only.
    pub insecure: bool,
    /// What clients may take.
    pub limits: Limits,
}

/// What clients may take. A time of zero is no limit, where nothing else is said.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory of all sessions, of those of one user, and of one.
    pub memory: Budgets,
    /// Connections that have logged in.
    pub connections: usize,
    /// Those of them that only the root takes.
    pub reserved_for_root: usize,
    /// Connections that have logged in with one access key.
    pub connections_per_key: usize,
    /// Connections of callers other than the root from one IPv4 address, or from one /64 network of
    /// IPv6.
    pub connections_per_address: usize,
    /// Connections that have not logged in yet. One more closes the oldest one of the address that
    /// has the most.
    pub starting: usize,
    /// The time from a connection's first byte to its password's last; zero is none at all.
    pub startup_time: Duration,
    /// Log-ins from one address that may fail in a burst.
    pub failed_logins: u32,
    /// The time after which one more may.
    pub failed_login_interval: Duration,
    /// How long a client may pause in the middle of a message.
    pub message_time: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub write_time: Duration,
    /// The pause between two checks whether the access keys of connections still work.
    pub key_check: Duration,
    /// `statement_timeout`, unless a client sets it.
    pub statement_timeout: Duration,
    /// How high callers other than the root can set `statement_timeout`, zero excepted.
    pub statement_timeout_ceiling: Duration,
    /// `idle_session_timeout`, unless a client sets it, and how high callers other than the root can
    /// set it.
    pub idle_session_timeout: Duration,
    /// The same of `idle_in_transaction_session_timeout`.
    pub idle_in_transaction_session_timeout: Duration,
    /// How long statements that are run may take to end once the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: Budgets::default(),
            connections: 256,
            reserved_for_root: 8,
            connections_per_key: 64,
            connections_per_address: 192,
            starting: 64,
            startup_time: Duration::from_secs(15),
            failed_logins: 20,
            failed_login_interval: Duration::from_secs(2),
            message_time: Duration::from_mins(1),
            write_time: Duration::from_mins(5),
            key_check: Duration::from_secs(1),
            statement_timeout: Duration::from_mins(1),
            statement_timeout_ceiling: Duration::from_mins(10),
            idle_session_timeout: Duration::from_hours(1),
            idle_in_transaction_session_timeout: Duration::from_mins(10),
            grace: Duration::from_secs(10),
        }
    }
}

/// Reads a length of time as PostgreSQL's settings have it: `90s`, `10min`, a number of
/// milliseconds; 0 is none.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    time::read(text).ok_or_else(|| format!("invalid duration: {}", time::HINT))
}

/// Why it cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address is reached from elsewhere.
    #[error(
        "{0} is reached from other machines, and whoever is between would read the seeds: give \
         --pgsrv.tls, or listen on 127.0.0.1"
    )]
    Exposed(SocketAddr),
    /// The address is reached from elsewhere, and no password is asked for.
    #[error("{0} is reached from other machines: --insecure is for 127.0.0.1 only")]
    Open(SocketAddr),
    /// A file for TLS cannot be used.
    #[error("cannot use {what} `{}`: {problem}", path.display())]
    Tls {
        /// What it should be.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The authorities for clients cannot be used.
    #[error("cannot use clientCAs, a list of PEM in base64: {0}")]
    Authorities(String),
}

/// Reads what a client may send, as a connection does, and does nothing with it: for tests with
/// bytes of any kind. How many messages there were.
#[doc(hidden)]
pub fn read_messages(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    if message::opening(&mut rest).is_err() {
        rest = bytes;
    }
    let mut count = 0_usize;
    let session = crate::MemoryAccount::new(64 << 20);
    while let Ok(Some(frame)) = message::frame(&mut rest, Some(&session)) {
        let message::Frame::Whole(kind, body, _charge) = frame else { continue };
        count = count.saturating_add(1);
        match message::read(kind, body) {
            Ok(message::Message::Query(text) | message::Message::Parse { query: text, .. }) => {
                let _ = statement::Statement::split(&text).map(|statements| {
                    statements.iter().map(statement::Statement::written).for_each(drop);
                });
            }
            Ok(message::Message::Bind(bind)) => {
                for value in bind.values.iter().flatten() {
                    for (kind, binary) in [(23, true), (1184, true), (1009, false), (1009, true)] {
                        let _ = types::read(Some(value), kind, binary);
                    }
                }
            }
            Ok(message::Message::Password(body)) => {
                let _ = message::read_first_proof(&body);
            }
            Ok(_) | Err(_) => {}
        }
    }
    count
}
