//! The code of a key and a time step: RFC 4226 section 5.3.

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::{Code, Seed, Step};

/// Makes the codes of one key.
///
/// The HMAC is keyed once; a code then costs two SHA-1 blocks. As secret as the key: it cannot be
/// printed or copied, and is wiped when dropped.
pub struct Generator(Hmac<Sha1>);

impl Generator {
    /// For a key of any length (RFC 2104 section 2).
    pub fn new(key: &[u8]) -> Self {
        if key.len() > BLOCK {
            return Self::of_block(&Sha1::digest(key));
        }
        Self::of_block(key)
    }

    /// For the seed of a device.
    pub fn of(seed: &Seed) -> Self {
        Self::new(seed.expose())
    }

    /// The code of a step.
    pub fn code(&self, step: Step) -> Code {
        Code::of_truncated(self.truncated(step))
    }

    /// The 31-bit number whose last digits are the code: `Snum` of RFC 4226 section 5.3.
    ///
    /// For the test vectors of RFC 6238, which have eight digits. Steps before 1970 are encoded in
    /// two's complement.
    pub fn truncated(&self, step: Step) -> u32 {
        let mut mac = self.0.clone();
        mac.update(&step.get().to_be_bytes());
        truncate(&mac.finalize().into_bytes())
    }

    /// Pads a key of up to one block with zeros: a key of exactly one block is never refused.
    fn of_block(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::new((&*block).into()))
    }
}

/// Dynamic truncation: RFC 4226 section 5.3, step 2.
pub(crate) fn truncate(mac: &[u8]) -> u32 {
    let offset = mac.last().map_or(0, |last| usize::from(last & 0xf));
    let bytes = mac.iter().skip(offset).take(4);
    bytes.fold(0, |number: u32, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

/// Bytes of a SHA-1 block.
const BLOCK: usize = 64;
