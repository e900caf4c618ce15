//! What the tables hold, as the rules see it.

use vmfa_model::{AccountId, DeviceResource, Timestamp};

use crate::Sealed;

/// An account and its counts.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// Its alias, if it has one.
    pub alias: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// How many users there are.
    pub users: u64,
    /// How many devices there are.
    pub devices: u64,
    /// How many devices have an owner.
    pub devices_in_use: u64,
}

/// The identifier of a user, such as `AIDA…`. It outlasts renaming, and is never given twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub String);

/// Keys and values, in the order in which the keys were first set.
pub type TagList = Vec<(String, String)>;

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// Name, in the case in which it was given.
    pub name: String,
    /// Path.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Tags.
    pub tags: TagList,
    /// How many devices it has.
    pub devices: u64,
    /// How many access keys it has.
    pub access_keys: u64,
}

/// What lists of devices tell of a user.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'r> {
    /// Identifier.
    pub id: &'r str,
    /// Name, in the case in which it was given.
    pub name: &'r str,
    /// Path.
    pub path: &'r str,
    /// When it was made.
    pub created: Timestamp,
}

impl<'u> From<&'u User> for Profile<'u> {
    fn from(user: &'u User) -> Self {
        Self { id: &user.id.0, name: &user.name, path: &user.path, created: user.created }
    }
}

/// Which users to list.
#[derive(Clone, Copy, Debug)]
pub struct UserPage<'a> {
    /// The name after which to begin.
    pub after: Option<&'a str>,
    /// How many at the most.
    pub limit: usize,
}

/// The identifier of a device within its account, in the order of making. Never given twice; the
/// default comes before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeviceId(pub i64);

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Identifier.
    pub id: DeviceId,
    /// Path and name.
    pub resource: DeviceResource,
    /// Whose it is and since when, if anybody's.
    pub owner: Option<(UserId, Timestamp)>,
    /// Tags.
    pub tags: TagList,
    /// A random number that tells it from any other device that ever has its name.
    pub generation: i64,
    /// The seed.
    pub seed: Sealed,
    /// The newest step that was used; codes of it and of older ones are refused.
    pub last_step: Option<i64>,
    /// How many steps the device's clock is ahead of ours.
    pub drift: i64,
}

/// A device to be made: it has no owner, and no code of it was used.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Path and name.
    pub resource: DeviceResource,
    /// Tags.
    pub tags: TagList,
    /// A random number that tells it from any other device that ever has its name.
    pub generation: i64,
    /// The seed.
    pub seed: Sealed,
}

/// What became of a device to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is there.
    Done(DeviceId),
    /// Another has its path and name. The job must be undone: the device was counted before this
    /// was found.
    Taken,
    /// The account has as many as it may.
    Full,
}

/// Which devices to list.
#[derive(Clone, Copy, Debug)]
pub enum DeviceFilter {
    /// All.
    Any,
    /// Those with an owner.
    Assigned,
    /// Those without.
    Unassigned,
}

/// Which devices to list, and how much of them.
#[derive(Clone, Copy, Debug)]
pub struct DevicePage {
    /// Which.
    pub filter: DeviceFilter,
    /// Whether their owners are told. To find them takes most of the time.
    pub owners: bool,
    /// The device after which to begin.
    pub after: DeviceId,
    /// How many at the most.
    pub limit: usize,
}

/// A device in a list, as long as it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'r> {
    /// Identifier.
    pub id: DeviceId,
    /// Path and name, as [`DeviceResource::as_str`] has them.
    pub resource: &'r str,
    /// Its owner and the time of enabling, where owners are told and it has one.
    pub owner: Option<(Profile<'r>, Timestamp)>,
}

/// A device in the list of its owner's, as long as it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'r> {
    /// Identifier.
    pub id: DeviceId,
    /// Path and name, as [`DeviceResource::as_str`] has them.
    pub resource: &'r str,
    /// When it was enabled.
    pub enabled: Timestamp,
}

/// The tries of a device's codes, which outlive the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// When the latest tries were made, oldest first.
    pub recent: Vec<Timestamp>,
    /// How many failed since the last success.
    pub failures: u32,
    /// Before this, no further try is taken.
    pub not_before: Option<Timestamp>,
}

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The account's root.
    Root,
    /// A user.
    User(UserId),
}

/// An access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Where it stands in the order of making, which times in whole seconds do not tell. The
    /// store gives it; what a key to be made has here is not looked at.
    pub ordinal: i64,
    /// Identifier, such as `AKIA…`.
    pub id: String,
    /// The account that it opens.
    pub account: AccountId,
    /// Whose it is.
    pub owner: Owner,
    /// Whether it works.
    pub active: bool,
    /// The secret.
    pub secret: Sealed,
    /// When it was made.
    pub created: Timestamp,
    /// Its last use, if any.
    pub last_use: Option<LastUse>,
}

/// When and for what a key was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// The service that was called.
    pub service: String,
    /// The region that was named.
    pub region: String,
}

/// A credential report.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was made.
    pub generated: Timestamp,
    /// Its text, CSV.
    pub content: String,
}
