//! Redeeming codes: each attempt is counted, checked, and uses up its time steps.
//!
//! An attempt is counted before its code is checked, and stays counted when the call is refused.
//! One statement of the store uses up the matching step, only if it is newer than every step used
//! before; so a code is accepted once, ever, under any race.

use std::sync::Arc;

use vmfa_model::{AccountId, DeviceResource, Entropy, Fault, Timestamp};
use vmfa_otp::{Code, Generator, Seed, Step, choose, search};
use vmfa_store::{Device, DeviceId, KeyRing, Read, Sealed, Write};

use crate::{Refusal, attempts, refusal::InternalError, refuse};

/// Two consecutive codes, with their matches if they were searched for.
pub(crate) struct CodePair {
    first: Code,
    second: Code,
    found: Option<PairMatches>,
}

/// The steps at which a pair matches a device with that drift.
struct PairMatches {
    device: DeviceId,
    drift: i64,
    steps: Vec<Step>,
}

/// What an attempt needs beside the code.
#[derive(Clone)]
pub(crate) struct AttemptContext {
    pub(crate) account: AccountId,
    pub(crate) now: Timestamp,
    pub(crate) limit: u64,
    pub(crate) keys: Arc<KeyRing>,
}

impl CodePair {
    /// Parses the codes. Anything but six digits is refused as a wrong code is.
    pub(crate) fn parse(first: &str, second: &str) -> Result<Self, Fault> {
        let code = |text| Code::parse(text).ok_or_else(refuse::wrong_code);
        Ok(Self { first: code(first)?, second: code(second)?, found: None })
    }

    /// Searches for the pair outside the transaction, because it computes some two thousand codes.
    /// The transaction uses the matches only if the device has not changed. Does nothing while the
    /// device is throttled.
    pub(crate) fn search(
        &mut self,
        view: &dyn Read,
        device: &Device,
        with: &AttemptContext,
    ) -> Result<(), Refusal> {
        let present = view.attempts(with.account, &device.resource)?;
        if attempts::claim(&present, with.now, with.limit).is_none() {
            return Ok(());
        }
        let steps = self.matches(device, with)?;
        self.found = Some(PairMatches { device: device.id, drift: device.drift, steps });
        Ok(())
    }

    /// Attempts the pair: both of its steps must be newer than every step used before. Uses both up,
    /// and sets the device's drift.
    pub(crate) fn redeem(
        &self,
        tx: &mut dyn Write,
        device: &Device,
        with: &AttemptContext,
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

    fn matches(&self, device: &Device, with: &AttemptContext) -> Result<Vec<Step>, Refusal> {
        let generator = with.generator(device)?;
        let centre = Step::at(with.now.unix()).plus(device.drift);
        let (back, ahead) = (search::PAIR_WINDOW_BEFORE, search::PAIR_WINDOW_AFTER);
        Ok(search::matching_pairs(&generator, &self.first, &self.second, centre, back, ahead))
    }
}

/// Checks one code for `GetSessionToken`, as one attempt.
pub(crate) fn redeem_one(
    tx: &mut dyn Write,
    device: &Device,
    code: &Code,
    with: &AttemptContext,
) -> Result<(), Refusal> {
    let claimed =
        with.claim(tx, device).map_err(|throttled| throttled.or(refuse::cannot_validate_code))?;
    let generator = with.generator(device)?;
    let centre = Step::at(with.now.unix()).plus(device.drift);
    let steps = search::matching_steps(&generator, code, centre, search::SESSION_WINDOW);
    let chosen = choose::choose_step(&steps, device.last_step);
    if with.settle(tx, device, claimed, chosen, device.drift)? {
        return Ok(());
    }
    Err(Refusal::Kept(refuse::wrong_session_code()))
}

/// What the encryption of a seed is bound to: it does not decrypt in another row.
pub(crate) struct SeedContext<'a> {
    pub(crate) account: AccountId,
    pub(crate) resource: &'a DeviceResource,
    pub(crate) generation: i64,
}

impl SeedContext<'_> {
    pub(crate) fn encrypt(&self, seed: &Seed, keys: &KeyRing, entropy: &dyn Entropy) -> Sealed {
        self.bound(|context| keys.encrypt(context, seed.expose(), entropy))
    }

    fn decrypt(&self, sealed: &Sealed, keys: &KeyRing) -> Result<Seed, Refusal> {
        let plain = self.bound(|context| keys.decrypt(context, sealed))?;
        let seed = Seed::try_from(plain.as_slice());
        seed.map_err(|_| {
            Refusal::Internal(InternalError::Impossible("a seed does not have 40 bytes"))
        })
    }

    fn bound<T>(&self, use_context: impl FnOnce(&[&[u8]]) -> T) -> T {
        let account = self.account.to_string();
        let generation = self.generation.to_be_bytes();
        let resource = self.resource.as_str().as_bytes();
        use_context(&[b"device", account.as_bytes(), resource, &generation])
    }
}

/// Why an attempt was not claimed.
enum AttemptDenied {
    Throttled,
    Broken(Refusal),
}

impl AttemptDenied {
    fn or(self, throttled: fn() -> Fault) -> Refusal {
        match self {
            Self::Throttled => Refusal::Fault(throttled()),
            Self::Broken(refusal) => refusal,
        }
    }
}

impl AttemptContext {
    /// The attempts with one more, unless the device is throttled.
    fn claim(
        &self,
        tx: &mut dyn Write,
        device: &Device,
    ) -> Result<vmfa_store::Attempts, AttemptDenied> {
        let broken = |error: vmfa_store::Error| AttemptDenied::Broken(error.into());
        let present = tx.view().attempts(self.account, &device.resource).map_err(broken)?;
        attempts::claim(&present, self.now, self.limit).ok_or(AttemptDenied::Throttled)
    }

    /// Uses up the chosen step, if the store accepts it, and writes the attempt. Returns whether it
    /// succeeded.
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
        let context = SeedContext { account, resource: &device.resource, generation };
        Ok(Generator::of(&context.decrypt(&device.seed, &self.keys)?))
    }
}
