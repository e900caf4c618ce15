//! What supervisors, load balancers and Prometheus ask for. Nobody needs a key for it.
//!
//! Not here: what is counted.

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Bytes,
    header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue},
};

use crate::{
    door::{Answer, Door},
    metrics::Format,
};

/// Whether the process lives: if not, it is to be started anew.
pub(crate) const LIVE: &str = "/healthz";
/// Whether requests may be sent here.
pub(crate) const READY: &str = "/readyz";
/// What was counted.
pub(crate) const METRICS: &str = "/metrics";

/// Answers a request for one of these paths. hyper leaves the body out where it answers HEAD.
pub(crate) fn answer<B>(door: &Door, request: &Request<B>) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    match request.uri().path() {
        METRICS => {
            let accept = request.headers().get(ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
            let format = Format::accepted(accept);
            typed(StatusCode::OK, format.content_type(), door.metrics.text(format))
        }
        READY if door.is_ending() => plain(StatusCode::SERVICE_UNAVAILABLE, "ending\n"),
        READY if !door.service.is_ready() => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
        _ => plain(StatusCode::OK, "ok\n"),
    }
}

/// An answer in plain text.
pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    typed(status, "text/plain; charset=utf-8", text)
}

fn typed(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
