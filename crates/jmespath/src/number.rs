//! Python's numbers: integers stay integers and compare exactly with floats. Integers beyond 128 bits
//! become floats.

use std::{cmp::Ordering, fmt};

use serde_json::Value;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::{error::Error, json};

/// Python's `int` or `float`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(crate) fn given(number: &serde_json::Number) -> Self {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
    }

    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i128::try_from(count).unwrap_or(i128::MAX))
    }

    /// Parses decimal digits with an optional minus.
    pub(crate) fn integer(digits: &str) -> Option<Self> {
        let whole = digits.parse().ok().map(Self::Int);
        whole.or_else(|| digits.parse().ok().map(Self::Float))
    }

    /// Python's `int(text)`, or else `float(text)`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let ascii: Option<String> = text.chars().map(ascii_digit).collect();
        let ascii = ascii?;
        let between = |(place, _): (usize, &str)| {
            let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
            let before = place.checked_sub(1).and_then(|at| ascii.as_bytes().get(at));
            digit(before) && digit(ascii.as_bytes().get(place.saturating_add(1)))
        };
        if !ascii.match_indices('_').all(between) {
            return None;
        }
        let plain = ascii.replace('_', "");
        let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole && json::few_digits(digits).is_ok() {
            return Self::integer(&plain);
        }
        plain.parse().ok().map(Self::Float)
    }

    pub(crate) fn is_zero_or_one(self) -> bool {
        [0, 1].iter().any(|whole| self.compare(Self::Int(*whole)) == Some(Ordering::Equal))
    }

    /// `None` if one is NaN.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Int(one), Self::Float(other)) => compare_exactly(one, other),
            (Self::Float(one), Self::Int(other)) => {
                compare_exactly(other, one).map(Ordering::reverse)
            }
        }
    }

    pub(crate) fn abs(self) -> Self {
        match self {
            Self::Int(whole) => {
                whole.checked_abs().map_or_else(|| Self::Float(float(whole).abs()), Self::Int)
            }
            Self::Float(float) => Self::Float(float.abs()),
        }
    }

    pub(crate) fn ceil(self) -> Result<Self, Error> {
        self.rounded(f64::ceil)
    }

    pub(crate) fn floor(self) -> Result<Self, Error> {
        self.rounded(f64::floor)
    }

    fn rounded(self, round: fn(f64) -> f64) -> Result<Self, Error> {
        match self {
            Self::Float(float) if float.is_nan() => {
                Err(Error::value_error("cannot convert float NaN to integer".to_owned()))
            }
            Self::Float(float) if float.is_infinite() => {
                Err(Error::overflow("cannot convert float infinity to integer".to_owned()))
            }
            Self::Float(float) => {
                let rounded = round(float);
                Ok(whole(rounded).map_or(Self::Float(rounded), Self::Int))
            }
            whole @ Self::Int(_) => Ok(whole),
        }
    }

    /// An `int` for `int`s; with floats, Neumaier's compensated sum, as in Python since 3.12.
    pub(crate) fn sum(numbers: impl Iterator<Item = Self>) -> Self {
        let mut sum = Self::Int(0);
        let mut lost = 0.0_f64;
        for number in numbers {
            sum = match (sum, number) {
                (Self::Int(sum), Self::Int(whole)) => sum
                    .checked_add(whole)
                    .map_or_else(|| Self::Float(float(sum) + float(whole)), Self::Int),
                (Self::Float(sum), Self::Int(whole)) => Self::Float(sum + float(whole)),
                (sum, Self::Float(term)) => {
                    let sum = sum.float();
                    let next = sum + term;
                    lost += if sum.abs() >= term.abs() {
                        (sum - next) + term
                    } else {
                        (term - next) + sum
                    };
                    Self::Float(next)
                }
            };
        }
        match sum {
            Self::Float(sum) if lost.is_finite() => Self::Float(sum + lost),
            sum => sum,
        }
    }

    /// A float, for `int`s as well.
    pub(crate) fn divided_by(self, count: usize) -> Self {
        Self::Float(self.float() / Self::count(count).float())
    }

    fn float(self) -> f64 {
        match self {
            Self::Int(whole) => float(whole),
            Self::Float(float) => float,
        }
    }

    /// Converts to JSON: integers of 64 bits, null for NaN and infinities.
    pub(crate) fn value(self) -> Value {
        let whole = match self {
            Self::Int(whole) => serde_json::Number::from_i128(whole),
            Self::Float(_) => None,
        };
        whole.map_or_else(|| Value::from(self.float()), Value::Number)
    }
}

/// Python's `repr`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Float(float) if float.is_nan() => f.write_str("nan"),
            Self::Float(float) if float.is_infinite() => {
                f.write_str(if *float > 0.0 { "inf" } else { "-inf" })
            }
            Self::Float(float) => f.write_str(&vmfa_render::float(*float)),
        }
    }
}

/// The nearest float.
fn float(whole: i128) -> f64 {
    let small = i32::try_from(whole).map(f64::from);
    // By its text: `as` would round silently.
    small.unwrap_or_else(|_| whole.to_string().parse().unwrap_or(f64::NAN))
}

/// A float without fraction as an integer, if it is in range.
fn whole(float: f64) -> Option<i128> {
    format!("{float:.0}").parse().ok()
}

fn compare_exactly(whole_one: i128, other: f64) -> Option<Ordering> {
    if let Ok(small) = i32::try_from(whole_one) {
        return f64::from(small).partial_cmp(&other);
    }
    match whole(other.trunc()) {
        Some(truncated) => Some(whole_one.cmp(&truncated).then_with(|| {
            let fraction = other - other.trunc();
            0.0_f64.partial_cmp(&fraction).unwrap_or(Ordering::Equal)
        })),
        None => 0.0_f64.partial_cmp(&other),
    }
}

/// Maps decimal digits of any script to ASCII, as `int()` does; each script has ten in a row.
fn ascii_digit(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return Some(letter);
    }
    let is_digit = |code: &u32| {
        char::from_u32(*code)
            .is_some_and(|c| c.general_category() == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(letter);
    let row = (0..=code).rev().take_while(is_digit).count();
    let place = u32::try_from(row.checked_sub(1)? % 10).ok()?;
    char::from_digit(place, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (float, written) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (123_456_789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (601_720_244_261_921.0 / 8.0, "75215030532740.12"),
            (1.234_567_890_123_456_8e29, "1.2345678901234568e+29"),
            (5e-324, "5e-324"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
        ] {
            assert_eq!(Number::Float(float).to_string(), written);
        }
    }

    #[test]
    fn texts_are_numbers_where_python_takes_them() {
        let read = |text| Number::parse(text).map(|number| number.to_string());
        for (text, number) in [
            (" 12\n", "12"),
            ("+1_000", "1000"),
            ("-007", "-7"),
            ("\u{663}\u{1d7d9}", "31"),
            ("1_0.5e1_0", "105000000000.0"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("-Infinity", "-inf"),
            ("NaN", "nan"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text:?}");
        }
        for text in
            ["", "\u{1c}7", "_1", "1_", "1__0", "1_.5", "0x10", "1e", "--1", "1 0", "\u{b2}", "e5"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn integers_compare_exactly_with_floats() {
        let two_to_the_53 = 9_007_199_254_740_992;
        for (whole, float, order) in [
            (two_to_the_53 + 1, 9_007_199_254_740_992.0, Some(Ordering::Greater)),
            (two_to_the_53, 9_007_199_254_740_992.0, Some(Ordering::Equal)),
            (i128::MAX, f64::INFINITY, Some(Ordering::Less)),
            (i128::MIN, -1e300, Some(Ordering::Greater)),
            (-5_000_000_000, -5_000_000_000.5, Some(Ordering::Greater)),
            (5_000_000_000, f64::NAN, None),
            (1, 1.5, Some(Ordering::Less)),
        ] {
            assert_eq!(Number::Int(whole).compare(Number::Float(float)), order, "{whole} {float}");
        }
    }
}
