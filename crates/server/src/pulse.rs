//! The pulse of a connection: what it waits for, and since when.
//!
//! hyper has one time limit, which runs while a client is silent between two requests as well as
//! while it dribbles headers. These two deserve different limits and different answers, so the
//! stream notes here when bytes arrive, and the door when it begins and ends serving.
//!
//! Not here: what is done when time is up.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use crate::Limits;

/// What a connection waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// For its first byte, since it was opened.
    Fresh(Instant),
    /// For the rest of a head, since its first byte.
    Head(Instant),
    /// For the service.
    Busy,
    /// For the next request, since the last was answered.
    Idle(Instant),
}

/// What its task, its stream and its requests know of one connection.
#[derive(Debug)]
pub(crate) struct Pulse {
    phase: Mutex<Phase>,
    unread: AtomicBool,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { phase: Mutex::new(Phase::Fresh(Instant::now())), unread: AtomicBool::new(false) }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.lock()
    }

    /// A whole head has arrived.
    pub(crate) fn begin(&self) {
        *self.lock() = Phase::Busy;
    }

    /// Its answer is made.
    pub(crate) fn end(&self) {
        *self.lock() = Phase::Idle(Instant::now());
    }

    /// A request is answered before all of it was read: what is left of it must be taken from the
    /// client before the connection is closed, or the answer may be lost.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(crate) fn left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    fn heard(&self) {
        let mut phase = self.lock();
        match *phase {
            Phase::Fresh(opened) => *phase = Phase::Head(opened),
            Phase::Idle(_) => *phase = Phase::Head(Instant::now()),
            Phase::Head(_) | Phase::Busy => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phase {
    /// When the client has waited, or made us wait, for too long. The service's own time is
    /// limited elsewhere.
    pub(crate) fn deadline(self, limits: &Limits) -> Option<Instant> {
        match self {
            Self::Fresh(since) | Self::Head(since) => Some(since + limits.head_time),
            Self::Idle(since) => Some(since + limits.idle_time),
            Self::Busy => None,
        }
    }
}

/// A stream that tells the pulse when bytes arrive.
pub(crate) struct Heard<S> {
    stream: S,
    pulse: Arc<Pulse>,
}

impl<S> Heard<S> {
    pub(crate) const fn new(stream: S, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }

    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pulse.heard();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
