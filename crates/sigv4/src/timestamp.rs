//! The time of a request in its several formats.

use std::fmt;

use time::{Date, Month, PrimitiveDateTime, Time, UtcDateTime};

/// Seconds since 1970-01-01T00:00:00Z; `Display` is ISO 8601's basic format, `20150830T123600Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureTime(i64);

impl SignatureTime {
    /// From seconds since 1970, clamped to the years 1970 to 9999, which the formats can express.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LAST))
    }

    /// Parses the formats that AWS accepts: ISO 8601 basic (`20150830T123600Z`) or extended
    /// (`2015-08-30T12:36:00Z`), or an HTTP date (`Sun, 30 Aug 2015 12:36:00 GMT`, RFC 9110 5.6.7,
    /// the preferred form).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = Cursor(text.as_bytes());
        let (date, clock) = match text.len() {
            16 => {
                let date = (rest.number(4)?, rest.number(2)?, rest.number(2)?);
                rest.expect("T")?;
                (date, (rest.number(2)?, rest.number(2)?, rest.number(2)?))
            }
            20 => {
                let date = (rest.number(4)?, rest.after("-")?, rest.after("-")?);
                rest.expect("T")?;
                (date, (rest.number(2)?, rest.after(":")?, rest.after(":")?))
            }
            29 => {
                // The day of the week is redundant, and not checked.
                rest.take(3)?;
                rest.expect(", ")?;
                let day = rest.number(2)?;
                rest.expect(" ")?;
                let month = rest.month()?;
                rest.expect(" ")?;
                let date = (rest.number(4)?, month, day);
                rest.expect(" ")?;
                (date, (rest.number(2)?, rest.after(":")?, rest.after(":")?))
            }
            _ => return None,
        };
        rest.expect(if text.len() == 29 { " GMT" } else { "Z" })?;
        let (year, month, day) = date;
        let (hour, minute, second) = clock;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        let clock = Time::from_hms(
            u8::try_from(hour).ok()?,
            u8::try_from(minute).ok()?,
            u8::try_from(second).ok()?,
        )
        .ok()?;
        let seconds = PrimitiveDateTime::new(date, clock).as_utc().unix_timestamp();
        (0..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0
    }

    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for SignatureTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = UtcDateTime::from_unix_timestamp(self.0).map_err(|_| fmt::Error)?;
        let date = at.year() * 10_000 + i32::from(u8::from(at.month())) * 100 + i32::from(at.day());
        let clock =
            u32::from(at.hour()) * 10_000 + u32::from(at.minute()) * 100 + u32::from(at.second());
        write!(f, "{date:08}T{clock:06}Z")
    }
}

/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn expect(&mut self, literal: &str) -> Option<()> {
        (self.take(literal.len())? == literal.as_bytes()).then_some(())
    }

    /// A number of exactly `digits` digits, four at most.
    fn number(&mut self, digits: usize) -> Option<u16> {
        self.take(digits)?.iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
        })
    }

    fn after(&mut self, literal: &str) -> Option<u16> {
        self.expect(literal)?;
        self.number(2)
    }

    fn month(&mut self) -> Option<u16> {
        let name = self.take(3)?;
        (1..).zip(MONTHS).find_map(|(number, known)| (known.as_bytes() == name).then_some(number))
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_format_is_parsed() {
        for text in ["20150830T123600Z", "2015-08-30T12:36:00Z", "Sun, 30 Aug 2015 12:36:00 GMT"] {
            let time = SignatureTime::parse(text).expect(text);
            assert_eq!(time.unix(), 1_440_938_160, "{text}");
            assert_eq!(time.to_string(), "20150830T123600Z");
        }
        assert_eq!(
            SignatureTime::parse("20240229T000000Z").map(SignatureTime::unix),
            Some(1_709_164_800)
        );
    }

    #[test]
    fn invalid_dates_are_refused() {
        for text in [
            "",
            "201",
            "20150830",
            "20150230T123600Z",
            "20150830T243600Z",
            "20150830T123660Z",
            "20151330T123600Z",
            "20150830t123600Z",
            "20150830T123600+",
            "+0150830T123600Z",
            "2015-08-30 12:36:00Z",
            "Sun, 30 Agu 2015 12:36:00 GMT",
            "Sun, 30 Aug 2015 12:36:00 CET",
            "19691231T235959Z",
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "ሴሴሴሴሴ0",
        ] {
            assert_eq!(SignatureTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_out_of_range_are_clamped() {
        assert_eq!(SignatureTime::from_unix(i64::MIN).to_string(), "19700101T000000Z");
        assert_eq!(SignatureTime::from_unix(i64::MAX).to_string(), "99991231T235959Z");
        assert_eq!(
            SignatureTime::from_unix(i64::MAX).plus(i64::MAX).to_string(),
            "99991231T235959Z"
        );
    }
}
