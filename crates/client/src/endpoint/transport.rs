//! HTTP to an endpoint, with errors in botocore's words.

use std::{io, time::Duration};

use ureq::Timeout;

use super::{address::EndpointAddress, proxy, roots};
use crate::{
    ClientError, Configuration, ConnectionOptions,
    http::{HttpClient, HttpResponse, HttpTimeouts, MAX_BODY},
};

/// The HTTP client of an endpoint.
pub(super) struct EndpointTransport {
    http: HttpClient,
    url: String,
    proxy: Option<String>,
}

impl EndpointTransport {
    pub(super) fn new(
        address: &EndpointAddress,
        configuration: &Configuration,
        options: &ConnectionOptions,
    ) -> Result<Self, ClientError> {
        let proxy = proxy::of(address, configuration);
        let timeouts = HttpTimeouts {
            connect: timeout(options.connect_timeout),
            read: timeout(options.read_timeout),
        };
        let parsed = proxy.as_deref().map(proxy::client).transpose()?;
        // Certificates are read only where they are needed: it takes milliseconds.
        let secure = address.secure || proxy.as_ref().is_some_and(|url| url.starts_with("https:"));
        let tls = secure.then(|| roots::tls(configuration, options)).transpose()?;
        let http = HttpClient::tcp(timeouts, parsed, tls);
        Ok(Self { http, url: address.url.clone(), proxy })
    }

    pub(super) fn post(
        &self,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<HttpResponse, ClientError> {
        self.http.post(&self.url, headers, body).map_err(|error| self.client_error(&error))
    }

    fn client_error(&self, error: &ureq::Error) -> ClientError {
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
            ureq::Error::Io(error) => self.io_error(error),
            ureq::Error::Protocol(_) => ClientError::Closed(url),
            ureq::Error::BodyExceedsLimit(_) => {
                ClientError::Stream(format!("the response is longer than {MAX_BODY} bytes"))
            }
            error => ClientError::Http(error.to_string()),
        }
    }

    fn io_error(&self, error: &io::Error) -> ClientError {
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

/// An option of zero is no limit; without an option it is [`DEFAULT_TIMEOUT`].
fn timeout(option: Option<Duration>) -> Option<Duration> {
    Some(option.unwrap_or(DEFAULT_TIMEOUT)).filter(|limit| !limit.is_zero())
}

/// botocore's default, for connecting and for reading.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
