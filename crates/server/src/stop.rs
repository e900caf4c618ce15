//! How a server is told to stop: once to end well, twice to end now.

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use crate::Error;

/// What tells a server to stop.
pub struct Stop(Source);

/// Tells a server to stop. Dropping it tells nothing.
#[derive(Clone, Debug)]
pub struct Stopper(mpsc::UnboundedSender<()>);

enum Source {
    Signals,
    Stopper(mpsc::UnboundedReceiver<()>),
}

/// A [`Stop`] that is being listened to.
pub(crate) enum Stops {
    Signals { terminate: Signal, interrupt: Signal },
    Stopper(mpsc::UnboundedReceiver<()>),
}

impl Stop {
    /// SIGTERM and SIGINT. From then on neither ends the process by itself.
    pub const fn on_signals() -> Self {
        Self(Source::Signals)
    }

    /// Whoever holds the stopper.
    pub fn by_hand() -> (Self, Stopper) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(Source::Stopper(receiver)), Stopper(sender))
    }

    /// To be called within the runtime.
    pub(crate) fn listen(self) -> Result<Stops, Error> {
        Ok(match self.0 {
            Source::Signals => Stops::Signals {
                terminate: signal(SignalKind::terminate()).map_err(Error::Runtime)?,
                interrupt: signal(SignalKind::interrupt()).map_err(Error::Runtime)?,
            },
            Source::Stopper(receiver) => Stops::Stopper(receiver),
        })
    }
}

impl Stopper {
    /// Once: ends what is being served, then the server. Twice: ends the server.
    pub fn stop(&self) {
        // Nobody hears where the server has ended already, which is what is wanted.
        let _ = self.0.send(());
    }
}

impl Stops {
    /// Waits to be told.
    pub(crate) async fn next(&mut self) {
        match self {
            Self::Signals { terminate, interrupt } => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Self::Stopper(receiver) => {
                if receiver.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}
