//! Virtual MFA devices.

use vmfa_model::{AccountId, DeviceResource, Timestamp, names::Tag};
use vmfa_otp::Step;

use crate::{
    Error, Sealed, UserColumns, UserId,
    forward::{changes, queries},
};

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

/// The outcome of [`WriteDevices::insert_device`].
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
    /// Its owner and the time of enabling, where [`DevicePage::owners`] is set.
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

queries! {
    /// Queries of devices.
    pub trait ReadDevices {
        /// A device by path and name.
        fn device(
            &self,
            account: AccountId,
            device: &DeviceResource,
        ) -> Result<Option<Device>, Error>;
        /// Shows devices in the order of their creation, row by row and without copying them.
        fn devices(
            &self,
            account: AccountId,
            page: &DevicePage,
            show: &mut dyn FnMut(DeviceColumns<'_>),
        ) -> Result<(), Error>;
        /// Shows the devices of a user in the order of their creation, beginning after `after`.
        fn devices_of(
            &self,
            account: AccountId,
            owner: &UserId,
            after: DeviceId,
            limit: usize,
            show: &mut dyn FnMut(OwnedDeviceColumns<'_>),
        ) -> Result<(), Error>;
    }
}

changes! {
    /// Changes of devices.
    pub trait WriteDevices {
        /// Inserts a device, unless its path and name are taken or the account has `quota` devices.
        fn insert_device(
            &mut self,
            account: AccountId,
            device: &NewDevice,
            quota: u64,
        ) -> Result<DeviceInsertion, Error>;
        /// Assigns an unassigned device to a user.
        fn assign_device(
            &mut self,
            account: AccountId,
            device: DeviceId,
            owner: &UserId,
            now: Timestamp,
        ) -> Result<(), Error>;
        /// Unassigns a device. Its seed, tags, drift and last step stay.
        fn release_device(
            &mut self,
            account: AccountId,
            device: DeviceId,
            owner: &UserId,
        ) -> Result<(), Error>;
        /// Uses up a step and all before it and sets the drift, if the step is newer than the
        /// newest that was used. Returns whether it was. One statement decides, so of two callers
        /// with the same step only one succeeds.
        fn use_step(
            &mut self,
            account: AccountId,
            device: DeviceId,
            step: Step,
            drift: i64,
        ) -> Result<bool, Error>;
        /// Replaces a device's tags.
        fn set_device_tags(
            &mut self,
            account: AccountId,
            device: DeviceId,
            tags: &[Tag],
        ) -> Result<(), Error>;
        /// Deletes an unassigned device.
        fn delete_device(&mut self, account: AccountId, device: DeviceId) -> Result<(), Error>;
    }
}
