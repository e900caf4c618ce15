//! Which quotes a string needs in block style, by libyaml's analysis.
//!
//! Not responsible for what a plain scalar would be read as.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
}

/// The plainest style that keeps the string, and whether it has line breaks.
pub(super) fn analyse(text: &str) -> (Style, bool) {
    let mut found =
        Found { indicator: text.starts_with("---") || text.starts_with("..."), ..Found::default() };
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        found.see(before, letter, letters.peek().copied());
        before = Some(letter);
    }
    let outer = [text.chars().next(), before];
    let ragged = outer.into_iter().flatten().any(is_space_or_break);
    let style = if found.special || found.break_after_space || found.space_after_break {
        Style::DoubleQuoted
    } else if found.indicator || found.line_break || ragged {
        Style::SingleQuoted
    } else {
        Style::Plain
    };
    (style, found.line_break)
}

#[derive(Default)]
struct Found {
    indicator: bool,
    special: bool,
    line_break: bool,
    break_after_space: bool,
    space_after_break: bool,
}

impl Found {
    fn see(&mut self, before: Option<char>, letter: char, after: Option<char>) {
        self.indicator |= match letter {
            '#' => before.is_none_or(is_blank_or_break),
            ':' => after.is_none_or(is_blank_or_break),
            '?' | '-' => before.is_none() && after.is_none_or(is_blank_or_break),
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => before.is_none(),
            _ => false,
        };
        self.special |= !is_printable(letter);
        if is_break(letter) {
            self.line_break = true;
            self.break_after_space |= before == Some(' ');
        }
        self.space_after_break |= letter == ' ' && before.is_some_and(is_break);
    }
}

/// What libyaml does not escape: nothing beyond the basic multilingual plane.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && letter != BYTE_ORDER_MARK
}

pub(super) fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_space_or_break(letter: char) -> bool {
    letter == ' ' || is_break(letter)
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
