//! Timestamps in the form of IAM's Query API.

use std::fmt;

/// Seconds and microseconds since 1970-01-01T00:00:00Z. Displayed as `YYYY-MM-DDTHH:MM:SSZ`, as the
/// Query API writes all times, with a fraction only if an endpoint sent one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    micros: u32,
}

impl Timestamp {
    /// The time `seconds` after the Unix epoch, or before it if negative.
    pub const fn from_unix(seconds: i64) -> Self {
        Self { seconds, micros: 0 }
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix(self) -> i64 {
        self.seconds
    }

    /// Microseconds after [`unix`](Self::unix); 0 in timestamps of this service.
    pub const fn micros(self) -> u32 {
        self.micros
    }

    /// The time `seconds` later, saturating.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self { seconds: self.seconds.saturating_add(seconds), ..self }
    }

    /// Parses the displayed form. Digits after microseconds are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.strip_suffix('Z')?;
        let (date, fraction) = match date.split_once('.') {
            Some((date, fraction)) => (date, Some(fraction)),
            None => (date, None),
        };
        let (day, clock) = date.split_once('T')?;
        let mut day = day.splitn(3, '-').map(str::parse::<u16>);
        let mut clock = clock.splitn(3, ':').map(str::parse::<u8>);
        let (year, month, date) = (day.next()?.ok()?, day.next()?.ok()?, day.next()?.ok()?);
        let (hour, minute, second) =
            (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
        let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            time::Date::from_calendar_date(year.into(), month, u8::try_from(date).ok()?).ok()?;
        let moment = date.with_hms(hour, minute, second).ok()?;
        let micros = fraction.map_or(Some(0), micros)?;
        Some(Self { seconds: moment.assume_utc().unix_timestamp(), micros })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = time::OffsetDateTime::from_unix_timestamp(self.seconds).ok();
        let text = moment.filter(|moment| moment.year() >= 0).map(written);
        match text.as_ref().map(|text| std::str::from_utf8(text)) {
            Some(Ok(text)) if self.micros == 0 => f.write_str(text),
            Some(Ok(text)) => {
                let fraction = format!("{:06}", self.micros);
                let fraction = fraction.trim_end_matches('0');
                write!(f, "{}.{fraction}Z", text.trim_end_matches('Z'))
            }
            // The notation ends with the year 9999.
            _ => write!(f, "{}", self.seconds),
        }
    }
}

/// The microseconds of the digits of a fraction.
fn micros(digits: &str) -> Option<u32> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let six = digits.chars().chain(std::iter::repeat('0')).take(6);
    all.then(|| six.collect::<String>().parse().ok()).flatten()
}

/// Formats digit by digit: lists hold hundreds of times, and `format!` took half the time of writing
/// them.
fn written(moment: time::OffsetDateTime) -> [u8; 20] {
    let mut text = *b"0000-00-00T00:00:00Z";
    let mut put = |at: usize, number: u32| {
        if let Some([tens, ones]) = text.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *tens = digit(number / 10 % 10);
            *ones = digit(number % 10);
        }
    };
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.to_hms();
    put(0, year.unsigned_abs() / 100);
    put(2, year.unsigned_abs());
    put(5, u8::from(month).into());
    put(8, day.into());
    put(11, hour.into());
    put(14, minute.into());
    put(17, second.into());
    text
}

fn digit(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default().saturating_add(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_as_iam_does_and_parsed_back() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::from(u32::MAX), "2106-02-07T06:28:15Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_unix(seconds).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_unix(seconds)));
        }
        for (text, micros, again) in [
            ("1970-01-01T00:00:00.891Z", 891_000, "1970-01-01T00:00:00.891Z"),
            ("1970-01-01T00:00:00.000001999Z", 1, "1970-01-01T00:00:00.000001Z"),
            ("1970-01-01T00:00:00.000Z", 0, "1970-01-01T00:00:00Z"),
        ] {
            let moment = Timestamp::parse(text).unwrap();
            assert_eq!((moment.unix(), moment.micros()), (0, micros), "{text}");
            assert_eq!(moment.to_string(), again);
        }
        assert_eq!(Timestamp::from_unix(i64::MAX).to_string(), i64::MAX.to_string());
        for bad in [
            "",
            "2023-11-14",
            "2023-13-01T00:00:00Z",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20.Z",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }
}
