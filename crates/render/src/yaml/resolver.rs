//! Plain scalars that a YAML 1.2 reader (ruamel.yaml) resolves to another type than string.

/// Whether a plain scalar would be read as another type than string.
pub(super) fn is_ambiguous(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(b't' | b'T') => matches!(text, "true" | "True" | "TRUE"),
        Some(b'f' | b'F') => matches!(text, "false" | "False" | "FALSE"),
        Some(b'n' | b'N') => matches!(text, "null" | "Null" | "NULL"),
        Some(b'~' | b'=' | b'!' | b'&' | b'*') => text.len() == 1,
        Some(b'<') => text == "<<",
        Some(b'0'..=b'9' | b'-' | b'+' | b'.') => is_number(text) || is_date(text),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
        || is_integer(unsigned)
        || is_float(unsigned)
}

fn is_integer(text: &str) -> bool {
    let digits = |radix, digits: &str| some_of(digits, |byte| char::from(byte).is_digit(radix));
    digits(10, text)
        || text.strip_prefix("0b").is_some_and(|rest| digits(2, rest))
        || text.strip_prefix("0o").is_some_and(|rest| digits(8, rest))
        || text.strip_prefix("0x").is_some_and(|rest| digits(16, rest))
}

/// Digits with a point or an exponent. The part before the point starts with a digit; without it, a
/// digit or an underscore follows the point, and an exponent needs its sign.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(place) => (text.get(..place), text.get(place + 1..)),
        None => (Some(text), None),
    };
    let Some(mantissa) = mantissa else {
        return false;
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']);
        let sign_fits = digits.is_some() || !whole.is_empty();
        sign_fits && is_digits(digits.unwrap_or(exponent))
    });
    let digits_fit = if whole.is_empty() {
        fraction.is_some_and(|fraction| some_of(fraction, |byte| byte.is_ascii_digit()))
    } else {
        let decimal = |part: &str| all_of(part, |byte| byte.is_ascii_digit());
        whole.starts_with(|first: char| first.is_ascii_digit())
            && decimal(whole)
            && fraction.map_or(exponent.is_some(), decimal)
    };
    digits_fit && exponent_fits
}

/// A date, alone or with a time.
fn is_date(text: &str) -> bool {
    let mut rest = Remainder(text);
    if !(rest.digits(4, 4) && rest.one("-") && rest.digits(1, 2) && rest.one("-")) {
        return false;
    }
    if !rest.digits(1, 2) {
        return false;
    }
    if rest.0.is_empty() {
        // Alone, it has two digits for month and day.
        return text.len() == "2024-01-02".len();
    }
    if !(rest.one("tT") || rest.blanks() > 0) {
        return false;
    }
    let minutes_and_seconds = |rest: &mut Remainder<'_>| rest.one(":") && rest.digits(2, 2);
    if !(rest.digits(1, 2) && minutes_and_seconds(&mut rest) && minutes_and_seconds(&mut rest)) {
        return false;
    }
    if rest.one(".") {
        rest.digits(0, usize::MAX);
    }
    if rest.0.is_empty() {
        return true;
    }
    rest.blanks();
    let zone = rest.one("Z")
        || rest.one("-+") && rest.digits(1, 2) && (!rest.one(":") || rest.digits(2, 2));
    zone && rest.0.is_empty()
}

/// The text that is not consumed yet.
struct Remainder<'a>(&'a str);

impl Remainder<'_> {
    /// Consumes one of the characters in `any`.
    fn one(&mut self, any: &str) -> bool {
        let taken = self.0.strip_prefix(|first: char| any.contains(first));
        self.0 = taken.unwrap_or(self.0);
        taken.is_some()
    }

    /// Consumes up to `most` digits; false if there are fewer than `least`.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let mut count = 0;
        while count < most && self.one("0123456789") {
            count += 1;
        }
        count >= least
    }

    fn blanks(&mut self) -> usize {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let count = self.0.len() - rest.len();
        self.0 = rest;
        count
    }
}

/// One or more of these digits or underscores.
fn some_of(text: &str, digit: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && all_of(text, digit)
}

fn all_of(text: &str, digit: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|byte| byte == b'_' || digit(byte))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_scalars_are_quoted() {
        for text in [
            "",
            "~",
            "null",
            "NULL",
            "true",
            "FALSE",
            "<<",
            "=",
            "0",
            "-1",
            "+_",
            "012345",
            "089",
            "1_000",
            "0b10",
            "0o17",
            "0x1F",
            "1.5",
            "1.",
            "1e3",
            "-1_0.5E-3",
            ".5",
            "-.5e+3",
            "._",
            ".inf",
            "-.INF",
            ".nan",
            "2024-01-02",
            "2024-1-2T3:04:05",
            "2024-01-02 03:04:05.6 Z",
            "2024-01-02T03:04:05+00:00",
            "2024-01-02t03:04:05. -1",
        ] {
            assert!(is_ambiguous(text), "{text}");
        }
    }

    #[test]
    fn plain_scalars_that_are_not_ambiguous_are_strings() {
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "nULL",
            "12:30:45",
            "-",
            "+",
            ".",
            "1e",
            "e3",
            ".5e3",
            "_1",
            "0b12",
            "0o8",
            "0x",
            "-.nan",
            "1.2.3",
            "_.5",
            "+-1",
            "2024-1-2",
            "2024-01-02T",
            "2024-01-02T03:04",
            "2024-01-02T03:04:05 ",
            "2024-01-02T03:04:05+1:0",
            "123-45-67",
            "arn:aws:iam::123456789012:mfa/a",
            "1é",
        ] {
            assert!(!is_ambiguous(text), "{text}");
        }
    }
}
