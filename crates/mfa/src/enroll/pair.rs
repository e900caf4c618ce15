//! Two consecutive codes, checked against the seed before they are sent: a typing error uses no
//! attempt, and can be explained.

use vmfa_otp::{Authenticator, Step, search::SESSION_WINDOW};
use zeroize::Zeroizing;

/// The codes typed so far.
pub(super) struct TypedCodes<'a> {
    app: &'a Authenticator,
    first: Option<FirstCode>,
}

struct FirstCode {
    code: Zeroizing<String>,
    steps: Vec<Step>,
}

/// The result of checking a typed code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CodeCheck {
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

impl<'a> TypedCodes<'a> {
    pub(super) fn new(app: &'a Authenticator) -> Self {
        Self { app, first: None }
    }

    /// Checks a typed code at a Unix time in seconds.
    pub(super) fn take(&mut self, typed: &str, now: i64) -> CodeCheck {
        // Apps show `123 456`.
        let code: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
        if code.len() != self.app.digits() || !code.bytes().all(|b| b.is_ascii_digit()) {
            return CodeCheck::Malformed;
        }
        let now = self.app.step(now);
        // The window of sessions: with a larger difference the device could not be used.
        let steps = self.app.matching_steps(&code, now, SESSION_WINDOW);
        let Some(first) = &self.first else {
            if steps.is_empty() {
                return self.wrong_clock(&code, now);
            }
            self.first = Some(FirstCode { code, steps });
            return CodeCheck::First;
        };
        // A seed may have the same code twice in a row. Then the next two become the pair.
        if first.code == code {
            return CodeCheck::Repeated;
        }
        if first.steps.iter().any(|step| *self.app.code(step.plus(1)) == *code) {
            return CodeCheck::Both([first.code.clone(), code]);
        }
        let Some(latest) = steps.iter().max() else { return CodeCheck::Wrong };
        if first.steps.iter().all(|step| step > latest) {
            return CodeCheck::Earlier;
        }
        self.first = Some(FirstCode { code, steps });
        CodeCheck::Skipped
    }

    fn wrong_clock(&self, code: &str, now: Step) -> CodeCheck {
        let found = self.app.matching_steps(code, now, DAY / self.app.period());
        found.first().map_or(CodeCheck::Wrong, |step| {
            let steps = step.get().saturating_sub(now.get());
            CodeCheck::WrongClock(steps.saturating_mul(self.app.period()))
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
            let mut pair = TypedCodes::new(&app);
            let (first, second) = (code(&app, from), code(&app, from + 1));
            assert_eq!(
                pair.take(&format!(" {} {}\r", &first[..3], &first[3..]), NOW),
                CodeCheck::First
            );
            assert_eq!(pair.take(&first, NOW), CodeCheck::Repeated);
            // The second code may be typed any time later.
            assert_eq!(pair.take(&second, NOW + 600), CodeCheck::Both([first, second]));
        }
    }

    #[test]
    fn wrong_codes_are_distinguished() {
        let app = app();
        let mut pair = TypedCodes::new(&app);
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(pair.take(text, NOW), CodeCheck::Malformed, "{text}");
        }
        assert_eq!(pair.take(&code(&app, 10), NOW), CodeCheck::WrongClock(300));
        assert_eq!(pair.take(&code(&app, -3), NOW), CodeCheck::WrongClock(-90));
        assert_eq!(pair.take(&code(&app, 5000), NOW), CodeCheck::Wrong);
        assert!(pair.first.is_none());
        assert_eq!(pair.take(&code(&app, 0), NOW), CodeCheck::First);
        assert_eq!(pair.take(&code(&app, -1), NOW), CodeCheck::Earlier);
        assert_eq!(pair.take(&code(&app, 5000), NOW), CodeCheck::Wrong);
        assert_eq!(pair.take(&code(&app, 2), NOW), CodeCheck::Skipped);
        let both = [code(&app, 2), code(&app, 3)];
        assert_eq!(pair.take(&code(&app, 3), NOW), CodeCheck::Both(both));
    }
}
