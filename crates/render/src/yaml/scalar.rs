//! Which quotes a string needs in block style, by libyaml's analysis.
//!
//! Not responsible for what a plain scalar would be read as.

/// How a scalar is written, the plainest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
}

/// The plainest style that keeps the string, and whether it has line breaks.
pub(super) fn analyse(text: &str) -> (Style, bool) {
    let (mut style, mut line_break) = (Style::Plain, false);
    if text.starts_with("---") || text.starts_with("...") {
        style = Style::SingleQuoted;
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

/// The plainest style that keeps a character between its neighbours.
fn style_for(before: Option<char>, letter: char, after: Option<char>) -> Style {
    let quoted = match letter {
        ' ' if before.is_some_and(is_break) => return Style::DoubleQuoted,
        ' ' => before.is_none() || after.is_none(),
        '#' => before.is_none_or(is_blank_or_break),
        ':' => after.is_none_or(is_blank_or_break),
        '?' | '-' => before.is_none() && after.is_none_or(is_blank_or_break),
        ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
        | '`' => before.is_none(),
        _ if !is_printable(letter) || is_break(letter) && before == Some(' ') => {
            return Style::DoubleQuoted;
        }
        _ => is_break(letter),
    };
    if quoted { Style::SingleQuoted } else { Style::Plain }
}

/// What libyaml does not escape: nothing beyond the basic multilingual plane.
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
    fn the_plainest_style_that_keeps_the_string() {
        for (text, style) in [
            ("arn:aws:iam::123456789012:mfa/a", Style::Plain),
            ("a,b [c] {d} it's \"x\" ?-", Style::Plain),
            ("-a", Style::Plain),
            ("?a", Style::Plain),
            ("a#b", Style::Plain),
            ("日本", Style::Plain),
            ("- a", Style::SingleQuoted),
            ("-", Style::SingleQuoted),
            ("---a", Style::SingleQuoted),
            ("a: b", Style::SingleQuoted),
            ("a:", Style::SingleQuoted),
            ("a #b", Style::SingleQuoted),
            ("@a", Style::SingleQuoted),
            (" a", Style::SingleQuoted),
            ("a ", Style::SingleQuoted),
            ("a\nb", Style::SingleQuoted),
            ("a\n b", Style::DoubleQuoted),
            ("a \nb", Style::DoubleQuoted),
            ("a\tb", Style::DoubleQuoted),
            ("\u{7f}", Style::DoubleQuoted),
            ("\u{feff}", Style::DoubleQuoted),
            ("😀", Style::DoubleQuoted),
        ] {
            assert_eq!(analyse(text).0, style, "{text:?}");
        }
    }
}
