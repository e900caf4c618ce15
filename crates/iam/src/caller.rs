//! Who is calling.

use vmfa_model::{
    AccountId, Timestamp,
    names::{Path, UserName},
};
use vmfa_store::{KeyId, User, UserId};

/// A caller whose first credentials were found good.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// Who in it.
    pub principal: Principal,
    /// By what.
    pub credentials: Credentials,
}

/// Who in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Its root.
    Root,
    /// A user.
    User(Identity),
}

/// What tells a user from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Identifier, which outlasts renaming.
    pub id: UserId,
    /// Name.
    pub name: UserName,
    /// Path.
    pub path: Path,
}

/// By what a caller was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// By standing on the machine, where the data directory may be read.
    Local,
    /// By a long-term access key.
    Key(KeyId),
    /// By a session.
    Session {
        /// When a code was given for it, if one was.
        mfa: Option<Timestamp>,
    },
}

impl Caller {
    /// Whoever may read the data directory acts as the account's root.
    pub fn local(account: AccountId) -> Self {
        Self { account, principal: Principal::Root, credentials: Credentials::Local }
    }

    /// The ARN that refusals name.
    pub fn arn(&self) -> String {
        match &self.principal {
            Principal::Root => self.account.root_arn(),
            Principal::User(user) => self.account.user_arn(user.path.as_str(), user.name.as_str()),
        }
    }

    /// The user, where it is one.
    pub fn user(&self) -> Option<&Identity> {
        match &self.principal {
            Principal::Root => None,
            Principal::User(user) => Some(user),
        }
    }

    /// Whether a code was given for these credentials.
    pub fn used_mfa(&self) -> bool {
        matches!(self.credentials, Credentials::Session { mfa: Some(_) })
    }
}

impl From<&User> for Identity {
    fn from(user: &User) -> Self {
        Self { id: user.id.clone(), name: user.name.clone(), path: user.path.clone() }
    }
}
