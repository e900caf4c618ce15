//! Refusals of the HTTP server itself, before or beside any action, in words of our own.

use std::time::{Duration, SystemTime};

use vmfa_iam::{Api, Service};
use vmfa_model::{Fault, FaultKind};
use vmfa_query::response;

pub(crate) fn no_such_path() -> Fault {
    foreign("UnknownOperationException", 404, "no such path: send API requests to `/`")
}

pub(crate) fn method_not_allowed() -> Fault {
    foreign("MethodNotAllowed", 405, "method not allowed: use POST or GET")
}

pub(crate) fn body_too_large(limit: usize) -> Fault {
    let message = format!("the request body exceeds {limit} bytes");
    Fault::new(FaultKind::RequestEntityTooLarge, message)
}

pub(crate) fn malformed_body() -> Fault {
    Fault::new(
        FaultKind::MalformedInput,
        "incomplete or malformed request body: it must match its Content-Length or chunk sizes",
    )
}

pub(crate) fn request_timeout() -> Fault {
    Fault::new(FaultKind::RequestTimeout, "timed out while reading the request; send it again")
}

pub(crate) fn too_many_connections() -> Fault {
    Fault::new(FaultKind::ServiceUnavailable, "too many connections; retry in a second")
}

pub(crate) fn call_timeout() -> Fault {
    let message = "the call timed out and may still take effect; check before retrying";
    Fault::new(FaultKind::ServiceUnavailable, message)
}

pub(crate) fn internal_error(request: &str) -> Fault {
    vmfa_iam::internal_error(FaultKind::ServiceFailure, request)
}

/// A complete response for a connection that hyper does not serve, or no longer.
pub(crate) fn raw_response(service: &Service, fault: &Fault) -> Vec<u8> {
    let request = service.request_id();
    let body = response::write_refusal(Api::Iam, fault, &request);
    let (status, reason, more) = match fault.kind.status() {
        408 => (408, "Request Timeout", ""),
        _ => (503, "Service Unavailable", "retry-after: 1\r\n"),
    };
    let now = u64::try_from(service.now().unix()).unwrap_or_default();
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
    let mut bytes = format!(
        "HTTP/1.1 {status} {reason}\r\nx-amzn-requestid: {request}\r\ncontent-type: {}\r\n\
         content-length: {}\r\n{more}connection: close\r\ndate: {date}\r\n\r\n",
        response::CONTENT_TYPE,
        body.len(),
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

fn foreign(code: &str, status: u16, message: &'static str) -> Fault {
    Fault::new(FaultKind::Foreign { code: code.to_owned(), status }, message)
}
