//! Account identifiers and resource names.

use std::fmt;

use crate::names::{Path, VirtualDeviceName};

/// The twelve digits that identify an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The account with that number; `None` above twelve digits.
    pub const fn new(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 { Some(Self(number)) } else { None }
    }

    /// Parses exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Self::new)
    }

    /// The number, without leading zeros.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The ARN of the account's root user.
    pub fn root_arn(self) -> String {
        self.arn("root")
    }

    /// The ARN of a user.
    pub fn user_arn(self, path: &str, name: &str) -> String {
        self.arns().user(path, name)
    }

    /// The ARN of a virtual MFA device, which is its serial number.
    pub fn device_arn(self, device: &DeviceResource) -> String {
        self.arns().device(&device.0)
    }

    /// Builds ARNs of many resources, formatting their common prefix once.
    pub fn arns(self) -> Arns {
        Arns { prefix: self.arn("") }
    }

    /// The ARN of a resource of this account.
    pub fn arn(self, resource: &str) -> String {
        format!("arn:aws:iam::{self}:{resource}")
    }

    /// The virtual device of this account with that serial number; `None` for other serial numbers.
    pub fn device_of(self, serial: &str) -> Option<DeviceResource> {
        let resource = serial.strip_prefix(&self.arn("mfa"))?;
        DeviceResource::parse(resource)
    }
}

/// Builds ARNs of one account.
#[derive(Clone, Debug)]
pub struct Arns {
    prefix: String,
}

impl Arns {
    /// The ARN of a user.
    pub fn user(&self, path: &str, name: &str) -> String {
        [&self.prefix, "user", path, name].concat()
    }

    /// The ARN of a virtual MFA device, which is its serial number; `resource` is
    /// [`DeviceResource::as_str`].
    pub fn device(&self, resource: &str) -> String {
        [&self.prefix, "mfa", resource].concat()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// Path and name of a virtual MFA device, such as `/ops/alice`: the end of its serial number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceResource(String);

impl DeviceResource {
    /// Joins path and name.
    pub fn new(path: &Path, name: &VirtualDeviceName) -> Self {
        Self(format!("{path}{name}"))
    }

    /// Parses [`as_str`](Self::as_str).
    pub fn parse(text: &str) -> Option<Self> {
        Self::is_one(text).then(|| Self(text.to_owned()))
    }

    /// Whether [`parse`](Self::parse) accepts the text.
    pub fn is_one(text: &str) -> bool {
        text.starts_with('/') && !text.ends_with('/')
    }

    /// Path and name, with the leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, without the path.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_round_trip() {
        let account = AccountId::parse("000123456789").unwrap();
        let device = account.device_of("arn:aws:iam::000123456789:mfa//a//b/name").unwrap();
        assert_eq!(device.name(), "name");
        assert_eq!(account.device_arn(&device), "arn:aws:iam::000123456789:mfa//a//b/name");
        for foreign in [
            "arn:aws:iam::000123456780:mfa/name",
            "arn:aws:iam::000123456789:user/name",
            "arn:aws:iam::000123456789:mfaname",
            "arn:aws:iam::000123456789:mfa/",
            "GAHT12345678",
        ] {
            assert_eq!(account.device_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn twelve_digits_and_no_others() {
        for bad in
            ["", "1", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"]
        {
            assert_eq!(AccountId::parse(bad), None, "{bad}");
        }
    }
}
