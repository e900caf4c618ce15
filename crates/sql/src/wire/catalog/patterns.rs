//! Patterns of PostgreSQL: of `LIKE`, and regular expressions.
//!
//! Not here: who asks for them.

use std::ops::Range;

use rusqlite::{Error, Result};

use crate::functions::{GROUPS, Meter, Patterns, Regular, Rules, is_like, refused};

/// Whether a text is like a pattern of `LIKE`, in which `escape` takes `%` and `_` their meaning.
pub(super) fn like(
    pattern: &[u8],
    text: &[u8],
    escape: Option<char>,
    meter: &mut Meter,
) -> Result<bool> {
    let rules = Rules {
        any: u32::from('%'),
        one: u32::from('_'),
        set: 0,
        escape: escape.map_or(0, u32::from),
        fold: false,
    };
    is_like(pattern, text, rules, meter)
}

/// Whether a text holds what a regular expression describes.
pub(super) fn matches(
    known: &Patterns,
    regex: &str,
    text: &str,
    meter: &mut Meter,
) -> Result<bool> {
    let matched = known.with(regex, true, meter, |regex, meter| regex.is_match(text, meter));
    matched.map_err(|error| match error {
        Error::UserFunctionError(message) => {
            refused(format!("invalid regular expression: the operator {message}"))
        }
        error => error,
    })
}

/// A text in which what a regular expression describes is replaced, once or everywhere. `None`
/// where it is none.
pub(super) fn replace(
    known: &Patterns,
    text: &str,
    regex: &str,
    by: &str,
    all: bool,
    meter: &mut Meter,
) -> Result<Option<String>> {
    let write = |regex: &mut Regular, found: Range<usize>, done: &mut String, meter: &mut Meter| {
        // The groups are looked for only where they are named.
        let groups = if by.contains('\\') { regex.groups(text, found.start, meter)? } else { None };
        let mut parts = by.split('\\');
        done.push_str(parts.next().unwrap_or_default());
        for part in parts {
            meter.spend(part.len() / 16 + 1)?;
            let number = part.chars().next().and_then(|digit| digit.to_digit(10));
            let number = number.and_then(|number| usize::try_from(number).ok());
            let Some(number) = number.filter(|number| *number < GROUPS) else {
                done.push('\\');
                done.push_str(part);
                continue;
            };
            let group = groups.as_ref().and_then(|groups| groups.get(number)?.clone());
            let group = group.and_then(|range| text.get(range)).unwrap_or_default();
            meter.spend(group.len() / 16)?;
            done.push_str(group);
            done.push_str(part.get(1..).unwrap_or_default());
            crate::functions::limit(done.len())?;
        }
        Ok(())
    };
    let replaced =
        known.with(regex, false, meter, |regex, meter| regex.replace(text, all, meter, write));
    match replaced {
        Ok(text) => Ok(Some(text)),
        Err(Error::UserFunctionError(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_postgresqls() {
        let (known, mut meter) = (Patterns::default(), Meter::start().unwrap());
        let mut is_like = |pattern: &str, text: &str, escape| {
            like(pattern.as_bytes(), text.as_bytes(), escape, &mut meter).unwrap()
        };
        assert!(is_like("mfa\\_%", "mfa_devices", Some('\\')));
        assert!(!is_like("mfa\\_%", "mfaxdevices", Some('\\')));
        assert!(is_like("m_a.%", "mfa.x", None) && !is_like("m_a.%", "mfaax", None));
        assert!(!is_like("MFA", "mfa", None));
        assert!(matches(&known, "^(users)$", "users", &mut meter).unwrap());
        assert!(matches(&known, "(", "users", &mut meter).is_err());
        let mut replaced =
            |text, regex, by| replace(&known, text, regex, by, true, &mut meter).unwrap();
        assert_eq!(replaced("a-b-c", "-(.)", "+\\1").as_deref(), Some("a+b+c"));
        assert_eq!(replaced("a-b", "(-)(x)?", "$1\\2\\0\\").as_deref(), Some("a$1-\\b"));
        assert_eq!(replaced("a", "(", ""), None);
    }
}
