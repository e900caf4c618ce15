//! Moments as PostgreSQL writes them: `2026-01-31 23:59:59+00`, or microseconds since 2000.

use bytes::{BufMut as _, BytesMut};
use vmfa_model::Timestamp;

/// Writes the text of a moment of UTC as PostgreSQL writes it, and any other text as it is.
pub(super) fn write(text: &str, out: &mut BytesMut) {
    // Most have whole seconds, and are not worth taking apart.
    let whole = text.len() == PLAIN.len()
        && text.bytes().zip(PLAIN.bytes()).all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            sign => byte == sign,
        });
    let parsed = if whole { None } else { Timestamp::parse(text).map(|time| time.to_string()) };
    let text = match (&parsed, whole) {
        (Some(parsed), _) => parsed,
        (None, true) => text,
        (None, false) => return out.put_slice(text.as_bytes()),
    };
    if let Some((day, clock)) = text.split_once('T') {
        for part in [day, " ", clock.trim_end_matches('Z'), "+00"] {
            out.put_slice(part.as_bytes());
        }
    }
}

/// Microseconds since 2000.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.unix()
        .saturating_sub(EPOCH)
        .saturating_mul(1_000_000)
        .saturating_add(i64::from(time.micros()))
}

/// The moment so many microseconds after 2000; what is less than a second is cut off, as IAM has
/// whole seconds.
pub(super) fn of_micros(micros: i64) -> Timestamp {
    Timestamp::from_unix(micros.div_euclid(1_000_000).saturating_add(EPOCH))
}

/// The day so many days after the first of 2000.
pub(super) fn day(days: i32) -> String {
    let seconds = i64::from(days).saturating_mul(86_400).saturating_add(EPOCH);
    let text = Timestamp::from_unix(seconds).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Reads a moment as clients write it, with `T` or a blank, with or without a zone; without one it
/// is of UTC.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once([' ', 'T'])?;
    let cut = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(cut)?;
    let time = Timestamp::parse(&format!("{date}T{}Z", clock.trim_end()))?;
    let offset = match zone.as_bytes() {
        [] | [b'Z'] => 0,
        [sign, digits @ ..] => {
            let digits = std::str::from_utf8(digits).ok()?;
            let mut parts = digits.split(':').map(str::parse::<i64>);
            let hours = parts.next()?.ok()?;
            let minutes = parts.next().unwrap_or(Ok(0)).ok()?;
            let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
            if *sign == b'-' { seconds.checked_neg()? } else { seconds }
        }
    };
    Some(time.plus(offset.checked_neg()?))
}

/// A moment in whole seconds.
const PLAIN: &str = "0000-00-00T00:00:00Z";

/// The beginning of 2000, in seconds since that of 1970.
const EPOCH: i64 = 946_684_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        let noon = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        for text in [
            "2026-03-01 12:00:00",
            "2026-03-01T12:00:00Z",
            "2026-03-01 12:00:00+00:00",
            "2026-03-01 14:00:00+02",
            "2026-03-01 06:30:00-05:30",
        ] {
            assert_eq!(read(text), Some(noon), "{text}");
        }
        for (text, written) in [
            ("2026-03-01T12:00:00Z", "2026-03-01 12:00:00+00"),
            ("2026-03-01T12:00:00.250000Z", "2026-03-01 12:00:00.25+00"),
            ("2026-03-01T12", "2026-03-01T12"),
            ("soon", "soon"),
        ] {
            let mut out = BytesMut::new();
            write(text, &mut out);
            assert_eq!(out, written, "{text}");
        }
        assert_eq!(of_micros(micros(noon)), noon);
        assert_eq!(read("tomorrow"), None);
        assert_eq!((day(0), day(-1)), ("2000-01-01".to_owned(), "1999-12-31".to_owned()));
    }
}
