//! Routes requests by path and by the listener that accepted the connection.

use std::{fmt, net::SocketAddr, sync::Arc};

use hyper::{
    Request,
    body::{Body, Incoming},
    header::{CONNECTION, HeaderValue},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use vmfa_iam::Service;
use vmfa_model::AccountId;
use vmfa_socket::{REVOKED_KEYS_PATH, ROOT_KEY_PATH, VERIFIER_PATH};

use crate::{
    Limits, audited_call, connection_state::ConnectionState, health, local, metrics::Metrics,
    query_encoding::QueryEncoding, response::FullResponse,
};

/// The state that all connections share.
pub(crate) struct Router {
    pub(crate) service: Arc<Service>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    /// Changes once, when the shutdown begins.
    pub(crate) shutdown: watch::Receiver<()>,
    /// One permit for each call that is running, with or without its connection.
    calls: Arc<Semaphore>,
}

/// The client of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    Network(SocketAddr),
    /// A process that may read the data directory, connected to its socket; its unsigned requests
    /// act as the root of this account.
    Local(AccountId),
}

impl Router {
    pub(crate) fn new(
        service: &Arc<Service>,
        limits: Limits,
        shutdown: watch::Receiver<()>,
    ) -> Self {
        let (service, metrics) = (Arc::clone(service), Metrics::new());
        let permits = usize::try_from(MAX_CALLS).unwrap_or(Semaphore::MAX_PERMITS);
        let calls = Arc::new(Semaphore::new(permits));
        Self { service, metrics, limits, shutdown, calls }
    }

    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
        state: &ConnectionState,
    ) -> FullResponse {
        let mut response = match (request.uri().path(), peer) {
            (health::LIVE | health::READY | health::METRICS, _) => {
                leave_body(request.body(), state);
                health::respond(&self, &request)
            }
            (ROOT_KEY_PATH, Peer::Local(account)) => {
                leave_body(request.body(), state);
                local::root_key(&self, request.method(), account).await
            }
            (VERIFIER_PATH, Peer::Local(_)) => {
                leave_body(request.body(), state);
                local::verifier(&self, request.method(), request.headers()).await
            }
            (REVOKED_KEYS_PATH, Peer::Local(_)) => {
                leave_body(request.body(), state);
                local::revoked_keys(&self, request.method(), request.headers())
            }
            _ => audited_call::serve(&self, request, peer, state, QueryEncoding::new()).await,
        };
        if self.is_shutting_down() || state.has_unread() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Runs a step that reads the store. Where reads block, the runtime first moves the other tasks
    /// of this thread to another one.
    pub(crate) fn read_store<T>(&self, read: impl FnOnce() -> T) -> T {
        if self.service.reads_inline() { read() } else { tokio::task::block_in_place(read) }
    }

    /// The call counts as running until the permit is dropped.
    pub(crate) fn begin_call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// Waits until no call is running.
    pub(crate) async fn calls_completed(&self) {
        let _ = self.calls.acquire_many(MAX_CALLS).await;
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutdown.has_changed().unwrap_or(true)
    }
}

/// Leaves the body of a request, if it has one, unread.
pub(crate) fn leave_body(body: &impl Body, state: &ConnectionState) {
    if !body.is_end_stream() {
        state.leave_unread();
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(f),
            Self::Local(_) => f.write_str("local"),
        }
    }
}

/// Above any number of calls that fit into memory.
const MAX_CALLS: u32 = 1 << 24;
