//! Standard output, which is closed where the program was started so (`>&-`).
//!
//! Rust opens `/dev/null` in the place of a closed standard stream before `main` begins, and what is
//! written would be lost without a word. So it is looked at before that.
//!
//! Not here: what becomes of an error of writing.

use std::{
    io::{self, StdoutLock, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::io::Errno;

/// Standard output.
pub(crate) enum Out {
    /// As it is.
    Open(StdoutLock<'static>),
    /// Whatever is written is an error, and so is flushing.
    Closed,
}

impl Out {
    pub(crate) fn new() -> Self {
        if CLOSED.load(Ordering::Relaxed) { Self::Closed } else { Self::Open(io::stdout().lock()) }
    }
}

impl Write for Out {
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
    /// Runs before `main`, where little may be done: it asks the system once.
    #[ctor(unsafe)]
    fn look() {
        let descriptor = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        CLOSED.store(descriptor == Err(Errno::BADF), Ordering::Relaxed);
    }
}
