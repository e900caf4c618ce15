//! Patterns of PostgreSQL: of `LIKE`, and regular expressions.
//!
//! Not here: who asks for them.

use regex::RegexBuilder;

/// Whether a text is like a pattern of `LIKE`, in which `escape` takes `%` and `_` their meaning.
pub(super) fn like(pattern: &str, text: &str, escape: Option<char>) -> bool {
    let mut regex = String::from("^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => {
                regex.push_str(&regex::escape(&chars.next().unwrap_or(c).to_string()));
            }
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    matches(&regex, text).unwrap_or(false)
}

/// Whether a text holds what a regular expression describes. `None` where that is none.
pub(super) fn matches(regex: &str, text: &str) -> Option<bool> {
    let mut builder = RegexBuilder::new(regex);
    let regex = builder.size_limit(MOST).dot_matches_new_line(true).build().ok()?;
    Some(regex.is_match(text))
}

/// A text in which what a regular expression describes is replaced, once or everywhere.
pub(super) fn replace(text: &str, regex: &str, by: &str, all: bool) -> Option<String> {
    let regex = RegexBuilder::new(regex).size_limit(MOST).build().ok()?;
    // `\1` here, `$1` there.
    let by = by.replace('$', "$$");
    let by = (0..10).fold(by, |by, n| by.replace(&format!("\\{n}"), &format!("${{{n}}}")));
    let limit = usize::from(!all);
    Some(regex.replacen(text, limit, by.as_str()).into_owned())
}

/// Bytes of a compiled expression.
const MOST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_postgresqls() {
        assert!(like("mfa\\_%", "mfa_devices", Some('\\')));
        assert!(!like("mfa\\_%", "mfaxdevices", Some('\\')));
        assert!(like("m_a.%", "mfa.x", None) && !like("m_a.%", "mfaax", None));
        assert_eq!(matches("^(users)$", "users"), Some(true));
        assert_eq!(matches("(", "users"), None);
        assert_eq!(replace("a-b-c", "-(.)", "+\\1", true).as_deref(), Some("a+b+c"));
    }
}
