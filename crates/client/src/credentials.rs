//! Credentials, with which requests are signed, and the caller that calls on the embedded store act
//! as.
//!
//! Not here: where they are found (see `credential_chain`).

use vmfa_iam::Api;
use vmfa_model::{Secret, Timestamp};
use vmfa_sigv4::Signer;

use crate::{AccessKeyPair, ClientContext, ClientError};

/// An access key, with a token where it is a temporary one.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its id begins with `ASIA` if it is temporary.
    pub key: AccessKeyPair,
    /// The session token of a temporary key.
    pub token: Option<Secret>,
    /// When they expire, if that is known.
    pub expires: Option<Timestamp>,
    /// botocore's name of their provider: `env`, `shared-credentials-file`, `config-file`,
    /// `assume-role`, `custom-process`.
    pub method: &'static str,
}

impl Credentials {
    pub(crate) fn signer<'a>(&'a self, region: &'a str, api: Api) -> Signer<'a> {
        Signer {
            access_key: &self.key.id,
            secret: self.key.secret.expose(),
            token: self.token.as_ref().map(Secret::expose),
            region,
            service: api.name(),
        }
    }
}

impl From<AccessKeyPair> for Credentials {
    fn from(key: AccessKeyPair) -> Self {
        Self { key, token: None, expires: None, method: "explicit" }
    }
}

/// Provides credentials, and refreshes those that expire.
pub(crate) trait CredentialProvider: Send + Sync {
    /// Valid credentials. This may run a process, prompt for a code, and call STS.
    fn get(&self, context: &ClientContext) -> Result<Credentials, ClientError>;
}

/// The caller that calls on the embedded store act as. A user who can read the data directory is
/// root there.
#[derive(Clone, Debug)]
pub enum ActAs {
    /// The account's root user.
    Root,
    /// The owner of the credentials; the root user if the store does not know them, since they are
    /// then for another service.
    IfKnown(Credentials),
    /// The owner of the credentials. Refused if the store does not know them.
    Only(Credentials),
}

impl From<Option<AccessKeyPair>> for ActAs {
    fn from(key: Option<AccessKeyPair>) -> Self {
        key.map_or(Self::Root, |key| Self::IfKnown(key.into()))
    }
}

/// botocore's name of the provider that assumes roles.
pub(crate) const ASSUME_ROLE: &str = "assume-role";
