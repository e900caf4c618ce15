//! What a command asks for about where its calls go and how, beside the configuration.

use std::time::Duration;

/// What a command asks for; it goes before all configuration.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// The endpoint; the word `aws` stands for AWS's own.
    pub endpoint_url: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The file with the certificates to trust.
    pub ca_bundle: Option<String>,
    /// How long the endpoint may be silent; zero is for ever, and without a wish it is a minute.
    pub read_timeout: Option<Duration>,
    /// How long connecting may take; zero is for ever, and without a wish it is a minute.
    pub connect_timeout: Option<Duration>,
    /// Whether requests are signed.
    pub sign: bool,
    /// Whether certificates are checked.
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
