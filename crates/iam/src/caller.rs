//! The authenticated caller of an action.

use vmfa_model::{
    AccountId, Timestamp,
    names::{Path, UserName},
};
use vmfa_store::{KeyId, User, UserId};

/// A caller whose credentials were verified.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account that the call is made in.
    pub account: AccountId,
    /// The root user, or a user of the account.
    pub principal: Principal,
    /// The kind of credentials that were verified.
    pub credentials: Credentials,
}

/// The principal of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user.
    Root,
    /// An IAM user.
    User(Identity),
}

/// The identity of a user when its credentials were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Such as `AIDA…`; it survives renaming.
    pub id: UserId,
    /// The name, in the case in which it was created.
    pub name: UserName,
    /// Such as `/team/`.
    pub path: Path,
}

/// How a caller was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// As a local process that can read the data directory.
    Local,
    /// By the long-term access key of this id.
    Key(KeyId),
    /// By a session token.
    Session {
        /// When MFA was used to create the session; `None` without MFA.
        mfa: Option<Timestamp>,
    },
}

impl Caller {
    /// The root user, as a local process that can read the data directory.
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

    /// `None` for the root user.
    pub fn user(&self) -> Option<&Identity> {
        match &self.principal {
            Principal::Root => None,
            Principal::User(user) => Some(user),
        }
    }

    /// Whether the credentials are of a session with MFA.
    pub fn used_mfa(&self) -> bool {
        matches!(self.credentials, Credentials::Session { mfa: Some(_) })
    }
}

impl From<&User> for Identity {
    fn from(user: &User) -> Self {
        Self { id: user.id.clone(), name: user.name.clone(), path: user.path.clone() }
    }
}
