//! Credentials: what a request is signed with, and the key that acts on the embedded store.
//!
//! Not here: where they are found.

use vmfa_model::{Secret, Timestamp};

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

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self { key, token: None, expires: None, method: "explicit" }
    }
}

/// As whom to act on the embedded store.
#[derive(Clone, Debug)]
pub enum Acting {
    /// As the account's root: whoever may read the directory is that.
    Root,
    /// As the key's owner where the store has the key, and otherwise as the root, since it is then
    /// a key for somewhere else. Temporary keys are always the store's own, or refused.
    IfKnown(Credentials),
    /// As the key's owner, and refused where the store does not have the key.
    Only(Credentials),
}

impl From<Option<AccessKey>> for Acting {
    fn from(key: Option<AccessKey>) -> Self {
        key.map_or(Self::Root, |key| Self::IfKnown(key.into()))
    }
}
