//! Two consecutive codes, checked against the seed before they are sent: a typing error uses no
//! attempt, and can be explained.

use vmfa_otp::{Authenticator, Step, search::SESSION_REACH};
use zeroize::Zeroizing;

/// The codes typed so far.
pub(super) struct CodePair<'a> {
    app: &'a Authenticator,
    first: Option<First>,
}

struct First {
    code: Zeroizing<String>,
    /// All steps that have this code.
    steps: Vec<Step>,
}

/// The result of checking a typed code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The first code of the pair.
    First,
    /// The second code: the pair is complete.
    Both([Zeroizing<String>; 2]),
    /// The first code again.
    Repeated,
    /// A code after the next: it becomes the first.
    Skipped,
    /// A code before the first.
    Earlier,
    /// Valid at another time: the device's clock is that many seconds ahead of this machine's.
    WrongClock(i64),
    /// Not a number of the right length.
    Malformed,
    /// Not a code of this seed.
    Wrong,
}

impl<'a> CodePair<'a> {
    pub(super) fn new(app: &'a Authenticator) -> Self {
        Self { app, first: None }
    }

    /// Checks a typed code at a Unix time in seconds.
    pub(super) fn take(&mut self, typed: &str, now: i64) -> Verdict {
        // Apps show `123 456`.
        let code: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
        if code.len() != self.app.digits() || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Verdict::Malformed;
        }
        let now = self.app.step(now);
        // The window of sessions: with a larger difference the device could not be used.
        let steps = self.app.matching_steps(&code, now, SESSION_REACH);
        let Some(first) = &self.first else {
            if steps.is_empty() {
                return self.wrong_clock(&code, now);
            }
            self.first = Some(First { code, steps });
            return Verdict::First;
        };
        // A seed may have the same code twice in a row. Then the next two become the pair.
        if first.code == code {
            return Verdict::Repeated;
        }
        if first.steps.iter().any(|step| *self.app.code(step.plus(1)) == *code) {
            return Verdict::Both([first.code.clone(), code]);
        }
        let Some(latest) = steps.iter().max() else { return Verdict::Wrong };
        if first.steps.iter().all(|step| step > latest) {
            return Verdict::Earlier;
        }
        self.first = Some(First { code, steps });
        Verdict::Skipped
    }

    fn wrong_clock(&self, code: &str, now: Step) -> Verdict {
        let found = self.app.matching_steps(code, now, DAY / self.app.period());
        found.first().map_or(Verdict::Wrong, |step| {
            let steps = step.get().saturating_sub(now.get());
            Verdict::WrongClock(steps.saturating_mul(self.app.period()))
        })
    }
}

/// The largest clock difference, in seconds, that is distinguished from a typing error. One in 170
/// typing errors is reported as a wrong clock.
const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_010;

    fn app() -> Authenticator {
        Authenticator::new(b"0123456789012345678901234567890123456789")
    }

    fn code(app: &Authenticator, steps: i64) -> Zeroizing<String> {
        app.code(app.step(NOW).plus(steps))
    }

    #[test]
    fn consecutive_codes_are_a_pair() {
        let app = app();
        for from in [-2, -1, 0, 1, 2] {
            let mut pair = CodePair::new(&app);
            let (first, second) = (code(&app, from), code(&app, from + 1));
            assert_eq!(
                pair.take(&format!(" {} {}\r", &first[..3], &first[3..]), NOW),
                Verdict::First
            );
            assert_eq!(pair.take(&first, NOW), Verdict::Repeated);
            // However late the second is typed.
            assert_eq!(pair.take(&second, NOW + 600), Verdict::Both([first, second]));
        }
    }

    #[test]
    fn wrong_codes_are_distinguished() {
        let app = app();
        let mut pair = CodePair::new(&app);
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(pair.take(text, NOW), Verdict::Malformed, "{text}");
        }
        assert_eq!(pair.take(&code(&app, 10), NOW), Verdict::WrongClock(300));
        assert_eq!(pair.take(&code(&app, -3), NOW), Verdict::WrongClock(-90));
        assert_eq!(pair.take(&code(&app, 5000), NOW), Verdict::Wrong);
        assert!(pair.first.is_none());
        assert_eq!(pair.take(&code(&app, 0), NOW), Verdict::First);
        assert_eq!(pair.take(&code(&app, -1), NOW), Verdict::Earlier);
        assert_eq!(pair.take(&code(&app, 5000), NOW), Verdict::Wrong);
        assert_eq!(pair.take(&code(&app, 2), NOW), Verdict::Skipped);
        let both = [code(&app, 2), code(&app, 3)];
        assert_eq!(pair.take(&code(&app, 3), NOW), Verdict::Both(both));
    }
}
