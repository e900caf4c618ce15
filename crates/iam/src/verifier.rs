//! SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677), derived from the secrets of access keys.
//!
//! A verifier does not suffice to log in, and reveals the secret only to brute force: databases
//! store it in place of a password. Here it is only cached in memory.
//!
//! Not here: the exchange of messages (see `vmfa_sql`).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest as _, Sha256};
use vmfa_sigv4::hmac_sha256;
use vmfa_store::{KeyId, UserId};
use zeroize::Zeroizing;

use crate::{Caller, Refusal, Service, refuse};

/// What the proof of a client is checked against.
#[derive(Clone)]
pub struct Verifier {
    /// The same for an access key as long as the key file has its oldest key.
    pub salt: [u8; SALT],
    /// Rounds of PBKDF2.
    pub iterations: u32,
    /// `StoredKey` of RFC 5802, section 3.
    pub stored_key: Zeroizing<[u8; 32]>,
    /// `ServerKey` of RFC 5802, section 3.
    pub server_key: Zeroizing<[u8; 32]>,
    /// The user who owns the access key; `None` for the root user.
    pub owner: Option<UserId>,
}

/// The cache of verifiers, so that PBKDF2 runs once per secret.
#[derive(Default)]
pub(crate) struct Verifiers {
    cached: Mutex<Cache>,
    /// Held while PBKDF2 runs, so that log-ins use at most one core.
    computing: Mutex<()>,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<String, Cached>,
    /// Incremented by each look-up; orders entries by last use.
    lookups: u64,
}

struct Cached {
    /// HMAC of the secret: another secret does not match the entry.
    secret: Zeroizing<[u8; 32]>,
    verifier: Verifier,
    used: u64,
}

impl Verifier {
    /// The verifier of a secret that is plain ASCII, as those of access keys are. It costs 4,096
    /// rounds of PBKDF2, one to two milliseconds.
    fn of(secret: &str, salt: [u8; SALT]) -> Self {
        let mut salted = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(secret.as_bytes(), &salt, ITERATIONS, salted.as_mut());
        let client_key = hmac_sha256(salted.as_ref(), &[b"Client Key"]);
        Self {
            salt,
            iterations: ITERATIONS,
            stored_key: Zeroizing::new(Sha256::digest(client_key.as_ref()).into()),
            server_key: hmac_sha256(salted.as_ref(), &[b"Server Key"]),
            owner: None,
        }
    }

    /// The verifier of a secret, with a salt derived from `salts` and the access key.
    pub fn of_key(secret: &str, salts: &[u8], access_key: &str) -> Self {
        Self::of(secret, salt(salts, access_key))
    }

    /// A verifier that no password satisfies, for an access key that does not exist or is inactive.
    /// Its salt is what [`of_key`](Self::of_key) gives, and it costs no PBKDF2: `chance` must be
    /// secret and as constant as `salts`.
    pub fn unsatisfiable(chance: &[u8], salts: &[u8], access_key: &str) -> Self {
        let own = hmac_sha256(chance, &[access_key.as_bytes()]);
        Self {
            salt: salt(salts, access_key),
            iterations: ITERATIONS,
            stored_key: hmac_sha256(own.as_ref(), &[b"Stored Key"]),
            server_key: hmac_sha256(own.as_ref(), &[b"Server Key"]),
            owner: None,
        }
    }
}

impl Service {
    /// The verifier of the secret of a key of the store. The store is asked each time whether the
    /// key exists and is active; only PBKDF2 is cached.
    ///
    /// An unknown or inactive key has one that no password satisfies.
    pub fn verifier(&self, access_key: &str) -> Result<Verifier, Refusal> {
        let salts = self.keys.derive("salts of passwords");
        let Some((secret, caller)) = self.active_secret(&KeyId(access_key.to_owned()))? else {
            let chance = self.keys.derive("passwords of unknown keys");
            return Ok(Verifier::unsatisfiable(chance.as_ref(), salts.as_ref(), access_key));
        };
        let owner = caller.user().map(|user| user.id.clone());
        let verifier = self.verifiers.get(&secret, salts.as_ref(), access_key);
        Ok(Verifier { owner, ..verifier })
    }

    /// Whether an access key exists and is active. Not counted as a use of the key.
    pub fn is_active_key(&self, access_key: &str) -> Result<bool, Refusal> {
        Ok(self.active_secret(&KeyId(access_key.to_owned()))?.is_some())
    }

    /// The caller whom an access key authenticates, for a client that has proved to know its
    /// secret.
    /// Must be called for each action: a key that was deleted or deactivated since is refused.
    pub fn caller_of_proven_key(&self, access_key: &str) -> Result<Caller, Refusal> {
        let found = self.active_secret(&KeyId(access_key.to_owned()))?;
        Ok(found.map(|(_, caller)| caller).ok_or_else(refuse::unknown_token)?)
    }
}

impl Verifiers {
    fn get(&self, secret: &str, salts: &[u8], access_key: &str) -> Verifier {
        let hash = hmac_sha256(salts, &[secret.as_bytes()]);
        if let Some(found) = self.cache().find(access_key, &hash) {
            return found;
        }
        let computing = self.computing.lock().unwrap_or_else(PoisonError::into_inner);
        // Another log-in may have computed it meanwhile.
        if let Some(found) = self.cache().find(access_key, &hash) {
            return found;
        }
        let verifier = Verifier::of_key(secret, salts, access_key);
        self.cache().put(access_key, hash, verifier.clone());
        drop(computing);
        verifier
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn find(&mut self, access_key: &str, secret: &Zeroizing<[u8; 32]>) -> Option<Verifier> {
        self.lookups = self.lookups.saturating_add(1);
        let found = self.entries.get_mut(access_key).filter(|found| found.secret == *secret)?;
        found.used = self.lookups;
        Some(found.verifier.clone())
    }

    fn put(&mut self, access_key: &str, secret: Zeroizing<[u8; 32]>, verifier: Verifier) {
        if self.entries.len() >= MOST_CACHED && !self.entries.contains_key(access_key) {
            let oldest = self.entries.iter().min_by_key(|(_, cached)| cached.used);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                self.entries.remove(&oldest);
            }
        }
        let used = self.lookups;
        self.entries.insert(access_key.to_owned(), Cached { secret, verifier, used });
    }
}

fn salt(salts: &[u8], access_key: &str) -> [u8; SALT] {
    let digest = hmac_sha256(salts, &[access_key.as_bytes()]);
    let mut salt = [0; SALT];
    salt.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    salt
}

/// Bytes of a salt.
const SALT: usize = 16;
/// PostgreSQL's default, and the minimum of RFC 7677.
const ITERATIONS: u32 = 4096;
/// The most cached verifiers; the least recently used is evicted.
const MOST_CACHED: usize = 1_024;

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    /// The example of RFC 7677, section 3.
    #[test]
    fn the_example_of_rfc_7677_is_verified() {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::of("pencil", salt.try_into().unwrap());
        let message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = BASE64.decode(b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let signature = hmac_sha256(verifier.stored_key.as_ref(), &[message]);
        let key: Vec<u8> = proof.iter().zip(signature.iter()).map(|(a, b)| a ^ b).collect();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(key)), *verifier.stored_key);
        let server = BASE64.encode(hmac_sha256(verifier.server_key.as_ref(), &[message]).as_ref());
        assert_eq!(server, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn a_changed_secret_has_another_verifier() {
        let verifiers = Verifiers::default();
        let get = |secret| verifiers.get(secret, b"salts", "AKIA").stored_key;
        let first = get("old");
        assert_eq!(first, get("old"));
        assert_eq!(get("new"), Verifier::of_key("new", b"salts", "AKIA").stored_key);
        assert_ne!(get("new"), first);
        assert_eq!(verifiers.cache().entries.len(), 1);
    }

    #[test]
    fn the_least_recently_used_verifier_is_evicted() {
        let mut cache = Cache::default();
        let secret = Zeroizing::new([7; 32]);
        for at in 0..MOST_CACHED {
            let id = at.to_string();
            cache.find(&id, &secret);
            cache.put(&id, secret.clone(), Verifier::unsatisfiable(b"c", b"s", &id));
        }
        assert!(cache.find("0", &secret).is_some());
        cache.put("more", secret.clone(), Verifier::unsatisfiable(b"c", b"s", "more"));
        assert_eq!(cache.entries.len(), MOST_CACHED);
        assert!(cache.find("0", &secret).is_some() && cache.find("1", &secret).is_none());
    }
}
