//! The options by which vmfa's own commands choose where their calls go. `vmfa iam` takes those
//! that `aws` has.

use std::path::PathBuf;

/// Where calls go.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Destination {
    /// Send calls to this IAM endpoint instead of the data directory; `aws` stands for AWS's own
    /// [default: the endpoint of the environment or the profile, if any]
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Use the credentials and settings of this profile [default: `$AWS_PROFILE`, or `default`]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Sign requests to an endpoint for this region [default: that of the environment or the
    /// profile, or us-east-1]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Use this data directory, even if an endpoint is configured [default: as for `vmfa serve`]
    #[arg(long, value_name = "DIR", conflicts_with = "endpoint_url")]
    pub data_dir: Option<PathBuf>,
}

impl Destination {
    /// The same options, as those of any command.
    pub fn connection_options(&self) -> crate::ConnectionOptions {
        crate::ConnectionOptions {
            endpoint_url: self.endpoint_url.clone(),
            profile: self.profile.clone(),
            region: self.region.clone(),
            ..crate::ConnectionOptions::default()
        }
    }
}
