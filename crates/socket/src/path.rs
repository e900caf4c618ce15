//! Paths of Unix sockets: `sun_path` has room for about a hundred bytes, a file path for thousands.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd as _, unix::net::SocketAddr},
    path::{Path, PathBuf},
};

/// Calls `with` with a path that fits into a socket address: `path` itself, or if that is too long,
/// its name below `/proc/self/fd/N`, where `N` is the opened parent directory. The short path is
/// valid during the call only.
///
/// # Errors
/// Those of `with`. `InvalidFilename` for a long path on systems other than Linux.
pub fn with_short_path<T>(path: &Path, with: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
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
    "the path is too long for a socket: choose a data directory with a shorter path";

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_of_any_length_can_be_bound_and_connected_to() {
        let home = tempfile::tempdir().unwrap();
        for length in [1, 200] {
            let directory = home.path().join("d".repeat(length));
            std::fs::create_dir(&directory).unwrap();
            let path = directory.join("socket");
            let refused = with_short_path(&path, |path| UnixStream::connect(path)).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::NotFound);
            let listener = with_short_path(&path, |path| UnixListener::bind(path)).unwrap();
            assert!(path.exists());
            with_short_path(&path, |path| UnixStream::connect(path)).unwrap();
            listener.accept().unwrap();
        }
    }
}
