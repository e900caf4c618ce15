//! Why the server could not start.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address may be reached from elsewhere, and secrets would cross the network in clear.
    #[error(
        "`{0}` can be reached from other machines, and without TLS whoever is between reads the \
         seeds: give a certificate and its key, listen on 127.0.0.1, or allow insecure HTTP"
    )]
    Exposed(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Another process serves the socket.
    #[error("another process serves `{}`: stop it first", .0.display())]
    Served(PathBuf),
    /// There is something at the socket's path that is not a socket.
    #[error("`{}` is not a socket: move it away", .0.display())]
    NotASocket(PathBuf),
    /// The socket cannot be made.
    #[error("cannot make the socket `{}`", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A PEM file cannot be read.
    #[error("cannot read a {what} from `{}`", path.display())]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: tokio_rustls::rustls::pki_types::pem::Error,
    },
    /// Certificate and key are no use together.
    #[error("cannot use the certificate `{}` with its key", path.display())]
    Certificate {
        /// The certificate.
        path: PathBuf,
        /// Why.
        source: tokio_rustls::rustls::Error,
    },
    /// The operating system gives no threads, timers or signals.
    #[error("cannot start the server")]
    Runtime(#[source] io::Error),
}
