//! Paths of sockets, which have room for about a hundred bytes, while paths of files have thousands.
//!
//! Not here: what goes through a socket.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd as _, unix::net::SocketAddr},
    path::{Path, PathBuf},
};

/// Binds or connects a socket: gives `with` the path to it, or where that is too long for a socket,
/// a short one through its opened directory, which is good for this moment.
///
/// # Errors
/// Those of `with`. Only Linux has such short paths; elsewhere a long one is an error that says so.
pub fn reach<T>(path: &Path, with: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if SocketAddr::from_pathname(path).is_ok() {
        return with(path);
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return with(path) };
    if !cfg!(target_os = "linux") {
        return Err(io::Error::new(io::ErrorKind::InvalidFilename, TOO_LONG));
    }
    let directory = File::open(parent)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    with(&short.join(name))
}

const TOO_LONG: &str =
    "the path is too long for a socket: choose a data directory with a shorter one";

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_of_any_length_is_bound_and_connected_to() {
        let home = tempfile::tempdir().unwrap();
        for length in [1, 200] {
            let directory = home.path().join("d".repeat(length));
            std::fs::create_dir(&directory).unwrap();
            let path = directory.join("socket");
            let refused = reach(&path, |path| UnixStream::connect(path)).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::NotFound);
            let listener = reach(&path, |path| UnixListener::bind(path)).unwrap();
            assert!(path.exists());
            reach(&path, |path| UnixStream::connect(path)).unwrap();
            listener.accept().unwrap();
        }
    }
}
