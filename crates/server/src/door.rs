//! Where a request goes, by its path and by the listener that it came through.
//!
//! Not here: connections and their time limits.

use std::{fmt, net::SocketAddr, sync::Arc};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Body as _, Bytes, Incoming},
    header::{CONNECTION, HeaderValue},
};
use tokio::sync::watch;
use vmfa_iam::Service;
use vmfa_model::AccountId;

use crate::{Limits, exchange, health, local, metrics::Metrics, pulse::Pulse};

/// What all connections share.
pub(crate) struct Door {
    pub(crate) service: Arc<Service>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    /// Changes once, when the server begins to end.
    pub(crate) ending: watch::Receiver<()>,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    /// Somebody on the network.
    Network(SocketAddr),
    /// A command on this machine whose user may read the data directory of this account.
    Local(AccountId),
}

/// What is sent back.
pub(crate) type Answer = Response<Full<Bytes>>;

impl Door {
    /// Answers a request.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
        pulse: &Pulse,
    ) -> Answer {
        let mut answer = match (request.uri().path(), peer) {
            (health::LIVE | health::READY | health::METRICS, _) => {
                leave_body(request.body(), pulse);
                health::answer(&self, &request)
            }
            (vmfa_socket::ROOT_KEY, Peer::Local(account)) => {
                leave_body(request.body(), pulse);
                local::root_key(&self, request.method(), account).await
            }
            (vmfa_socket::VERIFIER, Peer::Local(_)) => {
                leave_body(request.body(), pulse);
                local::verifier(&self, request.method(), request.headers()).await
            }
            (vmfa_socket::REVOKED_KEYS, Peer::Local(_)) => {
                leave_body(request.body(), pulse);
                local::revoked_keys(&self, request.method(), request.headers())
            }
            _ => exchange::answer(&self, request, peer, pulse).await,
        };
        if self.is_ending() || pulse.left_unread() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// Whether the server has been told to stop.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.has_changed().unwrap_or(true)
    }
}

/// Notes that a body, if there is one, will not be read.
pub(crate) fn leave_body(body: &Incoming, pulse: &Pulse) {
    if !body.is_end_stream() {
        pulse.leave_unread();
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
