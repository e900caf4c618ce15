//! Opens the TCP listener and the data directory's socket.

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

/// Refuses plain HTTP on a non-loopback address unless the configuration allows it.
pub(crate) async fn tcp(config: &Config) -> Result<(TcpListener, SocketAddr), Error> {
    let address = config.listen;
    if config.tls.is_none() && !config.insecure_http && !address.ip().is_loopback() {
        return Err(Error::PlainHttp(address));
    }
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Removes the socket's file when dropped.
pub(crate) struct LocalListener {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl LocalListener {
    /// Creates the socket with mode 0600; replaces one that no process serves.
    pub(crate) fn bind(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Socket { path: path.to_owned(), source };
        remove_stale(path)?;
        let listener = with_short_path(path, |path| UnixListener::bind(path)).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let owner = fs::metadata(path).map_err(failed)?.uid();
        Ok(Self { listener, path: path.to_owned(), owner })
    }

    /// The next connection of the user that this process runs as, or of the superuser. Others are
    /// refused here too, since the socket exists for a moment before its mode is set.
    pub(crate) async fn accept(&self) -> std::io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == self.owner || peer.uid() == 0 => return Ok(stream),
                Ok(peer) => {
                    tracing::warn!(uid = peer.uid(), "refused the connection of another user");
                }
                Err(error) => tracing::debug!(%error, "local connection closed by the client"),
            }
        }
    }
}

impl Drop for LocalListener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the socket");
        }
    }
}

/// Removes the file of a socket that no process serves.
fn remove_stale(path: &Path) -> Result<(), Error> {
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
        return Err(Error::SocketInUse(path.to_owned()));
    }
    fs::remove_file(path).map_err(failed)
}
