//! What an authenticator app does with a key: shows the codes of TOTP as RFC 6238 section 4 has
//! them, with the parameters that apps agree on.
//!
//! The devices of the service have but one set of parameters, and check codes with
//! [`Generator`](crate::Generator); here the seeds of other services have codes too.

use hmac::{EagerHash, Hmac, KeyInit, Mac, digest::common::Key};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::{DIGITS, PERIOD, Seed, Step, generator::truncate};

/// A key with the parameters of its codes.
///
/// What it keeps is as secret as the key: it cannot be printed or copied, and is wiped when dropped.
pub struct Authenticator {
    /// The number that a step's code is the last digits of.
    number: Box<dyn Fn(Step) -> u32 + Send + Sync>,
    digits: usize,
    period: i64,
}

/// The hash of a key's codes: RFC 6238 section 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// HMAC-SHA-1, which all apps know.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Authenticator {
    /// For a key of any length, with what it has where nothing else is said: SHA-1, six digits,
    /// 30 seconds.
    pub fn new(key: &[u8]) -> Self {
        Self::with(key, Algorithm::Sha1, DIGITS, PERIOD)
    }

    /// For the seed of a device.
    pub fn of(seed: &Seed) -> Self {
        Self::new(seed.expose())
    }

    /// For a key with other parameters: at the most nine digits, a period in seconds, positive.
    pub(crate) fn with(key: &[u8], algorithm: Algorithm, digits: usize, period: i64) -> Self {
        let number = match algorithm {
            Algorithm::Sha1 => numbers::<Sha1>(key),
            Algorithm::Sha256 => numbers::<Sha256>(key),
            Algorithm::Sha512 => numbers::<Sha512>(key),
        };
        Self { number, digits, period: period.max(1) }
    }

    /// The number of digits of each code.
    pub const fn digits(&self) -> usize {
        self.digits
    }

    /// How long a code is shown, in seconds.
    pub const fn period(&self) -> i64 {
        self.period
    }

    /// The step that a moment falls in, counted in its own period; in seconds since the Unix epoch.
    pub const fn step(&self, unix_seconds: i64) -> Step {
        Step::new(unix_seconds.div_euclid(self.period))
    }

    /// How many seconds a code is still shown: from 1 to the period.
    pub const fn left(&self, unix_seconds: i64) -> i64 {
        self.period - unix_seconds.rem_euclid(self.period)
    }

    /// The code of a step, as an app shows it.
    pub fn code(&self, step: Step) -> Zeroizing<String> {
        let width = self.digits;
        let codes = (0..width).fold(1, |codes: u64, _| codes.saturating_mul(10));
        Zeroizing::new(format!("{:0width$}", u64::from((self.number)(step)) % codes))
    }

    /// All steps at most `reach` away from `centre` whose code this is, the nearest first, and of
    /// two equally near the earlier.
    ///
    /// For whoever holds the key anyhow: how long it takes tells where a code was found.
    pub fn steps_of(&self, code: &str, centre: Step, reach: i64) -> Vec<Step> {
        let mut found: Vec<Step> = (-reach..=reach).map(|away| centre.plus(away)).collect();
        found.retain(|step| *self.code(*step) == code);
        found.sort_by_key(|step| step.get().abs_diff(centre.get()));
        found
    }
}

/// Keys the hash, once; a code is then two blocks. A key longer than a block is hashed, a shorter
/// one filled up with zeros (RFC 2104 section 2), so that HMAC has no length left to refuse.
fn numbers<D: EagerHash + Digest>(key: &[u8]) -> Box<dyn Fn(Step) -> u32 + Send + Sync>
where
    Hmac<D>: Mac + KeyInit + Clone + Send + Sync + 'static,
{
    let mut block = Key::<Hmac<D>>::default();
    let hashed = (key.len() > block.len()).then(|| Zeroizing::new(D::digest(key).to_vec()));
    for (to, from) in block.iter_mut().zip(hashed.as_deref().map_or(key, Vec::as_slice)) {
        *to = *from;
    }
    let keyed = <Hmac<D> as KeyInit>::new(&block);
    block.as_mut_slice().zeroize();
    Box::new(move |step| {
        let mut mac = keyed.clone();
        mac.update(&step.get().to_be_bytes());
        truncate(&mac.finalize().into_bytes())
    })
}

impl Algorithm {
    /// By the name that it has in `otpauth` URIs, in either case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let known = [("SHA1", Self::Sha1), ("SHA256", Self::Sha256), ("SHA512", Self::Sha512)];
        known
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, with the seeds of its reference implementation.
    #[test]
    fn codes_of_the_rfc() {
        let seed = |length| b"1234567890".iter().copied().cycle().take(length).collect::<Vec<u8>>();
        let cases = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        for (time, sha1, sha256, sha512) in cases {
            let code = |key: &[u8], algorithm| {
                let app = Authenticator::with(key, algorithm, 8, PERIOD);
                app.code(app.step(time)).to_string()
            };
            assert_eq!(code(&seed(20), Algorithm::Sha1), sha1, "{time}");
            assert_eq!(code(&seed(32), Algorithm::Sha256), sha256, "{time}");
            assert_eq!(code(&seed(64), Algorithm::Sha512), sha512, "{time}");
        }
    }

    #[test]
    fn an_app_and_the_service_agree() {
        let mut bytes = [7; crate::SEED_BYTES];
        for round in 0..50_u8 {
            bytes[0] = round;
            let seed = Seed::from_bytes(bytes);
            let step = Step::new(i64::from(round) * 1_000_003 - 100);
            let code = Authenticator::of(&seed).code(step);
            assert_eq!(*code, crate::Generator::of(&seed).code(step).expose());
        }
        for length in [0, 1, 64, 65, 200] {
            let key = vec![0xa5; length];
            let step = Step::new(56_666_666);
            let code = Authenticator::new(&key).code(step);
            assert_eq!(*code, crate::Generator::new(&key).code(step).expose(), "{length} bytes");
        }
    }

    #[test]
    fn a_code_is_found_nearest_first() {
        // Has one code in two steps two apart.
        let key = crate::base32::decode("PY7FFHEPM3CAKIIJH6D7IZ73WLF6N6N2").unwrap();
        let app = Authenticator::new(&key);
        let now = app.step(1_700_068_740);
        let code = app.code(now);
        assert_eq!(app.steps_of(&code, now, 2), [now, now.plus(-2)]);
        assert_eq!(app.steps_of(&code, now.plus(-3), 2), [now.plus(-2)]);
        assert_eq!(app.steps_of("54610", now, 2), []);
    }

    #[test]
    fn other_periods_have_other_steps() {
        let app = Authenticator::with(b"key", Algorithm::Sha1, 7, 60);
        assert_eq!((app.step(119).get(), app.left(119)), (1, 1));
        assert_eq!((app.step(120).get(), app.left(120)), (2, 60));
        assert_eq!((app.step(-1).get(), app.left(-1)), (-1, 1));
        assert_eq!(app.code(Step::new(1)).len(), 7);
    }
}
