//! A user with devices, and the codes that they show.

use std::net::SocketAddr;

use anyhow::Context as _;
use vmfa_model::{Record, Value};
use vmfa_otp::{Generator, Seed, Step};

use crate::{
    api::Client,
    clock,
    wire::{self, Key, secret, text},
};

/// A device, and what an authenticator app knows of it.
pub(crate) struct Device {
    pub(crate) serial: String,
    generator: Generator,
}

/// A user with an access key, and the root beside it.
pub(crate) struct Owner {
    address: SocketAddr,
    name: String,
    key: Key,
}

impl Owner {
    pub(crate) fn make(address: SocketAddr, name: &str) -> anyhow::Result<Self> {
        let mut root = Client::new(address, Key::root());
        root.call("CreateUser", vec![("UserName", text(name))])?;
        let answer = root.call("CreateAccessKey", vec![("UserName", text(name))])?;
        let Some(Value::Structure(key)) = answer.get("AccessKey") else {
            anyhow::bail!("the answer has no key");
        };
        let Some(Value::Secret(shown)) = key.get("SecretAccessKey") else {
            anyhow::bail!("the answer has no secret");
        };
        let id = key.text("AccessKeyId").context("the answer has no identifier")?.to_owned();
        let key = Key { id, secret: shown.expose().to_owned() };
        Ok(Self { address, name: name.to_owned(), key })
    }

    /// The server listens elsewhere now.
    pub(crate) const fn moved(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// A client with the user's key.
    pub(crate) fn client(&self, address: SocketAddr) -> Client {
        Client::new(address, self.key.clone())
    }

    /// Makes a device that nobody has.
    pub(crate) fn device(&self, name: String) -> anyhow::Result<Device> {
        let mut root = Client::new(self.address, Key::root());
        Device::make(&mut root, name)
    }

    /// Makes devices and enables each with older codes, so that younger ones are left.
    pub(crate) fn devices(&self, names: &[String]) -> anyhow::Result<Vec<Device>> {
        let share = names.len().div_ceil(MAKERS).max(1);
        std::thread::scope(|scope| {
            let make = |names: &[String]| {
                let mut root = Client::new(self.address, Key::root());
                let devices = names.iter().map(|name| {
                    let device = Device::make(&mut root, name.clone())?;
                    root.call("EnableMFADevice", self.pair(&device))?;
                    Ok(device)
                });
                devices.collect::<anyhow::Result<Vec<_>>>()
            };
            let started: Vec<_> =
                names.chunks(share).map(|names| scope.spawn(move || make(names))).collect();
            let mut devices = Vec::new();
            for maker in started {
                let part = maker.join().map_err(|_| anyhow::anyhow!("a maker panicked"))?;
                devices.extend(part.context("making devices")?);
            }
            Ok(devices)
        })
    }

    /// The request for a session by a code.
    pub(crate) fn session(
        &self,
        address: SocketAddr,
        device: &Device,
        step: Step,
    ) -> anyhow::Result<Vec<u8>> {
        self.key.sign(address, &wire::call("GetSessionToken", device.members(step))?)
    }

    /// The request for enabling a device.
    pub(crate) fn enable(&self, address: SocketAddr, device: &Device) -> anyhow::Result<Vec<u8>> {
        Key::root().sign(address, &wire::call("EnableMFADevice", self.pair(device))?)
    }

    fn pair(&self, device: &Device) -> Vec<(&'static str, Value)> {
        device.pair(&self.name, clock::step().plus(ENABLED_BY))
    }
}

impl Device {
    /// Makes a device whose codes near now are all different.
    pub(crate) fn make(root: &mut Client, mut name: String) -> anyhow::Result<Self> {
        loop {
            let members = vec![("VirtualMFADeviceName", text(&name))];
            let device = Self::of(&root.call("CreateVirtualMFADevice", members)?)?;
            if device.tells_apart(device.fresh()) {
                return Ok(device);
            }
            name.push('x');
        }
    }

    /// Reads the answer of `CreateVirtualMFADevice`.
    pub(crate) fn of(answer: &Record) -> anyhow::Result<Self> {
        let Some(Value::Structure(device)) = answer.get("VirtualMFADevice") else {
            anyhow::bail!("the answer has no device");
        };
        let Some(Value::Blob(seed)) = device.get("Base32StringSeed") else {
            anyhow::bail!("the answer has no seed");
        };
        let seed = Seed::parse_base32(std::str::from_utf8(seed.expose())?)?;
        let serial = device.text("SerialNumber").context("the answer has no serial number")?;
        Ok(Self { serial: serial.to_owned(), generator: Generator::of(&seed) })
    }

    pub(crate) fn code(&self, step: Step) -> String {
        self.generator.code(step).expose()
    }

    /// Whether no step near this one has the same code, which one code in some hundred thousand
    /// has: such a code may rightly be accepted twice.
    pub(crate) fn tells_apart(&self, step: Step) -> bool {
        let near = (1..=NEAR).flat_map(|n| [step.plus(n), step.plus(-n)]);
        let code = self.code(step);
        near.map(|other| self.code(other)).all(|other| other != code)
    }

    /// A step that is newer than those the device was enabled by, with another to follow.
    ///
    /// Enabling leaves the device's clock `ENABLED_BY` behind ours, and sessions take codes of two
    /// steps to either side of it: this one and the next are among them, and stay so for half a
    /// minute at the least.
    #[expect(clippy::unused_self, reason = "it is the device's")]
    pub(crate) fn fresh(&self) -> Step {
        clock::step().plus(ENABLED_BY).plus(1)
    }

    /// The members of `EnableMFADevice` with the codes of this step and the one before.
    pub(crate) fn pair(&self, user: &str, newest: Step) -> Vec<(&'static str, Value)> {
        vec![
            ("UserName", text(user)),
            ("SerialNumber", text(&self.serial)),
            ("AuthenticationCode1", secret(self.code(newest.plus(-1)))),
            ("AuthenticationCode2", secret(self.code(newest))),
        ]
    }

    /// The members of `GetSessionToken`.
    pub(crate) fn members(&self, step: Step) -> Vec<(&'static str, Value)> {
        vec![("SerialNumber", text(&self.serial)), ("TokenCode", secret(self.code(step)))]
    }
}

/// The newer step that devices are enabled by, from now.
const ENABLED_BY: i64 = -2;
/// Steps that are near another: more than sessions look at.
const NEAR: i64 = 6;
/// Connections that make devices.
const MAKERS: usize = 16;
