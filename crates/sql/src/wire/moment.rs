//! Moments as PostgreSQL writes them: `2026-01-31 23:59:59+00`, or microseconds since 2000.

use vmfa_model::Timestamp;

/// As text, in UTC.
pub(super) fn shown(time: Timestamp) -> String {
    let text = time.to_string().replacen('T', " ", 1);
    format!("{}+00", text.trim_end_matches('Z'))
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
        assert_eq!(shown(noon), "2026-03-01 12:00:00+00");
        assert_eq!(of_micros(micros(noon)), noon);
        assert_eq!(read("tomorrow"), None);
        assert_eq!((day(0), day(-1)), ("2000-01-01".to_owned(), "1999-12-31".to_owned()));
    }
}
