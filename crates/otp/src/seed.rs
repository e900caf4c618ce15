//! The seed of a device: random bytes from the caller, encrypted for storage by `vmfa-store`.

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base32;

/// The length of a seed in bytes: 64 Base32 characters, as on AWS. RFC 4226 section 4, R6 requires
/// 16 and recommends 20.
pub const SEED_BYTES: usize = 40;

/// The key that a device and its authenticator app share.
///
/// It can be neither printed, compared, copied nor serialised, and is wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct Seed([u8; SEED_BYTES]);

impl Seed {
    /// A seed of fresh random bytes, or of decrypted ones. The caller wipes its own copy.
    pub fn from_bytes(mut bytes: [u8; SEED_BYTES]) -> Self {
        let seed = Self(bytes);
        bytes.zeroize();
        seed
    }

    /// Parses a seed of 64 characters; see [`base32::decode`] for what is ignored.
    pub fn parse_base32(text: &str) -> Result<Self, InvalidSeed> {
        Self::try_from(base32::decode(text)?.as_slice())
    }

    /// The bytes, to be encrypted or used as an HMAC key.
    pub fn expose(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// The 64 upper-case characters, without padding, that an app reads.
    pub fn to_base32(&self) -> Zeroizing<String> {
        base32::encode(self.expose())
    }
}

impl TryFrom<&[u8]> for Seed {
    type Error = InvalidSeed;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        let mut seed = Self([0; SEED_BYTES]);
        if bytes.len() != SEED_BYTES {
            return Err(InvalidSeed::Length(bytes.len()));
        }
        seed.0.copy_from_slice(bytes);
        Ok(seed)
    }
}

/// Why a text or bytes are not a seed. Never contains them: they may be a secret with one typing
/// error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidSeed {
    /// A character outside the Base32 alphabet.
    #[error(
        "invalid character in the seed: Base32 has the letters A to Z and the digits 2 to 7; for a 0, 1 or 8 try the letter O, I or B"
    )]
    Character,
    /// An impossible length, trailing bits that are not zero, or wrong padding.
    #[error("the seed has a missing, extra or wrong character; copy all of it again")]
    Encoding,
    /// A key of another length than [`SEED_BYTES`].
    #[error("a seed is {SEED_BYTES} bytes (64 characters); this one is {0} bytes")]
    Length(usize),
}
