//! Listeners: where they may be, and the socket's file.
//!
//! Not here: accepting connections.

use std::{
    fs,
    io::ErrorKind,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, UnixListener, UnixStream};
use vmfa_socket::with_short_path;

use crate::{Config, Error};

/// Listens on the address, if it may be served as the configuration has it.
pub(crate) async fn tcp(config: &Config) -> Result<(TcpListener, SocketAddr), Error> {
    let address = config.listen;
    if config.tls.is_none() && !config.insecure_http && !address.ip().is_loopback() {
        return Err(Error::Exposed(address));
    }
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// The socket, whose file is removed when this is dropped.
pub(crate) struct LocalListener {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl LocalListener {
    /// Makes the socket, in place of one that nobody serves any more.
    pub(crate) fn bind(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Socket { path: path.to_owned(), source };
        clear(path)?;
        let listener = with_short_path(path, |path| UnixListener::bind(path)).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let owner = fs::metadata(path).map_err(failed)?.uid();
        Ok(Self { listener, path: path.to_owned(), owner })
    }

    /// The next connection by the user whose process this is, or by the machine's root.
    ///
    /// The file's mode keeps others out, but only from the moment on at which it is set.
    pub(crate) async fn accept(&self) -> std::io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == self.owner || peer.uid() == 0 => return Ok(stream),
                Ok(peer) => tracing::warn!(uid = peer.uid(), "refused another user's connection"),
                Err(error) => tracing::debug!(%error, "a local connection went away"),
            }
        }
    }
}

impl Drop for LocalListener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "could not remove the socket");
        }
    }
}

/// Removes the file of a socket that nobody serves.
fn clear(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Socket { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(Error::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
    }
    if with_short_path(path, |path| std::os::unix::net::UnixStream::connect(path)).is_ok() {
        return Err(Error::Served(path.to_owned()));
    }
    fs::remove_file(path).map_err(failed)
}
