//! Credentials: what a request is signed with, and the key that acts on the embedded store.
//!
//! Not here: where they are found.

use vmfa_iam::Api;
use vmfa_model::{Secret, Timestamp};
use vmfa_sigv4::Signer;

use crate::AccessKey;

/// An access key, with a token where it is a temporary one.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The key.
    pub key: AccessKey,
    /// The token that goes along with a temporary key.
    pub token: Option<Secret>,
    /// When they end, where that is known.
    pub expires: Option<Timestamp>,
    /// How they were found, in botocore's words: `env`, `shared-credentials-file`, `config-file`,
    /// `assume-role`, `custom-process`.
    pub method: &'static str,
}

impl Credentials {
    /// What signs with them.
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

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self { key, token: None, expires: None, method: "explicit" }
    }
}

/// As whom to act on the embedded store.
#[derive(Clone, Debug)]
pub enum ActAs {
    /// As the account's root: whoever may read the directory is that.
    Root,
    /// As the owner of the credentials where they are the store's, and otherwise as the root, since
    /// they are then for somewhere else.
    IfKnown(Credentials),
    /// As the owner of the credentials, and refused where they are not the store's.
    Only(Credentials),
}

impl From<Option<AccessKey>> for ActAs {
    fn from(key: Option<AccessKey>) -> Self {
        key.map_or(Self::Root, |key| Self::IfKnown(key.into()))
    }
}
