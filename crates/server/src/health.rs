//! Health and metrics, for supervisors, load balancers and Prometheus; unauthenticated.

use hyper::{
    Method, Request, StatusCode,
    header::{ACCEPT, ALLOW, HeaderValue},
};

use crate::{
    metrics::MetricsFormat,
    response::{FullResponse, text, with_type},
    router::Router,
};

/// Liveness: whether the process responds.
pub(crate) const LIVE: &str = "/healthz";
/// Readiness: whether requests may be sent here.
pub(crate) const READY: &str = "/readyz";
pub(crate) const METRICS: &str = "/metrics";

/// Responds to a request for one of these paths. For HEAD, hyper omits the body.
pub(crate) fn respond<B>(router: &Router, request: &Request<B>) -> FullResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "use GET or HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        METRICS => {
            let accept = request.headers().get(ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
            let format = MetricsFormat::accepted(accept);
            with_type(StatusCode::OK, format.content_type(), router.metrics.encode(format))
        }
        READY if router.is_shutting_down() => {
            text(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
        }
        READY if !router.read_store(|| router.service.is_ready()) => {
            text(StatusCode::SERVICE_UNAVAILABLE, "store unavailable\n")
        }
        _ => text(StatusCode::OK, "ok\n"),
    }
}
