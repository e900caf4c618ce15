//! Why a call cannot be made or has no answer, in botocore's words, and what the AWS CLI makes of
//! each.
//!
//! Not here: refusals by a service, and the layout in which a door shows any of them.

use crate::DirectoryError;

/// Why a call cannot be made, or has no answer. `Display` is botocore's text where it has one.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No region is known.
    #[error("You must specify a region.")]
    NoRegion,
    /// No credentials are known.
    #[error("Unable to locate credentials")]
    NoCredentials,
    /// Half of an access key is known.
    #[error("Partial credentials found in {provider}, missing: {missing}")]
    PartialCredentials {
        /// Where, in botocore's names: `env`, `shared-credentials-file`, …
        provider: &'static str,
        /// The variable or key that is not there.
        missing: &'static str,
    },
    /// A provider of credentials failed.
    #[error("Error when retrieving credentials from {provider}: {problem}")]
    Retrieval {
        /// Which.
        provider: String,
        /// How.
        problem: String,
    },
    /// A profile leads back to itself.
    #[error(
        "Infinite loop in credential configuration detected. Attempting to load from profile \
         {source_profile} which has already been visited. Visited profiles: {visited}"
    )]
    Loop {
        /// The one that was seen before.
        source_profile: String,
        /// All that were seen, as Python writes a list.
        visited: String,
    },
    /// A profile or setting makes no sense.
    #[error("{0}")]
    InvalidConfig(String),
    /// The time at which credentials end names no zone; Python's words.
    #[error("can't subtract offset-naive and offset-aware datetimes")]
    NoZone,
    /// A configuration file cannot be read as one.
    #[error("Unable to parse config file: {0}")]
    ConfigParse(String),
    /// There is no such profile.
    #[error("The config profile ({0}) could not be found")]
    ProfileNotFound(String),
    /// The region cannot be part of a host name.
    #[error("Provided region_name '{0}' doesn't match a supported format.")]
    InvalidRegion(String),
    /// The address of the endpoint is none.
    #[error("Invalid endpoint: {0}")]
    InvalidEndpoint(String),
    /// Nobody answers there.
    #[error("Could not connect to the endpoint URL: \"{0}\"")]
    Connect(String),
    /// Nobody answered there in time.
    #[error("Connect timeout on endpoint URL: \"{0}\"")]
    ConnectTimeout(String),
    /// The answer did not come in time.
    #[error("Read timeout on endpoint URL: \"{0}\"")]
    ReadTimeout(String),
    /// The connection ended before the answer did.
    #[error(
        "Connection was closed before we received a valid response from endpoint URL: \"{0}\"."
    )]
    Closed(String),
    /// The proxy cannot be used.
    #[error("Failed to connect to proxy URL: \"{0}\"")]
    Proxy(String),
    /// The endpoint's certificate is not trusted, or TLS failed.
    #[error("SSL validation failed for {url} {problem}")]
    Tls {
        /// The address.
        url: String,
        /// Why.
        problem: String,
    },
    /// The answer broke off, or is too large.
    #[error("An error occurred while reading from response stream: {0}")]
    Stream(String),
    /// Anything else that HTTP can do.
    #[error("An HTTP Client raised an unhandled exception: {0}")]
    Http(String),
    /// The answer is not what the API sends.
    #[error("{0}")]
    Unreadable(String),
    /// The service refused a call that was made to get credentials; the AWS CLI's text for it.
    #[error("{text}")]
    Refused {
        /// The code of the refusal.
        code: String,
        /// The whole text.
        text: String,
    },
    /// A code was asked for and none was given.
    #[error("{0}")]
    Unanswered(String),
    /// The data directory cannot be used. Its causes are in the text, and so none is told besides.
    #[error("{}", vmfa_iam::with_causes(.0))]
    Directory(DirectoryError),
    /// What was asked for is not done here, and what to do instead.
    #[error("{0}")]
    Declined(String),
}

/// What the AWS CLI makes of trouble: the code of its message, and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientErrorKind {
    /// No region: 253.
    NoRegion,
    /// No credentials: 253.
    NoCredentials,
    /// What the service refused: 254, with the code of the refusal.
    Refused,
    /// All else: 255, without a code.
    General,
}

impl From<DirectoryError> for ClientError {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}

impl ClientError {
    /// What the AWS CLI makes of it.
    pub fn kind(&self) -> ClientErrorKind {
        match self {
            Self::NoRegion => ClientErrorKind::NoRegion,
            Self::NoCredentials => ClientErrorKind::NoCredentials,
            Self::Refused { .. } => ClientErrorKind::Refused,
            _ => ClientErrorKind::General,
        }
    }
}

impl ClientErrorKind {
    /// The code that stands in `An error occurred (CODE): …`, where the AWS CLI gives one.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::NoRegion => Some("NoRegion"),
            Self::NoCredentials => Some("NoCredentials"),
            Self::Refused | Self::General => None,
        }
    }

    /// What the AWS CLI adds to the text, a space before it included.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoRegion => " You can also configure your region by running \"aws configure\".",
            Self::NoCredentials => ". You can configure credentials by running \"aws login\".",
            Self::Refused | Self::General => "",
        }
    }

    /// The exit code.
    pub const fn exit(self) -> u8 {
        match self {
            Self::NoRegion | Self::NoCredentials => 253,
            Self::Refused => 254,
            Self::General => 255,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let source = std::io::Error::other("it is gone");
        let trouble = ClientError::from(DirectoryError::File { path: "/d".into(), source });
        assert_eq!(trouble.to_string(), "cannot use `/d`: it is gone");
        assert!(trouble.source().is_none());
    }
}
