//! A user with devices, and the codes of the devices.

use std::net::SocketAddr;

use anyhow::Context as _;
use vmfa_model::{Record, Value};
use vmfa_otp::{Generator, Seed, Step};

use crate::{
    api::ApiClient,
    clock,
    wire::{self, RequestSigner, secret, text},
};

pub(crate) struct SeededDevice {
    pub(crate) serial: String,
    generator: Generator,
}

/// A user with an access key. Devices are created as the root user.
pub(crate) struct Owner {
    address: SocketAddr,
    name: String,
    key: RequestSigner,
}

impl Owner {
    pub(crate) fn make(address: SocketAddr, name: &str) -> anyhow::Result<Self> {
        let mut root = ApiClient::new(address, RequestSigner::root());
        root.call("CreateUser", vec![("UserName", text(name))])?;
        let answer = root.call("CreateAccessKey", vec![("UserName", text(name))])?;
        let Some(Value::Structure(key)) = answer.get("AccessKey") else {
            anyhow::bail!("no `AccessKey` in the response");
        };
        let Some(Value::Secret(shown)) = key.get("SecretAccessKey") else {
            anyhow::bail!("no `SecretAccessKey` in the response");
        };
        let id = key.text("AccessKeyId").context("no `AccessKeyId` in the response")?.to_owned();
        let key = RequestSigner { id, secret: shown.expose().to_owned() };
        Ok(Self { address, name: name.to_owned(), key })
    }

    pub(crate) const fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// A client with the user's key.
    pub(crate) fn client(&self, address: SocketAddr) -> ApiClient {
        ApiClient::new(address, self.key.clone())
    }

    /// Creates an unassigned device.
    pub(crate) fn device(&self, name: String) -> anyhow::Result<SeededDevice> {
        let mut root = ApiClient::new(self.address, RequestSigner::root());
        SeededDevice::make(&mut root, name)
    }

    /// Creates devices and enables each with older codes, so that newer ones are unused.
    pub(crate) fn devices(&self, names: &[String]) -> anyhow::Result<Vec<SeededDevice>> {
        let share = names.len().div_ceil(MAKERS).max(1);
        std::thread::scope(|scope| {
            let make = |names: &[String]| {
                let mut root = ApiClient::new(self.address, RequestSigner::root());
                let devices = names.iter().map(|name| {
                    let device = SeededDevice::make(&mut root, name.clone())?;
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
                devices.extend(part.context("cannot create the devices")?);
            }
            Ok(devices)
        })
    }

    /// A signed `GetSessionToken` request with the code of `step`.
    pub(crate) fn session(
        &self,
        address: SocketAddr,
        device: &SeededDevice,
        step: Step,
    ) -> anyhow::Result<Vec<u8>> {
        self.key.sign(address, &wire::call("GetSessionToken", device.members(step))?)
    }

    /// A signed `EnableMFADevice` request.
    pub(crate) fn enable(
        &self,
        address: SocketAddr,
        device: &SeededDevice,
    ) -> anyhow::Result<Vec<u8>> {
        RequestSigner::root().sign(address, &wire::call("EnableMFADevice", self.pair(device))?)
    }

    fn pair(&self, device: &SeededDevice) -> Vec<(&'static str, Value)> {
        device.pair(&self.name, clock::step().plus(ENABLED_BY))
    }
}

impl SeededDevice {
    /// Creates a device whose codes around now are all different.
    pub(crate) fn make(root: &mut ApiClient, mut name: String) -> anyhow::Result<Self> {
        loop {
            let members = vec![("VirtualMFADeviceName", text(&name))];
            let device = Self::of(&root.call("CreateVirtualMFADevice", members)?)?;
            if device.is_unambiguous(device.unused_step()) {
                return Ok(device);
            }
            name.push('x');
        }
    }

    /// From the output of `CreateVirtualMFADevice`.
    pub(crate) fn of(answer: &Record) -> anyhow::Result<Self> {
        let Some(Value::Structure(device)) = answer.get("VirtualMFADevice") else {
            anyhow::bail!("no `VirtualMFADevice` in the response");
        };
        let Some(Value::Blob(seed)) = device.get("Base32StringSeed") else {
            anyhow::bail!("no `Base32StringSeed` in the response");
        };
        let seed = Seed::parse_base32(std::str::from_utf8(seed.expose())?)?;
        let serial = device.text("SerialNumber").context("no `SerialNumber` in the response")?;
        Ok(Self { serial: serial.to_owned(), generator: Generator::of(&seed) })
    }

    pub(crate) fn code(&self, step: Step) -> String {
        self.generator.code(step).expose()
    }

    /// Whether no near step has the same code. About one code in a hundred thousand occurs twice,
    /// and may rightly be accepted twice.
    pub(crate) fn is_unambiguous(&self, step: Step) -> bool {
        let near = (1..=NEAR).flat_map(|n| [step.plus(n), step.plus(-n)]);
        let code = self.code(step);
        near.map(|other| self.code(other)).all(|other| other != code)
    }

    /// A step newer than those that enabled the device; the one after it is unused too.
    ///
    /// Enabling sets the drift to `ENABLED_BY`, and the window of sessions is two steps around that:
    /// this step and the next are within it for at least 30 seconds.
    #[expect(clippy::unused_self, reason = "a property of the device")]
    pub(crate) fn unused_step(&self) -> Step {
        clock::step().plus(ENABLED_BY).plus(1)
    }

    /// Input of `EnableMFADevice` with the codes of `newest` and the step before it.
    pub(crate) fn pair(&self, user: &str, newest: Step) -> Vec<(&'static str, Value)> {
        vec![
            ("UserName", text(user)),
            ("SerialNumber", text(&self.serial)),
            ("AuthenticationCode1", secret(self.code(newest.plus(-1)))),
            ("AuthenticationCode2", secret(self.code(newest))),
        ]
    }

    /// Input of `GetSessionToken`.
    pub(crate) fn members(&self, step: Step) -> Vec<(&'static str, Value)> {
        vec![("SerialNumber", text(&self.serial)), ("TokenCode", secret(self.code(step)))]
    }
}

/// The newer of the two steps that enable a device, relative to now.
const ENABLED_BY: i64 = -2;
/// Steps compared on either side: more than the window of a session.
const NEAR: i64 = 6;
/// Connections that create devices.
const MAKERS: usize = 16;
