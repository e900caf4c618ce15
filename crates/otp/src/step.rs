//! Time in steps, the unit in which codes are counted.
//!
//! Nothing here asks what time it is.

/// The length of a step in seconds: RFC 6238 section 5.2, and what AWS uses.
pub const PERIOD: i64 = 30;

/// A time step: the moving factor `T` of RFC 6238 section 4.2, with T0 = 0.
///
/// ```
/// use vmfa_otp::Step;
/// assert_eq!(Step::at(59).get(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(i64);

impl Step {
    /// The number of a step, as stored.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The step that a moment falls in, given in seconds since the Unix epoch.
    ///
    /// Rounds down, before 1970 too: -1 s is in step -1.
    pub const fn at(unix_seconds: i64) -> Self {
        Self(unix_seconds.div_euclid(PERIOD))
    }

    /// The step that many steps later (or earlier, when negative). Stops at the ends of `i64`.
    #[must_use]
    pub const fn plus(self, steps: i64) -> Self {
        Self(self.0.saturating_add(steps))
    }

    /// The number of this step.
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_belongs_to_the_step_that_began_last() {
        let cases = [
            (0, 0),
            (29, 0),
            (30, 1),
            (-1, -1),
            (-30, -1),
            (-31, -2),
            (i64::from(i32::MAX), 71_582_788),
            (1 << 31, 71_582_788),
            (1 << 32, 143_165_576),
            (20_000_000_000, 666_666_666),
            (i64::MAX, 307_445_734_561_825_860),
            (i64::MIN, -307_445_734_561_825_861),
        ];
        for (seconds, step) in cases {
            assert_eq!(Step::at(seconds).get(), step, "{seconds} s");
        }
    }

    #[test]
    fn steps_stop_at_the_ends() {
        assert_eq!(Step::new(i64::MAX).plus(1).get(), i64::MAX);
        assert_eq!(Step::new(i64::MIN).plus(-1).get(), i64::MIN);
        assert_eq!(Step::new(5).plus(-7).get(), -2);
    }
}
