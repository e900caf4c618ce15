//! Errors of the client, in botocore's words where it has the same error, and the AWS CLI's exit
//! code of each.
//!
//! Not here: refusals by a service (see `CallError`).

use crate::DirectoryError;

/// Why a call cannot be made, or has no response. `Display` is botocore's text where it has one.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No region is configured.
    #[error("You must specify a region.")]
    NoRegion,
    /// The credential chain found none.
    #[error("Unable to locate credentials")]
    NoCredentials,
    /// An access key has an id and no secret.
    #[error("Partial credentials found in {provider}, missing: {missing}")]
    PartialCredentials {
        /// botocore's name of the provider: `env`, `shared-credentials-file`, …
        provider: &'static str,
        /// The variable or setting.
        missing: &'static str,
    },
    /// A provider of credentials failed.
    #[error("Error when retrieving credentials from {provider}: {problem}")]
    Retrieval {
        /// botocore's name of it.
        provider: String,
        /// What failed.
        problem: String,
    },
    /// Profiles name each other as their `source_profile`.
    #[error(
        "Infinite loop in credential configuration detected. Attempting to load from profile \
         {source_profile} which has already been visited. Visited profiles: {visited}"
    )]
    Loop {
        /// The profile that was visited before.
        source_profile: String,
        /// All visited profiles, as Python prints a list.
        visited: String,
    },
    /// A profile or setting is invalid.
    #[error("{0}")]
    InvalidConfig(String),
    /// The expiry of credentials has no time zone; Python's words.
    #[error("can't subtract offset-naive and offset-aware datetimes")]
    NoZone,
    /// A configuration file does not parse.
    #[error("Unable to parse config file: {0}")]
    ConfigParse(String),
    /// A named profile does not exist.
    #[error("The config profile ({0}) could not be found")]
    ProfileNotFound(String),
    /// The region is not a valid part of a host name.
    #[error("Provided region_name '{0}' doesn't match a supported format.")]
    InvalidRegion(String),
    /// The endpoint's URL is invalid.
    #[error("Invalid endpoint: {0}")]
    InvalidEndpoint(String),
    /// The connection failed.
    #[error("Could not connect to the endpoint URL: \"{0}\"")]
    Connect(String),
    /// The connection was not open in time.
    #[error("Connect timeout on endpoint URL: \"{0}\"")]
    ConnectTimeout(String),
    /// The response was not received in time.
    #[error("Read timeout on endpoint URL: \"{0}\"")]
    ReadTimeout(String),
    /// The connection was closed before the response was complete.
    #[error(
        "Connection was closed before we received a valid response from endpoint URL: \"{0}\"."
    )]
    Closed(String),
    /// The connection to the proxy failed.
    #[error("Failed to connect to proxy URL: \"{0}\"")]
    Proxy(String),
    /// The certificate is not trusted, or the TLS handshake failed.
    #[error("SSL validation failed for {url} {problem}")]
    Tls {
        /// The endpoint.
        url: String,
        /// What failed.
        problem: String,
    },
    /// The response body was cut off, or is too large.
    #[error("An error occurred while reading from response stream: {0}")]
    Stream(String),
    /// Another error of HTTP.
    #[error("An HTTP Client raised an unhandled exception: {0}")]
    Http(String),
    /// The response is not of the API.
    #[error("{0}")]
    Unreadable(String),
    /// STS refused a call for credentials; the AWS CLI's text of that.
    #[error("{text}")]
    Refused {
        /// The error code, such as `AccessDenied`.
        code: String,
        /// The whole message.
        text: String,
    },
    /// A prompt for a code was not answered.
    #[error("{0}")]
    Unanswered(String),
    /// The data directory cannot be used. The message has its causes, so `source` is `None`.
    #[error("{}", vmfa_iam::with_causes(.0))]
    Directory(DirectoryError),
    /// An unsupported request; the message says what to do instead.
    #[error("{0}")]
    Declined(String),
}

/// The classes of errors by which the AWS CLI chooses the code in its message and its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientErrorKind {
    /// Exit code 253.
    NoRegion,
    /// Exit code 253.
    NoCredentials,
    /// A refusal by a service: exit code 254, with the refusal's code.
    Refused,
    /// Exit code 255, without a code.
    General,
}

impl From<DirectoryError> for ClientError {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}

impl ClientError {
    /// The AWS CLI's class of the error.
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
    /// The code in `An error occurred (CODE): …`, where the AWS CLI prints one.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::NoRegion => Some("NoRegion"),
            Self::NoCredentials => Some("NoCredentials"),
            Self::Refused | Self::General => None,
        }
    }

    /// What the AWS CLI appends to the message.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoRegion => " You can also configure your region by running \"aws configure\".",
            Self::NoCredentials => ". You can configure credentials by running \"aws login\".",
            Self::Refused | Self::General => "",
        }
    }

    /// 253, 254 or 255.
    pub const fn exit_code(self) -> u8 {
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
    fn a_cause_is_in_the_message_once() {
        let source = std::io::Error::other("it is gone");
        let error = ClientError::from(DirectoryError::File { path: "/d".into(), source });
        assert_eq!(error.to_string(), "cannot use `/d`: it is gone");
        assert!(error.source().is_none());
    }
}
