//! Six-digit codes as text. [`search`](crate::search) checks them.

use subtle::{Choice, ConstantTimeEq};

/// The number of digits of a code: AWS's, and the only one that every authenticator app supports.
pub const DIGITS: usize = 6;

/// Ten to the power of [`DIGITS`].
pub(crate) const CODES: u32 = 1_000_000;

/// A code of six digits.
///
/// It has no `Debug` or `Display`, and is compared inside this crate only, in constant time.
pub struct Code(u32);

impl Code {
    /// Exactly six ASCII digits; anything else is `None`, so that each code has one spelling:
    /// `" 123456"`, `"+12345"` and digits of other scripts are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; DIGITS] = text.as_bytes().try_into().ok()?;
        let number = digits.iter().try_fold(0, |number: u32, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })?;
        Some(Self(number))
    }

    /// The six digits, to be shown.
    pub fn expose(&self) -> String {
        format!("{:0DIGITS$}", self.0)
    }

    /// The code of a truncated HMAC: RFC 4226 section 5.3, step 3.
    pub(crate) fn of_truncated(number: u32) -> Self {
        Self(number % CODES)
    }

    pub(crate) fn same_as(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_ascii_digits_are_a_code() {
        for text in ["000000", "000001", "012345", "123456", "999999"] {
            let code = Code::parse(text).map(|code| code.expose());
            assert_eq!(code.as_deref(), Some(text));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = [
            "",
            "12345",
            "1234567",
            " 123456",
            "123456 ",
            " 12345",
            "12345 ",
            "123456\n",
            "12345\n",
            "+12345",
            "-12345",
            "1e5",
            "12 345",
            "0x1234",
            "12345\0",
            "123456\0",
            "\u{feff}123456",
            "１２３４５６",
            "12345６",
            "١٢٣٤٥٦",
            "１２",
            "1234é",
            "12345a",
            "12345/",
            "12345:",
        ];
        for text in refused {
            assert!(Code::parse(text).is_none(), "{text:?} was accepted");
        }
    }

    #[test]
    fn the_number_of_codes_follows_from_the_number_of_digits() {
        assert_eq!(CODES.to_string(), format!("1{}", "0".repeat(DIGITS)));
    }
}
