//! The quotes that a string needs in block style, by libyaml's analysis.

/// The styles of scalars, from the plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
}

/// The plainest style that preserves the string, and whether it has line breaks.
pub(super) fn analyse(text: &str) -> (ScalarStyle, bool) {
    let (mut style, mut line_break) = (ScalarStyle::Plain, false);
    if text.starts_with("---") || text.starts_with("...") {
        style = ScalarStyle::SingleQuoted;
    }
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        style = style.max(style_for(before, letter, letters.peek().copied()));
        line_break |= is_break(letter);
        before = Some(letter);
    }
    (style, line_break)
}

/// The plainest style that preserves a character between its neighbours.
fn style_for(before: Option<char>, letter: char, after: Option<char>) -> ScalarStyle {
    let quoted = match letter {
        ' ' if before.is_some_and(is_break) => return ScalarStyle::DoubleQuoted,
        ' ' => before.is_none() || after.is_none(),
        '#' => before.is_none_or(is_blank_or_break),
        ':' => after.is_none_or(is_blank_or_break),
        '?' | '-' => before.is_none() && after.is_none_or(is_blank_or_break),
        ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
        | '`' => before.is_none(),
        _ if !is_printable(letter) || is_break(letter) && before == Some(' ') => {
            return ScalarStyle::DoubleQuoted;
        }
        _ => is_break(letter),
    };
    if quoted { ScalarStyle::SingleQuoted } else { ScalarStyle::Plain }
}

/// Whether libyaml leaves a character unescaped: none beyond the basic multilingual plane.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && letter != BYTE_ORDER_MARK
}

pub(super) fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank_or_break(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\0') || is_break(letter)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plainest_style_that_preserves_the_string_is_chosen() {
        for (text, style) in [
            ("arn:aws:iam::123456789012:mfa/a", ScalarStyle::Plain),
            ("a,b [c] {d} it's \"x\" ?-", ScalarStyle::Plain),
            ("-a", ScalarStyle::Plain),
            ("?a", ScalarStyle::Plain),
            ("a#b", ScalarStyle::Plain),
            ("日本", ScalarStyle::Plain),
            ("- a", ScalarStyle::SingleQuoted),
            ("-", ScalarStyle::SingleQuoted),
            ("---a", ScalarStyle::SingleQuoted),
            ("a: b", ScalarStyle::SingleQuoted),
            ("a:", ScalarStyle::SingleQuoted),
            ("a #b", ScalarStyle::SingleQuoted),
            ("@a", ScalarStyle::SingleQuoted),
            (" a", ScalarStyle::SingleQuoted),
            ("a ", ScalarStyle::SingleQuoted),
            ("a\nb", ScalarStyle::SingleQuoted),
            ("a\n b", ScalarStyle::DoubleQuoted),
            ("a \nb", ScalarStyle::DoubleQuoted),
            ("a\tb", ScalarStyle::DoubleQuoted),
            ("\u{7f}", ScalarStyle::DoubleQuoted),
            ("\u{feff}", ScalarStyle::DoubleQuoted),
            ("😀", ScalarStyle::DoubleQuoted),
        ] {
            assert_eq!(analyse(text).0, style, "{text:?}");
        }
    }
}
