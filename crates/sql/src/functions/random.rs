//! Pseudo-random choices for tests, the same in each run.

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub(super) fn pick<'p, T: ?Sized>(&mut self, from: &[&'p T]) -> &'p T {
        let at = self.below(from.len());
        from[at]
    }
}
