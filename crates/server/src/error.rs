//! Why the server could not start.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::Tls;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address may be reached from elsewhere, and secrets would cross the network in clear.
    #[error(
        "`{0}` can be reached from other machines, and without TLS whoever is between reads the \
         seeds: give --tls-cert with --tls-key, listen on 127.0.0.1, or allow it with \
         --insecure-http"
    )]
    Exposed(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}` (give another --listen, or stop what listens there)")]
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
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has nothing of what it was named for.
    #[error("no {what} in `{}`: give a PEM file with one", path.display())]
    Nothing {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// A file has what it was named for, and that cannot be read.
    #[error("the {what} in `{}` is damaged: give a whole PEM file", path.display())]
    Damaged {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// The key is that of another certificate.
    #[error(
        "the private key does not fit the certificate: `{}` is not the key of `{}`",
        .0.key.display(), .0.certificate.display()
    )]
    Unfitting(Tls),
    /// Certificate or key is no use for TLS.
    #[error(
        "cannot use the certificate in `{}` with the private key in `{}`",
        tls.certificate.display(), tls.key.display()
    )]
    Unusable {
        /// Both files.
        tls: Tls,
        /// Why.
        source: tokio_rustls::rustls::Error,
    },
    /// The operating system gives no threads, timers or signals.
    #[error("cannot start the server")]
    Runtime(#[source] io::Error),
}
