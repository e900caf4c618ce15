//! The expiry of credentials: its text, and the error for expired ones.

use vmfa_model::Timestamp;

use crate::{ClientError, Credentials};

/// The credentials, unless they have expired.
///
/// # Errors
/// `InvalidConfig`, in botocore's words.
pub(super) fn not_expired(
    credentials: Credentials,
    now: Timestamp,
) -> Result<Credentials, ClientError> {
    if credentials.expires.is_some_and(|expires| expires <= now) {
        let text = "Credentials were refreshed, but the refreshed credentials are still expired.";
        return Err(ClientError::InvalidConfig(text.to_owned()));
    }
    Ok(credentials)
}

/// Parses a time in RFC 3339 or a form close to it. Fractions of a second are dropped.
///
/// # Errors
/// `InvalidConfig`, in the words of dateutil, which botocore uses; `NoZone`.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, ClientError> {
    let text = text.trim();
    let invalid = |problem: String| ClientError::InvalidConfig(problem);
    let unknown = || invalid(format!("Unknown string format: {text}"));
    let (local, ahead) = split_zone(text);
    let whole = local.split('.').next().unwrap_or_default();
    let whole = whole.trim_end().replacen(' ', "T", 1);
    let date_alone = !whole.contains('T');
    let whole = if date_alone { format!("{whole}T00:00:00Z") } else { format!("{whole}Z") };
    let local = Timestamp::parse(&whole).ok_or_else(unknown)?;
    let ahead = ahead.filter(|_| !date_alone).ok_or(ClientError::NoZone)?;
    Ok(local.plus(ahead.saturating_neg()))
}

/// The text before the zone, and the zone's offset from UTC in seconds, if there is one.
fn split_zone(text: &str) -> (&str, Option<i64>) {
    for utc in ["Z", "z", "UTC", "GMT"] {
        if let Some(local) = text.strip_suffix(utc) {
            return (local, Some(0));
        }
    }
    // The dashes of a date are not the sign of an offset.
    let sign = text.rfind(['+', '-']).filter(|at| text.get(..*at).is_some_and(is_long));
    let Some((local, zone)) = sign.and_then(|at| text.split_at_checked(at)) else {
        return (text, None);
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2).unwrap_or((&digits, ""));
    let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    let seconds = |hours: i64, minutes: i64| {
        let seconds = hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60));
        if zone.starts_with('-') { seconds.saturating_neg() } else { seconds }
    };
    match (hours.parse(), number(minutes)) {
        (Ok(hours), Some(minutes)) => (local, Some(seconds(hours, minutes))),
        _ => (text, None),
    }
}

/// Whether this is longer than a date.
fn is_long(text: &str) -> bool {
    text.len() > "2030-01-01".len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_any_zone_are_parsed() {
        for text in [
            "2030-01-02T03:04:05Z",
            "2030-01-02T03:04:05.999999+00:00",
            "2030-01-02 03:04:05 UTC",
            "2030-01-02T05:34:05+02:30",
            "2030-01-01T22:04:05-0500",
            "2030-01-02T04:04:05.5+01",
        ] {
            assert_eq!(parse_time(text).unwrap().to_string(), "2030-01-02T03:04:05Z", "{text}");
        }
        let told = |text| parse_time(text).unwrap_err().to_string();
        for text in ["junk", "", "2030-13-01T00:00:00Z", "2030-01-02T03:04:05+x"] {
            assert_eq!(told(text), format!("Unknown string format: {text}"));
        }
        for text in ["2030-01-02", "2030-01-02T03:04:05"] {
            assert_eq!(told(text), "can't subtract offset-naive and offset-aware datetimes");
        }
    }
}
