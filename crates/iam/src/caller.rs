//! The caller of an action.

use vmfa_model::{
    AccountId, Timestamp,
    names::{Path, UserName},
};
use vmfa_store::{KeyId, User, UserId};

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account of the principal.
    pub account: AccountId,
    /// The root user or a user.
    pub principal: Principal,
    /// How it was authenticated.
    pub credentials: CallerCredentials,
}

/// A principal of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user.
    Root,
    /// A user.
    User(UserIdentity),
}

/// A user, as of its authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    /// Such as `AIDA…`; it survives renaming.
    pub id: UserId,
    /// In the case in which it was given.
    pub name: UserName,
    /// `/`, or a path between slashes.
    pub path: Path,
}

/// How a caller was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerCredentials {
    /// By read access to the data directory.
    Local,
    /// By an access key.
    Key(KeyId),
    /// By a session token.
    Session {
        /// The time at which a code was used for it; `None` for a session without MFA.
        mfa: Option<Timestamp>,
    },
}

impl Caller {
    /// A process that can read the data directory, which acts as the root user.
    pub fn local(account: AccountId) -> Self {
        Self { account, principal: Principal::Root, credentials: CallerCredentials::Local }
    }

    /// The ARN of the principal.
    pub fn arn(&self) -> String {
        match &self.principal {
            Principal::Root => self.account.root_arn(),
            Principal::User(user) => self.account.user_arn(user.path.as_str(), user.name.as_str()),
        }
    }

    /// The user; `None` for the root user.
    pub fn user(&self) -> Option<&UserIdentity> {
        match &self.principal {
            Principal::Root => None,
            Principal::User(user) => Some(user),
        }
    }

    /// Whether it was authenticated with MFA.
    pub fn used_mfa(&self) -> bool {
        matches!(self.credentials, CallerCredentials::Session { mfa: Some(_) })
    }
}

impl From<&User> for UserIdentity {
    fn from(user: &User) -> Self {
        Self { id: user.id.clone(), name: user.name.clone(), path: user.path.clone() }
    }
}
