//! HTTP responses with their whole body in memory. hyper adds the date and the length.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue},
};

pub(crate) type FullResponse = Response<Full<Bytes>>;

pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> FullResponse {
    with_type(status, "text/plain; charset=utf-8", text)
}

pub(crate) fn with_type(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> FullResponse {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
