//! One request and its answer over HTTP, with whatever goes wrong told in botocore's words.
//!
//! Not here: what is sent and what comes back, and trying again.

use std::{io, time::Duration};

use ureq::{
    Agent, Timeout,
    config::AutoHeaderValue,
    unversioned::{
        resolver::DefaultResolver,
        transport::{ConnectProxyConnector, Connector as _, TcpConnector},
    },
};
use zeroize::Zeroizing;

use super::{address::Address, proxy, roots, tls::Tls};
use crate::{ClientError, Configuration, ConnectionOptions};

/// The way to an endpoint. Connections are kept and used again.
pub(super) struct Wire {
    agent: Agent,
    url: String,
    proxy: Option<String>,
}

/// An answer, whatever it says.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names and values in the order in which they came.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Wire {
    pub(super) fn new(
        address: &Address,
        configuration: &Configuration,
        wishes: &ConnectionOptions,
    ) -> Result<Self, ClientError> {
        let proxy = proxy::of(address, configuration);
        let limit = |wish: Option<Duration>| wish.map_or(Some(PATIENCE), nonzero);
        let read = limit(wishes.read_timeout);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .proxy(proxy.as_deref().map(proxy::client).transpose()?)
            .timeout_connect(limit(wishes.connect_timeout))
            .timeout_send_body(read)
            .timeout_recv_response(read)
            .timeout_per_read(read)
            .build();
        // Nothing is read of what to trust where TLS is not spoken.
        let secure = address.secure || proxy.as_ref().is_some_and(|url| url.starts_with("https:"));
        let tls = secure.then(|| roots::tls(configuration, wishes)).transpose()?;
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(Tls(tls));
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Self { agent, url: address.url.clone(), proxy })
    }

    /// Sends a request and reads its answer.
    pub(super) fn post(&self, headers: &[(&str, &str)], body: &str) -> Result<Answer, ClientError> {
        let mut request = self.agent.post(&self.url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body.as_bytes()).map_err(|error| self.trouble(&error))?;
        let text = |value: &ureq::http::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MOST).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => {
                ClientError::Stream(format!("the answer is longer than {MOST} bytes"))
            }
            error => self.trouble(&error),
        })?;
        Ok(Answer { status, headers, body: Zeroizing::new(body) })
    }

    fn trouble(&self, error: &ureq::Error) -> ClientError {
        let url = self.url.clone();
        match error {
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_) => self.unreachable(),
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                ClientError::ConnectTimeout(url)
            }
            ureq::Error::Timeout(_) => ClientError::ReadTimeout(url),
            ureq::Error::Tls(problem) => ClientError::Tls { url, problem: (*problem).to_owned() },
            ureq::Error::Io(error) => self.io(error),
            ureq::Error::Protocol(_) => ClientError::Closed(url),
            error => ClientError::Http(error.to_string()),
        }
    }

    fn io(&self, error: &io::Error) -> ClientError {
        let url = self.url.clone();
        if let Some(problem) = error.get_ref().filter(|inner| inner.is::<rustls::Error>()) {
            return ClientError::Tls { url, problem: problem.to_string() };
        }
        match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => ClientError::Closed(url),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ClientError::ReadTimeout(url),
            _ => self.unreachable(),
        }
    }

    fn unreachable(&self) -> ClientError {
        match &self.proxy {
            Some(proxy) => ClientError::Proxy(proxy::masked(proxy)),
            None => ClientError::Connect(self.url.clone()),
        }
    }
}

fn nonzero(limit: Duration) -> Option<Duration> {
    (!limit.is_zero()).then_some(limit)
}

/// For connecting and for each silence, where nobody wishes otherwise.
const PATIENCE: Duration = Duration::from_mins(1);
/// Bytes of the largest answer that is read.
const MOST: u64 = 64 * 1024 * 1024;
