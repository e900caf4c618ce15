//! What a password is checked against where it is not shown: the verifier of SCRAM-SHA-256
//! (RFC 5802, RFC 7677), made of the secret of an access key.
//!
//! With a verifier nobody can log in, and nobody can find the secret but by trying: it is what
//! other databases keep of passwords. Here nothing is kept; it is made anew each time.
//!
//! Not here: the exchange of messages.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use vmfa_store::UserId;
use zeroize::Zeroizing;

use crate::{Caller, Refusal, Service, refuse};

/// What the proof of a password is checked against.
#[derive(Clone)]
pub struct Verifier {
    /// The salt.
    pub salt: [u8; SALT],
    /// How often the password is hashed.
    pub iterations: u32,
    /// The hash of the client's key.
    pub stored_key: [u8; 32],
    /// The key by which the server proves that it knows the password too.
    pub server_key: [u8; 32],
    /// The user whose password it is; `None` for the root.
    pub owner: Option<UserId>,
}

impl Verifier {
    /// The verifier of a secret that is plain ASCII, as those of access keys are.
    fn of(secret: &str, salt: [u8; SALT]) -> Self {
        let mut salted = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(secret.as_bytes(), &salt, ITERATIONS, salted.as_mut());
        let client_key = Zeroizing::new(keyed(salted.as_ref(), b"Client Key"));
        Self {
            salt,
            iterations: ITERATIONS,
            stored_key: Sha256::digest(client_key.as_ref()).into(),
            server_key: keyed(salted.as_ref(), b"Server Key"),
            owner: None,
        }
    }
}

impl Verifier {
    /// The verifier of a secret with the salt that belongs to an access key, whoever may have that:
    /// it is the same whenever `salts` is.
    pub fn of_key(secret: &str, salts: &[u8], access_key: &str) -> Self {
        let salt = keyed(salts, access_key.as_bytes());
        Self::of(secret, salt.first_chunk().copied().unwrap_or_default())
    }
}

impl Service {
    /// The verifier of the secret of a key of the store.
    ///
    /// For a key that is not there, or is inactive, it is that of a secret which nobody has: the
    /// salt is as constant as others, the time it takes is the same, and every password is wrong.
    pub fn verifier(&self, access_key: &str) -> Result<Verifier, Refusal> {
        let salts = self.keys.derive("salts of passwords");
        if let Some((secret, caller)) = self.active_secret(access_key)? {
            let owner = caller.user().map(|user| user.id.clone());
            return Ok(Verifier { owner, ..Verifier::of_key(&secret, salts.as_ref(), access_key) });
        }
        let key = self.keys.derive("passwords of nobody");
        let nobody = data_encoding::BASE64.encode(&keyed(key.as_ref(), access_key.as_bytes()));
        Ok(Verifier::of_key(&Zeroizing::new(nobody), salts.as_ref(), access_key))
    }

    /// The owner of a key of the store, for whoever has proved to know its secret. To be asked for
    /// each call: refused, as an unknown key is, once the key is gone or inactive.
    pub fn caller_of_proven_key(&self, access_key: &str) -> Result<Caller, Refusal> {
        let found = self.active_secret(access_key)?;
        Ok(found.map(|(_, caller)| caller).ok_or_else(refuse::unknown_token)?)
    }
}

fn keyed(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Bytes of a salt.
const SALT: usize = 16;
/// What PostgreSQL has by default, and RFC 7677 as the least.
const ITERATIONS: u32 = 4096;

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    /// The exchange that RFC 7677 gives as its example.
    #[test]
    fn the_example_of_rfc_7677_is_proved() {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::of("pencil", salt.try_into().unwrap());
        let message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = BASE64.decode(b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let signature = keyed(&verifier.stored_key, message);
        let key: Vec<u8> = proof.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(key)), verifier.stored_key);
        let server = BASE64.encode(&keyed(&verifier.server_key, message));
        assert_eq!(server, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }
}
