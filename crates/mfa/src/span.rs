//! Time spans for messages.

/// A span in seconds, rounded: `45 s`, `5 min`, `2 h 5 min`, `3 days`.
pub(crate) fn roughly(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    // To the nearest minute from two minutes on, to the nearest hour from two days on.
    let minutes = (seconds + 30) / 60;
    let hours = (seconds + 1800) / 3600;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7170 => format!("{minutes} min"),
        7170..172_800 if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        7170..172_800 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} days", hours / 24),
    }
}

/// Whether a difference may be due to a wrong time zone: a multiple of 15 minutes, at least an hour.
pub(crate) fn looks_like_a_zone(seconds: i64) -> bool {
    let off = seconds.unsigned_abs();
    let beyond = off % QUARTER;
    off + CLOSE >= 4 * QUARTER && beyond.min(QUARTER - beyond) <= CLOSE
}

/// In seconds.
const QUARTER: u64 = 900;
/// In seconds: the tolerance, since a code gives the time to within a step.
const CLOSE: u64 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_rounded() {
        for (seconds, text) in [
            (0, "0 s"),
            (-90, "90 s"),
            (119, "119 s"),
            (120, "2 min"),
            (330, "6 min"),
            (7169, "119 min"),
            (7170, "2 h"),
            (-7500, "2 h 5 min"),
            (172_799, "48 h"),
            (172_800, "2 days"),
            (i64::MIN, "106751991167300 days"),
        ] {
            assert_eq!(roughly(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn time_zones_differ_by_quarters_of_an_hour() {
        for (seconds, zone) in [
            (3600, true),
            (-3560, true),
            (19_800, true),
            (3500, false),
            (900, false),
            (4000, false),
        ] {
            assert_eq!(looks_like_a_zone(seconds), zone, "{seconds}");
        }
    }
}
