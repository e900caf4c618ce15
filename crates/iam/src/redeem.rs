//! Redeeming codes: each attempt is counted, checked, and uses up its time steps.
//!
//! The attempt is claimed before the code is checked, and stays counted when the call is refused.
//! One statement of the store uses up the matching step, and only if it is newer than the last step
//! used: a code is accepted once, also under concurrent calls.

use std::sync::Arc;

use vmfa_model::{AccountId, DeviceResource, Entropy, Fault, Timestamp};
use vmfa_otp::{Code, Generator, Seed, Step, choose, search};
use vmfa_store::{Device, DeviceId, KeyRing, Read, Sealed, Write};

use crate::{Refusal, attempts, refusal::Broken, refuse};

/// Two consecutive codes, and the steps that they match.
pub(crate) struct Pair {
    first: Code,
    second: Code,
    found: Option<Found>,
}

/// The steps at which a pair matches a device's codes, for the drift that the device had then.
struct Found {
    device: DeviceId,
    drift: i64,
    steps: Vec<Step>,
}

/// What an attempt needs.
#[derive(Clone)]
pub(crate) struct Try {
    pub(crate) account: AccountId,
    pub(crate) now: Timestamp,
    pub(crate) limit: u64,
    pub(crate) keys: Arc<KeyRing>,
}

impl Pair {
    /// Parses the codes; anything but six digits is refused as a wrong code.
    pub(crate) fn parse(first: &str, second: &str) -> Result<Self, Fault> {
        let code = |text| Code::parse(text).ok_or_else(refuse::wrong_code);
        Ok(Self { first: code(first)?, second: code(second)?, found: None })
    }

    /// Searches the window of about two thousand steps for the pair, outside the transaction. The
    /// result is used only if the transaction finds the same device and drift. A throttled device
    /// is not searched.
    pub(crate) fn search(
        &mut self,
        view: &dyn Read,
        device: &Device,
        with: &Try,
    ) -> Result<(), Refusal> {
        let tried = view.attempts(with.account, &device.resource)?;
        if attempts::claim(&tried, with.now, with.limit).is_none() {
            return Ok(());
        }
        let steps = self.matches(device, with)?;
        self.found = Some(Found { device: device.id, drift: device.drift, steps });
        Ok(())
    }

    /// Redeems the pair: both steps must be newer than the last one used, and both are used up. The
    /// drift that they show is stored.
    pub(crate) fn redeem(
        &self,
        tx: &mut dyn Write,
        device: &Device,
        with: &Try,
    ) -> Result<(), Refusal> {
        let claimed =
            with.claim(tx, device).map_err(|throttled| throttled.or(refuse::wrong_code))?;
        let steps = match &self.found {
            Some(found) if found.device == device.id && found.drift == device.drift => {
                found.steps.clone()
            }
            _ => self.matches(device, with)?,
        };
        let now = Step::at(with.now.unix());
        let centre = now.plus(device.drift);
        let chosen = choose::choose_pair(&steps, centre, device.last_step);
        let drift = chosen.map_or(device.drift, |step| step.get().saturating_sub(now.get()));
        if with.settle(tx, device, claimed, chosen, drift)? {
            return Ok(());
        }
        Err(Refusal::Kept(refuse::wrong_code()))
    }

    fn matches(&self, device: &Device, with: &Try) -> Result<Vec<Step>, Refusal> {
        let generator = with.generator(device)?;
        let centre = Step::at(with.now.unix()).plus(device.drift);
        let (back, ahead) = (search::PAIR_BACK, search::PAIR_AHEAD);
        Ok(search::matching_pairs(&generator, &self.first, &self.second, centre, back, ahead))
    }
}

/// Redeems one code, for a session.
pub(crate) fn redeem_one(
    tx: &mut dyn Write,
    device: &Device,
    code: &Code,
    with: &Try,
) -> Result<(), Refusal> {
    let claimed =
        with.claim(tx, device).map_err(|throttled| throttled.or(refuse::cannot_validate_code))?;
    let generator = with.generator(device)?;
    let centre = Step::at(with.now.unix()).plus(device.drift);
    let steps = search::matching_steps(&generator, code, centre, search::SESSION_REACH);
    let chosen = choose::choose_step(&steps, device.last_step);
    if with.settle(tx, device, claimed, chosen, device.drift)? {
        return Ok(());
    }
    Err(Refusal::Kept(refuse::wrong_session_code()))
}

/// The associated data of an encrypted seed: after a change of any of these in its row, the seed
/// cannot be decrypted.
pub(crate) struct SeedOf<'a> {
    pub(crate) account: AccountId,
    pub(crate) resource: &'a DeviceResource,
    pub(crate) generation: i64,
}

impl SeedOf<'_> {
    pub(crate) fn seal(&self, seed: &Seed, keys: &KeyRing, entropy: &dyn Entropy) -> Sealed {
        self.bound(|context| keys.encrypt(context, seed.expose(), entropy))
    }

    fn open(&self, sealed: &Sealed, keys: &KeyRing) -> Result<Seed, Refusal> {
        let plain = self.bound(|context| keys.decrypt(context, sealed))?;
        let seed = Seed::try_from(plain.as_slice());
        seed.map_err(|_| Refusal::Broken(Broken::Impossible("a seed does not have 40 bytes")))
    }

    fn bound<T>(&self, use_context: impl FnOnce(&[&[u8]]) -> T) -> T {
        let account = self.account.to_string();
        let generation = self.generation.to_be_bytes();
        let resource = self.resource.as_str().as_bytes();
        use_context(&[b"device", account.as_bytes(), resource, &generation])
    }
}

/// Why no attempt was granted.
enum Denied {
    Throttled,
    Broken(Refusal),
}

impl Denied {
    fn or(self, throttled: fn() -> Fault) -> Refusal {
        match self {
            Self::Throttled => Refusal::Fault(throttled()),
            Self::Broken(refusal) => refusal,
        }
    }
}

impl Try {
    /// Counts an attempt, unless the device is throttled.
    fn claim(&self, tx: &mut dyn Write, device: &Device) -> Result<vmfa_store::Attempts, Denied> {
        let broken = |error: vmfa_store::Error| Denied::Broken(error.into());
        let tried = tx.view().attempts(self.account, &device.resource).map_err(broken)?;
        attempts::claim(&tried, self.now, self.limit).ok_or(Denied::Throttled)
    }

    /// Uses up the chosen step, if the store accepts it, and stores the outcome of the attempt.
    /// Returns whether it succeeded.
    fn settle(
        &self,
        tx: &mut dyn Write,
        device: &Device,
        claimed: vmfa_store::Attempts,
        chosen: Option<Step>,
        drift: i64,
    ) -> Result<bool, Refusal> {
        let used = match chosen {
            Some(step) => tx.use_step(self.account, device.id, step, drift)?,
            None => false,
        };
        let after =
            if used { attempts::succeeded(claimed) } else { attempts::failed(claimed, self.now) };
        tx.set_attempts(self.account, &device.resource, &after)?;
        Ok(used)
    }

    fn generator(&self, device: &Device) -> Result<Generator, Refusal> {
        let (account, generation) = (self.account, device.generation);
        let seed_of = SeedOf { account, resource: &device.resource, generation };
        Ok(Generator::of(&seed_of.open(&device.seed, &self.keys)?))
    }
}
