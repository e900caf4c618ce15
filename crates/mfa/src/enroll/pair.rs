//! Two consecutive codes, checked against the seed before anything is sent: a typing error costs no
//! attempt, and what went wrong can be said.
//!
//! Not here: asking for them, and what is said.

use vmfa_otp::{Authenticator, Step, search::SESSION_REACH};
use zeroize::Zeroizing;

/// A pair in the making.
pub(super) struct Pair<'a> {
    app: &'a Authenticator,
    first: Option<First>,
}

struct First {
    code: Zeroizing<String>,
    /// All steps that it may be of.
    steps: Vec<Step>,
}

/// What a code turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The first of the pair.
    First,
    /// The second: the pair is whole.
    Both([Zeroizing<String>; 2]),
    /// The first one once more.
    Same,
    /// A later one than the one after the first. It is the first from now on.
    Skipped,
    /// One from before the first.
    Earlier,
    /// Right at another time: the device's clock is that many seconds ahead of this machine's.
    Elsewhen(i64),
    /// Something that is no code at all.
    NotACode,
    /// No code of this seed.
    Wrong,
}

impl<'a> Pair<'a> {
    pub(super) fn new(app: &'a Authenticator) -> Self {
        Self { app, first: None }
    }

    /// Takes a code as it was typed, at a moment in seconds since 1970.
    pub(super) fn take(&mut self, typed: &str, now: i64) -> Verdict {
        // Apps show `123 456`.
        let code: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
        if code.len() != self.app.digits() || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Verdict::NotACode;
        }
        let now = self.app.step(now);
        // As near as a session's code has to be: a device that is further off would not get one.
        let steps = self.app.matching_steps(&code, now, SESSION_REACH);
        let Some(first) = &self.first else {
            if steps.is_empty() {
                return self.elsewhen(&code, now);
            }
            self.first = Some(First { code, steps });
            return Verdict::First;
        };
        // Some seeds have one code twice in a row. Then the two after these become the pair.
        if first.code == code {
            return Verdict::Same;
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

    fn elsewhen(&self, code: &str, now: Step) -> Verdict {
        let found = self.app.matching_steps(code, now, DAY / self.app.period());
        found.first().map_or(Verdict::Wrong, |step| {
            let steps = step.get().saturating_sub(now.get());
            Verdict::Elsewhen(steps.saturating_mul(self.app.period()))
        })
    }
}

/// How far a clock may be wrong and still be told from a typing error, in seconds. One in 170
/// typing errors is taken for a wrong clock.
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
    fn codes_in_order_are_a_pair() {
        let app = app();
        for from in [-2, -1, 0, 1, 2] {
            let mut pair = Pair::new(&app);
            let (first, second) = (code(&app, from), code(&app, from + 1));
            assert_eq!(
                pair.take(&format!(" {} {}\r", &first[..3], &first[3..]), NOW),
                Verdict::First
            );
            assert_eq!(pair.take(&first, NOW), Verdict::Same);
            // However long the person takes.
            assert_eq!(pair.take(&second, NOW + 600), Verdict::Both([first, second]));
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let app = app();
        let mut pair = Pair::new(&app);
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(pair.take(text, NOW), Verdict::NotACode, "{text}");
        }
        assert_eq!(pair.take(&code(&app, 10), NOW), Verdict::Elsewhen(300));
        assert_eq!(pair.take(&code(&app, -3), NOW), Verdict::Elsewhen(-90));
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
