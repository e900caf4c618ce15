//! Accepting connections: a place for each, a word to those for whom there is none.
//!
//! Not here: what happens on a connection.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use vmfa_model::AccountId;

use crate::{
    connection,
    door::{Door, Peer},
    listen::LocalListener,
    refuse,
};

/// What a connection has to pass.
pub(crate) struct Gate {
    door: Arc<Door>,
    places: Arc<Semaphore>,
    /// Places to be told that there is no place.
    dismissals: Arc<Semaphore>,
    size: u32,
}

impl Gate {
    pub(crate) fn new(door: &Arc<Door>) -> Self {
        let size = u32::try_from(door.limits.connections).unwrap_or(u32::MAX).min(MOST_PLACES);
        let places = usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            door: Arc::clone(door),
            places: Arc::new(Semaphore::new(places)),
            dismissals: Arc::new(Semaphore::new(MOST_DISMISSALS)),
            size,
        }
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits until all connections have ended.
    pub(crate) async fn closed(&self) {
        let _ = self.places.acquire_many(self.size).await;
    }

    /// Answers that there is no place, if there is a place to do so, and closes.
    fn dismiss<S>(&self, mut stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.door.metrics.rejected();
        let Ok(place) = Arc::clone(&self.dismissals).try_acquire_owned() else { return };
        let answer = refuse::unserved(&self.door.service, &refuse::full());
        tokio::spawn(async move {
            connection::dismiss(&mut stream, &answer).await;
            drop(place);
        });
    }
}

/// Serves whoever comes over TCP, if anybody may.
pub(crate) async fn network(gate: &Gate, network: Option<&(TcpListener, Option<TlsAcceptor>)>) {
    let Some((listener, tls)) = network else { return std::future::pending().await };
    let tls = tls.as_ref();
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                weather(&error).await;
                continue;
            }
        };
        let Some(place) = gate.place() else {
            // In TLS nothing can be said before a handshake, which is what there is no place for.
            if tls.is_none() {
                gate.dismiss(stream);
            } else {
                gate.door.metrics.rejected();
            }
            continue;
        };
        // An answer is one write; waiting to fill a packet would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%address, %error, "a connection went away");
            continue;
        }
        let (door, peer, tls) = (Arc::clone(&gate.door), Peer::Network(address), tls.cloned());
        tokio::spawn(async move {
            let _open = (place, door.metrics.connection());
            let Some(tls) = tls else { return connection::serve(door, stream, peer).await };
            match timeout(door.limits.handshake_time, tls.accept(stream)).await {
                Ok(Ok(stream)) => connection::serve(door, stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%address, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%address, "a TLS handshake took too long"),
            }
        });
    }
}

/// Serves whoever comes through the socket, if there is one.
pub(crate) async fn local(gate: &Gate, local: Option<&(LocalListener, AccountId)>) {
    let Some((listener, account)) = local else { return std::future::pending().await };
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                weather(&error).await;
                continue;
            }
        };
        let Some(place) = gate.place() else {
            gate.dismiss(stream);
            continue;
        };
        let (door, peer) = (Arc::clone(&gate.door), Peer::Local(*account));
        tokio::spawn(async move {
            let _open = (place, door.metrics.connection());
            connection::serve(door, stream, peer).await;
        });
    }
}

/// Bears an error of accepting: those of one connection at once, want of resources for a moment.
async fn weather(error: &std::io::Error) {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted => {
            tracing::debug!(%error, "a connection went away");
        }
        _ => {
            tracing::warn!(%error, "cannot accept connections; trying again");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// How many rejected connections are being answered at the same time.
const MOST_DISMISSALS: usize = 64;
/// Beyond any number of file descriptors.
const MOST_PLACES: u32 = 1 << 24;
