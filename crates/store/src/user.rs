//! Users.

use vmfa_model::{
    AccountId, Timestamp,
    names::{Path, Tag, UserName},
};

use crate::{
    Error,
    forward::{changes, queries},
};

/// The identifier of a user, such as `AIDA…`. It survives renaming and is never reused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub String);

/// A user, with the counts that quotas need.
#[derive(Clone, Debug)]
pub struct User {
    /// Such as `AIDA…`.
    pub id: UserId,
    /// In the case in which it was given; names are compared without regard to case.
    pub name: UserName,
    /// `/`, or a path between slashes.
    pub path: Path,
    /// The time of creation.
    pub created: Timestamp,
    /// In the order in which their keys were first set.
    pub tags: Vec<Tag>,
    /// The number of devices.
    pub devices: u64,
    /// The number of access keys, active or not.
    pub access_keys: u64,
}

/// A user to insert: without devices and access keys.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Such as `AIDA…`.
    pub id: UserId,
    /// Unique in the account without regard to case.
    pub name: UserName,
    /// `/`, or a path between slashes.
    pub path: Path,
    /// The time of creation.
    pub created: Timestamp,
    /// In the order in which they are to be kept.
    pub tags: Vec<Tag>,
}

/// The columns of a user that lists of devices show, borrowed from the row.
#[derive(Clone, Copy, Debug)]
pub struct UserColumns<'r> {
    /// Such as `AIDA…`.
    pub id: &'r str,
    /// In the case in which it was given.
    pub name: &'r str,
    /// `/`, or a path between slashes.
    pub path: &'r str,
    /// The time of creation.
    pub created: Timestamp,
}

impl<'u> From<&'u User> for UserColumns<'u> {
    fn from(user: &'u User) -> Self {
        let (id, name, path) = (&*user.id.0, user.name.as_str(), user.path.as_str());
        Self { id, name, path, created: user.created }
    }
}

/// A page of users, by name without regard to case.
#[derive(Clone, Copy, Debug)]
pub struct UserPage<'a> {
    /// The name before the first on the page.
    pub after: Option<&'a UserName>,
    /// The most users to return.
    pub limit: usize,
}

queries! {
    /// Queries of users.
    pub trait ReadUsers {
        /// A user by name, without regard to case.
        fn user(&self, account: AccountId, name: &UserName) -> Result<Option<User>, Error>;
        /// A user by identifier.
        fn user_by_id(&self, account: AccountId, id: &UserId) -> Result<Option<User>, Error>;
        /// Users by name.
        fn users(&self, account: AccountId, page: &UserPage<'_>) -> Result<Vec<User>, Error>;
    }
}

changes! {
    /// Changes of users.
    pub trait WriteUsers {
        /// Inserts a user, whose name must not be taken.
        fn insert_user(&mut self, account: AccountId, user: &NewUser) -> Result<(), Error>;
        /// Changes the name and path of a user. The new name must not be taken by another.
        fn rename_user(
            &mut self,
            account: AccountId,
            id: &UserId,
            name: &UserName,
            path: &Path,
        ) -> Result<(), Error>;
        /// Replaces a user's tags.
        fn set_user_tags(
            &mut self,
            account: AccountId,
            id: &UserId,
            tags: &[Tag],
        ) -> Result<(), Error>;
        /// Deletes a user, who must have no devices and keys.
        fn delete_user(&mut self, account: AccountId, id: &UserId) -> Result<(), Error>;
    }
}
