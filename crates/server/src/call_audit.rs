//! What the log line and the metrics say of a call, collected while it runs.
//!
//! Never logged: parameters, bodies, queries, signatures and tokens.

use std::{borrow::Cow, sync::Arc, time::Instant};

use hyper::{
    header::{HeaderValue, USER_AGENT},
    http::request::Parts,
};
use tokio::sync::OwnedSemaphorePermit;
use vmfa_iam::{Action, Caller};

use crate::{
    metrics::GaugeGuard,
    router::{Peer, Router},
};

pub(crate) struct CallAudit {
    pub(crate) router: Arc<Router>,
    id: String,
    peer: Peer,
    agent: Option<HeaderValue>,
    started: Instant,
    action: Option<&'static Action>,
    /// The ARN, where log lines are written.
    caller: Option<String>,
    _in_flight: (GaugeGuard, Option<OwnedSemaphorePermit>),
}

impl CallAudit {
    pub(crate) fn begin(router: &Arc<Router>, head: &Parts, peer: Peer) -> Self {
        Self {
            router: Arc::clone(router),
            id: router.service.request_id(),
            peer,
            agent: head.headers.get(USER_AGENT).cloned(),
            started: Instant::now(),
            action: None,
            caller: None,
            _in_flight: (router.metrics.request(), router.begin_call()),
        }
    }

    /// The request id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) const fn peer(&self) -> Peer {
        self.peer
    }

    pub(crate) const fn set_action(&mut self, action: &'static Action) {
        self.action = Some(action);
    }

    pub(crate) fn set_caller(&mut self, caller: &Caller) {
        if tracing::enabled!(tracing::Level::INFO) {
            self.caller = Some(caller.arn());
        }
    }

    pub(crate) fn record(&self, code: Cow<'static, str>, status: u16) {
        let duration = self.started.elapsed();
        let action = self.action.map_or("unknown", |action| action.name);
        tracing::info!(
            request = self.id,
            action,
            code = &*code,
            status,
            us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            caller = self.caller.as_deref().unwrap_or("-"),
            peer = %self.peer,
            agent = self.agent(),
            "answered",
        );
        self.router.metrics.answered(action, code, duration);
    }

    fn agent(&self) -> &str {
        let text = self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or("-");
        text.get(..MAX_AGENT_LENGTH).unwrap_or(text)
    }
}

/// Characters of a user agent that are logged.
const MAX_AGENT_LENGTH: usize = 200;
