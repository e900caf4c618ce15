//! Shutdown requests: the first is graceful, the second immediate.

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use crate::Error;

/// Where a server's shutdown requests come from.
pub struct ShutdownSource(Source);

/// Requests the shutdown of a server. Dropping it requests nothing.
#[derive(Clone, Debug)]
pub struct ShutdownHandle(mpsc::UnboundedSender<()>);

enum Source {
    Signals,
    Handle(mpsc::UnboundedReceiver<()>),
}

/// A [`ShutdownSource`] that the server listens to.
pub(crate) enum ShutdownRequests {
    Signals { terminate: Signal, interrupt: Signal },
    Handle(mpsc::UnboundedReceiver<()>),
}

impl ShutdownSource {
    /// SIGTERM and SIGINT. Once the server runs, neither ends the process by itself.
    pub const fn signals() -> Self {
        Self(Source::Signals)
    }

    /// A source that the returned handle and its clones trigger.
    pub fn with_handle() -> (Self, ShutdownHandle) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(Source::Handle(receiver)), ShutdownHandle(sender))
    }

    /// Must be called within the runtime.
    pub(crate) fn listen(self) -> Result<ShutdownRequests, Error> {
        Ok(match self.0 {
            Source::Signals => ShutdownRequests::Signals {
                terminate: signal(SignalKind::terminate()).map_err(Error::Runtime)?,
                interrupt: signal(SignalKind::interrupt()).map_err(Error::Runtime)?,
            },
            Source::Handle(receiver) => ShutdownRequests::Handle(receiver),
        })
    }
}

impl ShutdownHandle {
    /// The first call lets the server finish what it serves; the second ends it at once.
    pub fn shut_down(&self) {
        // There is no receiver where the server has ended already.
        let _ = self.0.send(());
    }
}

impl ShutdownRequests {
    pub(crate) async fn next(&mut self) {
        match self {
            Self::Signals { terminate, interrupt } => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Self::Handle(receiver) => {
                if receiver.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}
