//! The patterns of AWS's models. Each keeps AWS's regular expression, which validation messages
//! quote, beside a function that implements it.

use std::fmt;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A constraint on the characters or the form of text.
#[derive(Clone, Copy)]
pub struct Pattern {
    /// The regular expression in AWS's model.
    pub expression: &'static str,
    /// Whether text matches the whole expression.
    pub matches: fn(&str) -> bool,
    /// IAM's message where it differs from that of its validation framework; `{}` stands for the
    /// member.
    pub wording: Option<&'static str>,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expression)
    }
}

/// The names of users and devices.
pub const NAME: Pattern = Pattern {
    expression: r"[\w+=,.@-]+",
    matches: |text| filled(text, is_name),
    wording: Some(
        "The specified value for {} is invalid. It must contain only alphanumeric characters \
         and/or the following: +=,.@_-",
    ),
};

/// Paths: `/`, or text of printable ASCII between two slashes. AWS refuses DEL, although its
/// prose allows it, and refuses `//` alone while it accepts doubled slashes further in.
pub const PATH: Pattern = Pattern {
    expression: r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
    matches: |text| {
        text == "/"
            || (text.len() > 2
                && text.starts_with('/')
                && text.ends_with('/')
                && text.bytes().all(|b| (0x21..=0x7e).contains(&b)))
    },
    wording: Some(
        "The specified value for {} is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters.",
    ),
};

/// Prefixes of paths.
pub const PATH_PREFIX: Pattern = Pattern {
    expression: r"\u002F[\u0021-\u007F]*",
    matches: |text| text.starts_with('/') && text.bytes().all(|b| (0x21..=0x7f).contains(&b)),
    wording: None,
};

/// Paths of policies: `/`, or names with a slash before each and one at the end.
pub const POLICY_PATH: Pattern = Pattern {
    expression: r"((/[A-Za-z0-9\.,\+@=_-]+)*)/",
    matches: |text| {
        text == "/"
            || text
                .strip_prefix('/')
                .and_then(|rest| rest.strip_suffix('/'))
                .is_some_and(|names| names.split('/').all(|name| filled(name, is_name)))
    },
    wording: None,
};

/// Serial numbers in IAM's model.
pub const SERIAL: Pattern = Pattern {
    expression: r"[\w+=/:,.@-]+",
    matches: |text| filled(text, |c| is_name(c) || matches!(c, '/' | ':')),
    wording: None,
};

/// Serial numbers in STS's model, which also admits the empty text.
pub const SERIAL_STS: Pattern = Pattern {
    expression: r"[\w+=/:,.@-]*",
    matches: |text| text.chars().all(|c| is_name(c) || matches!(c, '/' | ':')),
    wording: None,
};

/// Codes in IAM's model.
pub const DIGITS: Pattern = Pattern {
    expression: r"[\d]+",
    matches: |text| filled(text, |c| c.is_ascii_digit()),
    wording: None,
};

/// Codes in STS's model, which also admits the empty text.
pub const DIGITS_STS: Pattern = Pattern {
    expression: r"[\d]*",
    matches: |text| text.chars().all(|c| c.is_ascii_digit()),
    wording: None,
};

/// Identifiers of access keys.
pub const WORD: Pattern =
    Pattern { expression: r"[\w]+", matches: |text| filled(text, is_word), wording: None };

/// Markers: Latin-1 without control characters.
pub const MARKER: Pattern = Pattern {
    expression: r"[\u0020-\u00FF]+",
    matches: |text| filled(text, |c| ('\u{20}'..='\u{ff}').contains(&c)),
    wording: None,
};

/// Keys of tags: letters, separators and digits of any script, and `_.:/=+-@`.
pub const TAG_KEY: Pattern = Pattern {
    expression: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+",
    matches: |text| filled(text, is_tag),
    wording: None,
};

/// Values of tags.
pub const TAG_VALUE: Pattern = Pattern {
    expression: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
    matches: |text| text.chars().all(is_tag),
    wording: None,
};

/// Account aliases: lower-case letters and digits, single hyphens between them.
pub const ALIAS: Pattern = Pattern {
    expression: "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    matches: |text| {
        let edge = |c: Option<char>| c.is_some_and(|c| c != '-');
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && edge(text.chars().next())
            && edge(text.chars().last())
            && !text.contains("--")
    },
    wording: None,
};

/// Names of services. AWS's model has no expression for them; IAM's message quotes this one.
pub const SERVICE: Pattern = Pattern {
    expression: r"[a-zA-Z0-9.-]*",
    matches: |text| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')),
    wording: Some("ServiceName must match [a-zA-Z0-9.-]*"),
};

fn filled(text: &str, allowed: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name(c: char) -> bool {
    is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`; a line feed is not a separator, an emoji not a letter.
fn is_tag(c: char) -> bool {
    matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
        || matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Separator
                | GeneralCategoryGroup::Number
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_their_expressions() {
        let cases: &[(Pattern, &[&str], &[&str])] = &[
            (NAME, &["a", "A+b=c,d.e@f-g_h"], &["", "a b", "é", "a\n", "a/b"]),
            (PATH, &["/", "/a/", "/a//b/", "/~!/"], &["", "//", "/a", "a/", "/a b/", "/\u{7f}/"]),
            (PATH_PREFIX, &["/", "/a", "/\u{7f}"], &["", "a", "/ "]),
            (POLICY_PATH, &["/", "/a/", "/a/b.c/"], &["", "//", "/a", "a/", "/a//b/", "/a b/"]),
            (SERIAL, &["arn:aws:iam::1:mfa/x+y"], &["", "a b", "a*"]),
            (DIGITS, &["0", "123456"], &["", "１２", "1a"]),
            (DIGITS_STS, &["", "1"], &["x"]),
            (MARKER, &["a b", "ÿ"], &["", "\n", "Ā"]),
            (TAG_KEY, &["Cost Center", "Ünï 日本", "a/b:c@d"], &["", "a#b", "😀", "a\tb"]),
            (TAG_VALUE, &["", "x"], &["*"]),
            (SERVICE, &["", "logs.amazonaws.com", "A-1"], &["a_b", "a b", "é"]),
            (ALIAS, &["abc", "a-b-c", "0a9"], &["-ab", "ab-", "a--b", "Abc"]),
        ];
        for (pattern, taken, refused) in cases {
            for text in *taken {
                assert!((pattern.matches)(text), "{pattern:?} should take {text:?}");
            }
            for text in *refused {
                assert!(!(pattern.matches)(text), "{pattern:?} should refuse {text:?}");
            }
        }
    }
}
