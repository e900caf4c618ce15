//! What a connection waits for, and since when.
//!
//! hyper has one read timeout, which runs both while a client is idle between two requests and
//! while it sends a head slowly. The two need different limits and different responses. So the
//! stream records here when bytes arrive, and the router when it begins and ends a request.

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

#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// Opened at this time; no byte has arrived.
    Opened(Instant),
    /// The first byte of a head arrived at this time, or is the first of the connection, which was
    /// opened at this time.
    ReadingHead(Instant),
    /// A request head was read; its response is not sent yet.
    Serving,
    /// The last response was made at this time.
    Idle(Instant),
}

/// Shared by a connection's task, its stream and its requests.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    phase: Mutex<Phase>,
    unread: AtomicBool,
}

impl ConnectionState {
    pub(crate) fn new() -> Self {
        Self { phase: Mutex::new(Phase::Opened(Instant::now())), unread: AtomicBool::new(false) }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.lock()
    }

    pub(crate) fn begin_request(&self) {
        *self.lock() = Phase::Serving;
    }

    pub(crate) fn end_request(&self) {
        *self.lock() = Phase::Idle(Instant::now());
    }

    /// Records that a request is answered before its body was read completely. The rest must be
    /// read before the connection is closed, or the client may lose the response.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    fn bytes_arrived(&self) {
        let mut phase = self.lock();
        match *phase {
            Phase::Opened(at) => *phase = Phase::ReadingHead(at),
            Phase::Idle(_) => *phase = Phase::ReadingHead(Instant::now()),
            Phase::ReadingHead(_) | Phase::Serving => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phase {
    /// When the connection is closed unless the phase changes. A request that is being served has
    /// its own time limits.
    pub(crate) fn deadline(self, limits: &Limits) -> Option<Instant> {
        match self {
            Self::Opened(since) | Self::ReadingHead(since) => Some(since + limits.head_time),
            Self::Idle(since) => Some(since + limits.idle_time),
            Self::Serving => None,
        }
    }
}

/// A stream that records the arrival of bytes in the state of its connection.
pub(crate) struct TrackedStream<S> {
    stream: S,
    state: Arc<ConnectionState>,
}

impl<S> TrackedStream<S> {
    pub(crate) const fn new(stream: S, state: Arc<ConnectionState>) -> Self {
        Self { stream, state }
    }

    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.state.bytes_arrived();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TrackedStream<S> {
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
