//! Time steps: the counter that TOTP codes are made from.

/// The length of a time step in seconds: the default of RFC 6238 section 5.2, and AWS's.
pub const PERIOD: i64 = 30;

/// A time step: `T` of RFC 6238 section 4.2, with T0 = 0.
///
/// ```
/// use vmfa_otp::Step;
/// assert_eq!(Step::at(59).get(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(i64);

impl Step {
    /// From its number, as stored.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The step of a Unix time in seconds. Rounds down, before 1970 too: -1 s is in step -1.
    pub const fn at(unix_seconds: i64) -> Self {
        Self(unix_seconds.div_euclid(PERIOD))
    }

    /// The step that many steps later (earlier if negative), saturating at the ends of `i64`.
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
    fn times_are_rounded_down_to_steps() {
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
    fn plus_saturates() {
        assert_eq!(Step::new(i64::MAX).plus(1).get(), i64::MAX);
        assert_eq!(Step::new(i64::MIN).plus(-1).get(), i64::MIN);
        assert_eq!(Step::new(5).plus(-7).get(), -2);
    }
}
