//! The secret of a device.
//!
//! Made from random bytes that the caller brings, and sealed for storage by the store.

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base32;

/// The length of a seed in bytes: AWS's devices have 64 Base32 characters. RFC 4226 section 4, R6
/// asks for 16, and recommends 20.
pub const SEED_BYTES: usize = 40;

/// The key that a device and its authenticator app share.
///
/// It can be neither printed, compared, copied nor serialised, and is wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct Seed([u8; SEED_BYTES]);

impl Seed {
    /// A seed of fresh random bytes, or of unsealed ones. The caller wipes its own copy.
    pub fn from_bytes(mut bytes: [u8; SEED_BYTES]) -> Self {
        let seed = Self(bytes);
        bytes.zeroize();
        seed
    }

    /// Reads a seed as people write one down; see [`base32::decode`].
    pub fn parse_base32(text: &str) -> Result<Self, SeedRefused> {
        Self::try_from(base32::decode(text)?.as_slice())
    }

    /// The bytes, for sealing them.
    pub fn expose(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// The 64 upper-case characters, without padding, that are typed or scanned into an app.
    pub fn to_base32(&self) -> Zeroizing<String> {
        base32::encode(self.expose())
    }
}

impl TryFrom<&[u8]> for Seed {
    type Error = SeedRefused;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        let mut seed = Self([0; SEED_BYTES]);
        if bytes.len() != SEED_BYTES {
            return Err(SeedRefused::Size(bytes.len()));
        }
        seed.0.copy_from_slice(bytes);
        Ok(seed)
    }
}

/// Why something is not a seed. Never repeats what was given: it may be a secret with one typing
/// error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SeedRefused {
    /// A character that Base32 does not have.
    #[error(
        "a seed has only the letters A to Z and the digits 2 to 7; if there is a 0, 1 or 8, try the letter O, I or B"
    )]
    Character,
    /// No Base32 text has this length, these last bits or this padding.
    #[error("a character of the seed is missing, changed or too many; copy all of it again")]
    Shape,
    /// A key, but not one of a virtual device.
    #[error("a seed has {SEED_BYTES} bytes, which are 64 characters, and this has {0} bytes")]
    Size(usize),
}
