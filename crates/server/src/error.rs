//! Why the server could not start.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::TlsFiles;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are those of the messages")]
pub enum Error {
    /// Plain HTTP on an address that is reachable from other machines.
    #[error(
        "refusing plain HTTP on `{0}`, which other machines can reach: seeds could be intercepted; \
         give --tls-cert and --tls-key, listen on 127.0.0.1, or allow it with --insecure-http"
    )]
    PlainHttp(SocketAddr),
    /// The TCP listener could not be opened, mostly because the port is in use.
    #[error(
        "cannot listen on `{address}` (pass another --listen, or stop the process that listens there)"
    )]
    Listen { address: SocketAddr, source: io::Error },
    /// The socket at this path accepts connections.
    #[error("another process serves `{}`: stop it first", .0.display())]
    SocketInUse(PathBuf),
    /// A file that is not a socket is at the socket's path.
    #[error("`{}` is not a socket: move it away", .0.display())]
    NotASocket(PathBuf),
    /// The socket could not be created.
    #[error("cannot create the socket `{}`", path.display())]
    Socket { path: PathBuf, source: io::Error },
    /// A PEM file could not be read.
    #[error("cannot read `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A PEM file without the item that it is named for: `certificate` or `private key`.
    #[error("no {what} in `{}`: give a PEM file that contains one", path.display())]
    NothingInPem { what: &'static str, path: PathBuf },
    /// A PEM file whose item cannot be decoded.
    #[error("the {what} in `{}` is malformed: give a complete PEM file", path.display())]
    MalformedPem { what: &'static str, path: PathBuf },
    /// The private key belongs to another certificate.
    #[error(
        "the private key in `{}` does not match the certificate in `{}`; give a matching pair",
        .0.key.display(), .0.certificate.display()
    )]
    KeyMismatch(TlsFiles),
    /// rustls refuses the certificate or the private key.
    #[error(
        "cannot use the certificate in `{}` with the private key in `{}`",
        files.certificate.display(), files.key.display()
    )]
    UnusableCertificate { files: TlsFiles, source: tokio_rustls::rustls::Error },
    /// The operating system provided no threads, timers or signal handlers.
    #[error("cannot start the server")]
    Runtime(#[source] io::Error),
}
