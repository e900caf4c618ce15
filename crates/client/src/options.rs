//! The options of a command that concern its connection.

use std::time::Duration;

/// Options of a command. They take precedence over the configuration.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// A URL, or `aws` for AWS's own endpoint.
    pub endpoint_url: Option<String>,
    /// The name of a profile; the credentials of the environment are then ignored.
    pub profile: Option<String>,
    /// The region to sign for, such as `us-east-1`.
    pub region: Option<String>,
    /// A PEM file with the certificates to trust instead of the system's.
    pub ca_bundle: Option<String>,
    /// The longest wait for data; zero is no limit, `None` is a minute.
    pub read_timeout: Option<Duration>,
    /// The longest wait for a connection; zero is no limit, `None` is a minute.
    pub connect_timeout: Option<Duration>,
    /// Sign requests.
    pub sign: bool,
    /// Verify certificates.
    pub verify: bool,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            endpoint_url: None,
            profile: None,
            region: None,
            ca_bundle: None,
            read_timeout: None,
            connect_timeout: None,
            sign: true,
            verify: true,
        }
    }
}
