//! Signing keys, each for one day, region and service.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::TERMINATOR;

/// A signing key. It is zeroed when dropped and has no `Debug`. Deriving it takes four HMACs, so a
/// server caches it by access key and scope.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key of a secret access key for a credential scope; `date` is `YYYYMMDD`.
    pub fn derive(secret: &str, date: &str, region: &str, service: &str) -> Self {
        let mut root = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        root.extend_from_slice(b"AWS4");
        root.extend_from_slice(secret.as_bytes());
        [date, region, service, TERMINATOR]
            .into_iter()
            .fold(Self::keyed(&root), |key, part| Self::keyed(&*key.mac(part.as_bytes())))
    }

    /// The state after hashing the key; computing it once halves the cost of a signature.
    fn keyed(secret: &[u8]) -> Self {
        // RFC 2104: a key longer than a block is hashed, a shorter one is padded with zeros.
        let mut block = Zeroizing::new([0_u8; 64]);
        let hashed: Zeroizing<[u8; 32]>;
        let secret = if secret.len() > block.len() {
            hashed = Zeroizing::new(Sha256::digest(secret).into());
            hashed.as_slice()
        } else {
            secret
        };
        for (slot, byte) in block.iter_mut().zip(secret) {
            *slot = *byte;
        }
        Self(Hmac::new((&*block).into()))
    }

    pub(crate) fn mac(&self, message: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.0.clone();
        mac.update(message);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// HMAC-SHA-256 of the concatenated parts, with a key of any length.
///
/// It is public because this is the lowest crate that needs it: the store, the service and the SQL
/// door use it too. It cannot fail, so none of them needs a fallback key.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = SigningKey::keyed(key).0;
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// The worked example of the AWS documentation ("Examples of how to derive a signing key").
    #[test]
    fn the_documented_key_is_derived() {
        let key = SigningKey::derive(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "20150830",
            "us-east-1",
            "iam",
        );
        let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
            f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(
            HEXLOWER.encode(&*key.mac(string_to_sign.as_bytes())),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    /// RFC 4231, test cases 2 and 6: a key shorter and one longer than a block.
    #[test]
    fn keys_of_any_length_are_taken() {
        let short = SigningKey::keyed(b"Jefe").mac(b"what do ya want for nothing?");
        assert_eq!(
            HEXLOWER.encode(&*short),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = SigningKey::keyed(&[0xaa; 131])
            .mac(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            HEXLOWER.encode(&*long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
