//! HTTP/1.1 by ureq, for endpoints and for the data directory's socket: one request and its
//! response.
//!
//! Not here: retries (see `endpoint/retry.rs`).

mod tls;
mod unix;

use std::{io::Read as _, path::PathBuf, sync::Arc, time::Duration};

use rustls::ClientConfig;
use ureq::{
    Agent, Proxy,
    config::{AutoHeaderValue, Config},
    unversioned::{
        resolver::DefaultResolver,
        transport::{ConnectProxyConnector, Connector as _, TcpConnector},
    },
};
use zeroize::Zeroizing;

use self::{
    tls::TlsConnector,
    unix::{NoResolver, UnixConnector},
};

/// A client of one server. Connections are kept open for further requests, unless a request has the
/// header `connection: close`.
pub(crate) struct HttpClient(Agent);

/// `None` is no limit.
#[derive(Clone, Copy)]
pub(crate) struct HttpTimeouts {
    pub(crate) connect: Option<Duration>,
    /// For sending the body, for the head of the response, and for each read of its body.
    pub(crate) read: Option<Duration>,
}

/// A response of any status, complete.
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// In the order in which they were received.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl HttpClient {
    /// A client over TCP. Without `tls`, HTTPS fails.
    pub(crate) fn tcp(
        timeouts: HttpTimeouts,
        proxy: Option<Proxy>,
        tls: Option<Arc<ClientConfig>>,
    ) -> Self {
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(TlsConnector(tls));
        let config = config(timeouts, proxy);
        Self(Agent::with_parts(config, connector, DefaultResolver::default()))
    }

    /// A client of the Unix socket at `path`, of any length. The host of its URLs is not used.
    pub(crate) fn unix(path: PathBuf, timeouts: HttpTimeouts) -> Self {
        let connector = ().chain(UnixConnector(path));
        Self(Agent::with_parts(config(timeouts, None), connector, NoResolver))
    }

    /// Sends a request and reads its response. The body may have [`MAX_BODY`] bytes.
    pub(crate) fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<HttpResponse, ureq::Error> {
        let mut request = self.0.post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body.as_bytes())?;
        let text = |value: &ureq::http::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let mut body = Zeroizing::new(Vec::with_capacity(CAPACITY));
        response.body_mut().with_config().limit(MAX_BODY).reader().read_to_end(&mut body)?;
        Ok(HttpResponse { status, headers, body })
    }
}

impl HttpResponse {
    /// The first header of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Redirects are responses, no header is added, and no proxy is taken from the environment.
fn config(timeouts: HttpTimeouts, proxy: Option<Proxy>) -> Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .proxy(proxy)
        .timeout_connect(timeouts.connect)
        .timeout_send_body(timeouts.read)
        .timeout_recv_response(timeouts.read)
        .timeout_per_read(timeouts.read)
        .build()
}

/// Bytes of the largest response body that is read.
pub(crate) const MAX_BODY: u64 = 64 * 1024 * 1024;
/// Initial capacity in bytes, enough for most bodies: growing leaves copies of secrets behind.
const CAPACITY: usize = 64 * 1024;
