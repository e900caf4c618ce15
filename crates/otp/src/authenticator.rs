//! TOTP codes as an authenticator app shows them (RFC 6238), with the parameters that an `otpauth`
//! URI can carry: algorithm, number of digits, period.
//!
//! Not here: checking the codes of the service's own devices (see [`Generator`](crate::Generator)).

use hmac::{EagerHash, Hmac, KeyInit, Mac, digest::common::Key};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::{DIGITS, PERIOD, Seed, Step, generator::truncate};

/// A key and the parameters of its codes.
///
/// As secret as the key: it cannot be printed or copied, and is wiped when dropped.
pub struct Authenticator {
    /// The truncated HMAC of a step, whose last digits are the code.
    truncated: Box<dyn Fn(Step) -> u32 + Send + Sync>,
    digits: usize,
    period: i64,
}

/// The hash function of the HMAC: RFC 6238 section 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// The default, and the only one that every app supports.
    Sha1,
    Sha256,
    Sha512,
}

impl Authenticator {
    /// For a key of any length, with the default parameters: SHA-1, six digits, 30 seconds.
    pub fn new(key: &[u8]) -> Self {
        Self::with(key, Algorithm::Sha1, DIGITS, PERIOD)
    }

    /// For the seed of a virtual device, which has the default parameters.
    pub fn of(seed: &Seed) -> Self {
        Self::new(seed.expose())
    }

    /// For a key with other parameters: up to nine digits, and a positive period in seconds.
    pub(crate) fn with(key: &[u8], algorithm: Algorithm, digits: usize, period: i64) -> Self {
        let truncated = match algorithm {
            Algorithm::Sha1 => truncated_hmac::<Sha1>(key),
            Algorithm::Sha256 => truncated_hmac::<Sha256>(key),
            Algorithm::Sha512 => truncated_hmac::<Sha512>(key),
        };
        Self { truncated, digits, period: period.max(1) }
    }

    /// The number of digits of a code: 6 to 9.
    pub const fn digits(&self) -> usize {
        self.digits
    }

    /// The length of a time step in seconds.
    pub const fn period(&self) -> i64 {
        self.period
    }

    /// The time step of a Unix time in seconds, counted in this key's period.
    pub const fn step(&self, unix_seconds: i64) -> Step {
        Step::new(unix_seconds.div_euclid(self.period))
    }

    /// Seconds until the code changes: from 1 to the period.
    pub const fn seconds_left(&self, unix_seconds: i64) -> i64 {
        self.period - unix_seconds.rem_euclid(self.period)
    }

    /// The code of a step, with leading zeros.
    pub fn code(&self, step: Step) -> Zeroizing<String> {
        let width = self.digits;
        let codes = (0..width).fold(1, |codes: u64, _| codes.saturating_mul(10));
        Zeroizing::new(format!("{:0width$}", u64::from((self.truncated)(step)) % codes))
    }

    /// All steps at most `reach` away from `centre` that have this code: the nearest first, and of
    /// two equally near the earlier.
    ///
    /// Not in constant time: only for callers that hold the key. The service checks codes with
    /// [`search`](crate::search).
    pub fn matching_steps(&self, code: &str, centre: Step, reach: i64) -> Vec<Step> {
        let mut found: Vec<Step> = (-reach..=reach).map(|away| centre.plus(away)).collect();
        found.retain(|step| *self.code(*step) == code);
        found.sort_by_key(|step| step.get().abs_diff(centre.get()));
        found
    }
}

/// Keys the HMAC once; a code then costs two blocks of the hash. A key longer than a block is hashed
/// and a shorter one is padded with zeros here (RFC 2104 section 2): a key of exactly one block is
/// never refused by the HMAC.
fn truncated_hmac<D: EagerHash + Digest>(key: &[u8]) -> Box<dyn Fn(Step) -> u32 + Send + Sync>
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
    /// By its name in `otpauth` URIs, ignoring case.
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
    fn codes_match_the_test_vectors_of_rfc_6238() {
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
    fn authenticator_and_generator_make_the_same_codes() {
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
    fn matching_steps_are_sorted_by_distance() {
        // This key has the same code in two steps, two apart.
        let key = crate::base32::decode("PY7FFHEPM3CAKIIJH6D7IZ73WLF6N6N2").unwrap();
        let app = Authenticator::new(&key);
        let now = app.step(1_700_068_740);
        let code = app.code(now);
        assert_eq!(app.matching_steps(&code, now, 2), [now, now.plus(-2)]);
        assert_eq!(app.matching_steps(&code, now.plus(-3), 2), [now.plus(-2)]);
        assert_eq!(app.matching_steps("54610", now, 2), []);
    }

    #[test]
    fn steps_are_counted_in_the_period_of_the_key() {
        let app = Authenticator::with(b"key", Algorithm::Sha1, 7, 60);
        assert_eq!((app.step(119).get(), app.seconds_left(119)), (1, 1));
        assert_eq!((app.step(120).get(), app.seconds_left(120)), (2, 60));
        assert_eq!((app.step(-1).get(), app.seconds_left(-1)), (-1, 1));
        assert_eq!(app.code(Step::new(1)).len(), 7);
    }
}
