//! Accepts connections up to a limit, and answers those beyond it with status 503.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use vmfa_model::AccountId;

use crate::{
    connection, faults,
    listen::LocalListener,
    router::{Peer, Router},
};

/// Limits the connections of one listener.
pub(crate) struct ConnectionLimiter {
    router: Arc<Router>,
    connections: Arc<Semaphore>,
    limit: u32,
    /// Connections beyond the limit that are being answered with a refusal.
    rejections: Arc<Semaphore>,
}

impl ConnectionLimiter {
    pub(crate) fn new(router: &Arc<Router>) -> Self {
        let limit = u32::try_from(router.limits.connections).unwrap_or(u32::MAX);
        let limit = limit.min(MAX_CONNECTIONS);
        let permits = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            router: Arc::clone(router),
            connections: Arc::new(Semaphore::new(permits)),
            limit,
            rejections: Arc::new(Semaphore::new(MAX_REJECTIONS)),
        }
    }

    fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).try_acquire_owned().ok()
    }

    /// Waits until all connections are closed.
    pub(crate) async fn closed(&self) {
        let _ = self.connections.acquire_many(self.limit).await;
    }

    /// Answers that there are too many connections, unless too many are being answered so, and
    /// closes the connection.
    fn reject<S>(&self, mut stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.router.metrics.rejected();
        let Ok(permit) = Arc::clone(&self.rejections).try_acquire_owned() else { return };
        let response = faults::raw_response(&self.router.service, &faults::too_many_connections());
        tokio::spawn(async move {
            connection::send_last(&mut stream, &response).await;
            drop(permit);
        });
    }
}

/// Serves the connections of the TCP listener, if there is one.
pub(crate) async fn network(
    limiter: &ConnectionLimiter,
    network: Option<&(TcpListener, Option<TlsAcceptor>)>,
) {
    let Some((listener, tls)) = network else { return std::future::pending().await };
    let tls = tls.as_ref();
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                on_accept_error(&error).await;
                continue;
            }
        };
        let Some(permit) = limiter.admit() else {
            // Over TLS a refusal would need a handshake, which is the cost that the limit avoids.
            if tls.is_none() {
                limiter.reject(stream);
            } else {
                limiter.router.metrics.rejected();
            }
            continue;
        };
        // A response is one write: Nagle's algorithm would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%address, %error, "connection closed by the client");
            continue;
        }
        let (router, peer) = (Arc::clone(&limiter.router), Peer::Network(address));
        let tls = tls.cloned();
        tokio::spawn(async move {
            let _open = (permit, router.metrics.connection());
            let Some(tls) = tls else { return connection::serve(router, stream, peer).await };
            match timeout(router.limits.handshake_time, tls.accept(stream)).await {
                Ok(Ok(stream)) => connection::serve(router, stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%address, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(%address, "TLS handshake timed out"),
            }
        });
    }
}

/// Serves the connections of the data directory's socket, if there is one.
pub(crate) async fn local(limiter: &ConnectionLimiter, local: Option<&(LocalListener, AccountId)>) {
    let Some((listener, account)) = local else { return std::future::pending().await };
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                on_accept_error(&error).await;
                continue;
            }
        };
        let Some(permit) = limiter.admit() else {
            limiter.reject(stream);
            continue;
        };
        let (router, peer) = (Arc::clone(&limiter.router), Peer::Local(*account));
        tokio::spawn(async move {
            let _open = (permit, router.metrics.connection());
            connection::serve(router, stream, peer).await;
        });
    }
}

/// Ignores errors of a single connection; waits after others, such as too many open files.
async fn on_accept_error(error: &std::io::Error) {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted => {
            tracing::debug!(%error, "connection closed before it was accepted");
        }
        _ => {
            tracing::warn!(%error, "cannot accept connections; retrying in 100 ms");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Rejected connections that are answered at the same time.
const MAX_REJECTIONS: usize = 64;
/// Above any limit of file descriptors, and within a semaphore's.
const MAX_CONNECTIONS: u32 = 1 << 24;
