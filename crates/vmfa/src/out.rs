//! Standard output, with an error if the program was started with it closed (`>&-`).
//!
//! Before `main`, Rust opens `/dev/null` in place of a closed standard stream, and output would be
//! lost silently. So the descriptor is checked before that.

use std::{
    io::{self, StdoutLock, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::io::Errno;

pub(crate) enum StandardOutput {
    Open(StdoutLock<'static>),
    /// Writing and flushing fail with EBADF.
    Closed,
}

impl StandardOutput {
    pub(crate) fn new() -> Self {
        if CLOSED.load(Ordering::Relaxed) { Self::Closed } else { Self::Open(io::stdout().lock()) }
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(out) => out.write(bytes),
            Self::Closed => Err(Errno::BADF.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(out) => out.flush(),
            Self::Closed => Err(Errno::BADF.into()),
        }
    }
}

static CLOSED: AtomicBool = AtomicBool::new(false);

ctor::declarative::ctor! {
    /// Runs before `main`, where only simple system calls are safe.
    #[ctor(unsafe)]
    fn look() {
        let descriptor = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        CLOSED.store(descriptor == Err(Errno::BADF), Ordering::Relaxed);
    }
}
