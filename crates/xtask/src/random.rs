//! A seeded pseudo-random generator (`SplitMix64`).

use crate::clock::Machine;
use vmfa_model::Entropy as _;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn seed() -> u64 {
        let mut bytes = [0; 4];
        Machine.fill(&mut bytes);
        u64::from(u32::from_ne_bytes(bytes))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `end`, which must not be zero.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A random element; `None` if there are none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let end = u64::try_from(of.len()).ok().filter(|end| *end > 0)?;
        of.get(usize::try_from(self.below(end)).ok()?)
    }
}
