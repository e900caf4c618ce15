//! Refusals of the door itself, before or beside any action.
//!
//! Not here: how a refusal is written (`vmfa-query`), and those of hyper itself.

use std::time::{Duration, SystemTime};

use vmfa_iam::{Api, Service};
use vmfa_model::{Fault, FaultKind};
use vmfa_query::response;

pub(crate) fn no_such_path() -> Fault {
    foreign(
        "UnknownOperationException",
        404,
        "there is nothing at this path: send requests of the API to `/`",
    )
}

pub(crate) fn wrong_method() -> Fault {
    foreign("MethodNotAllowed", 405, "the API has no such method: use POST or GET")
}

pub(crate) fn too_large(most: usize) -> Fault {
    let message = format!("the body has more than {most} bytes: send a smaller one");
    Fault::new(FaultKind::RequestEntityTooLarge, message)
}

pub(crate) fn unreadable_body() -> Fault {
    Fault::new(FaultKind::MalformedInput, UNREADABLE)
}

pub(crate) fn late() -> Fault {
    Fault::new(FaultKind::RequestTimeout, "the request did not arrive in time: send it again")
}

pub(crate) fn full() -> Fault {
    Fault::new(
        FaultKind::ServiceUnavailable,
        "there are too many connections: try again in a second",
    )
}

pub(crate) fn slow() -> Fault {
    let message = "the request takes too long and may yet be carried out: look before trying again";
    Fault::new(FaultKind::ServiceUnavailable, message)
}

pub(crate) fn broken(request: &str) -> Fault {
    vmfa_iam::broken(FaultKind::ServiceFailure, request)
}

/// A whole answer for a connection that hyper does not serve, after which it is to be closed.
pub(crate) fn unserved(service: &Service, fault: &Fault) -> Vec<u8> {
    let request = service.request_id();
    let body = response::write_refusal(Api::Iam, fault, &request);
    let (status, reason, more) = match fault.kind.status() {
        408 => (408, "Request Timeout", ""),
        _ => (503, "Service Unavailable", "retry-after: 1\r\n"),
    };
    let now = u64::try_from(service.now().unix()).unwrap_or_default();
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
    let mut answer = format!(
        "HTTP/1.1 {status} {reason}\r\nx-amzn-requestid: {request}\r\ncontent-type: {}\r\n\
         content-length: {}\r\n{more}connection: close\r\ndate: {date}\r\n\r\n",
        response::CONTENT_TYPE,
        body.len(),
    )
    .into_bytes();
    answer.extend(body);
    answer
}

fn foreign(code: &str, status: u16, message: &'static str) -> Fault {
    Fault::new(FaultKind::Foreign { code: code.to_owned(), status }, message)
}

const UNREADABLE: &str =
    "the body ended early or its chunks are malformed: send as many bytes as the head announces";
