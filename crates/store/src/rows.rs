//! What the tables hold, as the rules see it.

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{AccountAlias, Path, Tag, UserName},
};
use vmfa_otp::Step;

use crate::Sealed;

/// An account, with the counts that quotas need.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// Stands for the identifier in QR codes.
    pub alias: Option<AccountAlias>,
    /// The time of creation.
    pub created: Timestamp,
    /// The number of users.
    pub users: u64,
    /// The number of devices, assigned or not.
    pub devices: u64,
    /// The number of devices with an owner.
    pub devices_in_use: u64,
}

/// An account to insert: without alias, users and devices.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount {
    /// Twelve digits.
    pub id: AccountId,
    /// The time of creation.
    pub created: Timestamp,
}

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

/// The number of a device within its account, in the order of creation. Never reused; the default
/// comes before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeviceId(pub i64);

/// A virtual MFA device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its position in lists.
    pub id: DeviceId,
    /// Path and name.
    pub resource: DeviceResource,
    /// The user to whom it is assigned, and since when.
    pub owner: Option<(UserId, Timestamp)>,
    /// In the order in which their keys were first set.
    pub tags: Vec<Tag>,
    /// A random number that distinguishes it from every other device that ever has its name.
    pub generation: i64,
    /// The encrypted seed.
    pub seed: Sealed,
    /// The newest step that was used; codes of it and of older ones are refused.
    pub last_step: Option<Step>,
    /// How many steps the device's clock is ahead of ours.
    pub drift: i64,
}

/// A device to insert: without owner, used steps and drift.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Path and name, unique in the account.
    pub resource: DeviceResource,
    /// In the order in which they are to be kept.
    pub tags: Vec<Tag>,
    /// A random number that distinguishes it from every other device that ever has its name.
    pub generation: i64,
    /// The encrypted seed.
    pub seed: Sealed,
}

/// The outcome of [`Write::insert_device`](crate::Write::insert_device).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceInsertion {
    /// It was inserted.
    Inserted(DeviceId),
    /// Another device has its path and name. The job must return
    /// [`Verdict::Undo`](crate::Verdict::Undo): the account's count was raised before.
    Taken,
    /// The account has as many devices as its quota allows.
    QuotaReached,
}

/// Which devices to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceFilter {
    /// All devices.
    Any,
    /// Devices with an owner.
    Assigned,
    /// Devices without an owner.
    Unassigned,
}

/// A page of devices, in the order of creation.
#[derive(Clone, Copy, Debug)]
pub struct DevicePage {
    /// Which devices.
    pub filter: DeviceFilter,
    /// Whether to read their owners, which takes most of the time.
    pub owners: bool,
    /// The device before the first on the page.
    pub after: DeviceId,
    /// The most devices to show.
    pub limit: usize,
}

/// A row of a list of devices.
#[derive(Clone, Copy, Debug)]
pub struct DeviceColumns<'r> {
    /// Its position in lists.
    pub id: DeviceId,
    /// Path and name, as [`DeviceResource::as_str`] returns them.
    pub resource: &'r str,
    /// Its owner and the time of enabling, where [`DevicePage::owners`] asks for them.
    pub owner: Option<(UserColumns<'r>, Timestamp)>,
}

/// A row of the list of one user's devices.
#[derive(Clone, Copy, Debug)]
pub struct OwnedDeviceColumns<'r> {
    /// Its position in lists.
    pub id: DeviceId,
    /// Path and name, as [`DeviceResource::as_str`] returns them.
    pub resource: &'r str,
    /// The time of enabling.
    pub enabled: Timestamp,
}

/// The attempts to use codes of a device. They outlive the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The times of the latest attempts, oldest first.
    pub recent: Vec<Timestamp>,
    /// The number of failures since the last success.
    pub failures: u32,
    /// Attempts before this time are refused.
    pub not_before: Option<Timestamp>,
}

/// The principal to whom an access key belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// The account's root user.
    Root,
    /// A user.
    User(UserId),
}

/// The identifier of an access key, such as `AKIA…`. The operator may choose one for the root user
/// that is shorter than the API allows, such as `test`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub String);

/// An access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its position in the order of creation, which times in whole seconds do not give.
    pub ordinal: i64,
    /// Such as `AKIA…`.
    pub id: KeyId,
    /// The account of its owner.
    pub account: AccountId,
    /// Whose requests it signs.
    pub owner: KeyOwner,
    /// Whether signatures made with it are accepted.
    pub active: bool,
    /// The encrypted secret access key.
    pub secret: Sealed,
    /// The time of creation.
    pub created: Timestamp,
    /// As of the last [`Store::note_use`](crate::Store::note_use).
    pub last_use: Option<LastUse>,
}

/// An access key to insert: active and not yet used.
#[derive(Clone, Debug)]
pub struct NewAccessKey {
    /// Such as `AKIA…`; unique in the store.
    pub id: KeyId,
    /// The account of its owner.
    pub account: AccountId,
    /// Whose requests it signs.
    pub owner: KeyOwner,
    /// The encrypted secret access key.
    pub secret: Sealed,
    /// The time of creation.
    pub created: Timestamp,
}

/// The last use of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// The time of the request.
    pub at: Timestamp,
    /// The service of the credential scope, such as `iam`.
    pub service: String,
    /// The region of the credential scope.
    pub region: String,
}

/// A credential report.
#[derive(Clone, Debug)]
pub struct CredentialReport {
    /// The time of its generation.
    pub generated: Timestamp,
    /// CSV.
    pub content: String,
}
