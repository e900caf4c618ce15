//! Attempts to use codes.

use vmfa_model::{AccountId, DeviceResource, Timestamp};

use crate::{
    Error,
    forward::{changes, queries},
};

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

queries! {
    /// Queries of attempts.
    pub trait ReadAttempts {
        /// The attempts on devices of that path and name, including deleted ones.
        fn attempts(&self, account: AccountId, device: &DeviceResource) -> Result<Attempts, Error>;
    }
}

changes! {
    /// Changes of attempts.
    pub trait WriteAttempts {
        /// Replaces the attempts of a device.
        fn set_attempts(
            &mut self,
            account: AccountId,
            device: &DeviceResource,
            attempts: &Attempts,
        ) -> Result<(), Error>;
    }
}
