//! Lengths of time as PostgreSQL's settings have them: a number of milliseconds, or of a unit.
//!
//! Not here: moments.

use std::time::Duration;

/// Reads a length, to the millisecond. `None` where it is none, or is none of 0 to 2³¹ - 1.
pub(super) fn read(text: &str) -> Option<Duration> {
    let text = text.trim();
    let cut = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(cut)?;
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit {
        "us" => 1e-6,
        "" | "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let length = Duration::try_from_secs_f64(number * seconds).ok()?;
    let rounded = length.checked_add(Duration::from_micros(500))?.as_millis();
    let length = i32::try_from(rounded).ok()?;
    u64::try_from(length).ok().map(Duration::from_millis)
}

/// As it is shown: in the largest unit that it is a whole number of.
pub(super) fn shown(length: Duration) -> String {
    let length = length.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let whole = units.iter().find(|(_, unit)| length > 0 && length.is_multiple_of(*unit));
    match whole {
        Some((name, unit)) => format!("{}{name}", length.checked_div(*unit).unwrap_or_default()),
        None => "0".to_owned(),
    }
}

/// What a length of time is.
pub(super) const HINT: &str = "it is a number, of milliseconds or with one of the units us, ms, s, \
                               min, h and d: `2s`; 0 is none";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_shown_as_postgresql_does() {
        let shown = |text| read(text).map(shown);
        for (text, as_shown) in [
            ("0", "0"),
            ("1500", "1500ms"),
            ("1.5s", "1500ms"),
            (" 90 s ", "90s"),
            ("120000ms", "2min"),
            ("0.4", "0"),
            ("700us", "1ms"),
            ("24h", "1d"),
            ("2147483647", "2147483647ms"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(as_shown), "{text}");
        }
        for text in ["", "-1", "s", "1 week", "2147483648", "1e99d", "nan", "inf", "5S"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
