//! Tokens as PostgreSQL reads them: a backslash in `'…'` is a backslash, `E'…'` has escapes, `$$…$$`
//! quotes, comments nest. What clients quote to keep values in their place stays in its place only
//! if it is read as they wrote it.
//!
//! Comments that only StackQL has, `#` and `//`, are comments here too.
//!
//! Not here: what tokens mean, and how they are written anew.

use super::report::Report;

/// A token; together they are the whole text. It holds whatever was typed: no `Debug`.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// As it was written; for texts, what they hold.
    pub(super) text: String,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blanks and comments.
    Blank,
    /// A comment that begins with `/*+`, which tells how to run a statement.
    Hint,
    /// A keyword or a bare name.
    Word,
    /// A name in `"…"`.
    Quoted,
    /// A text, however it was quoted.
    Text,
    /// `x'…'` and `b'…'`.
    Bytes,
    Number,
    /// `$1`.
    Parameter,
    /// An operator or a sign.
    Symbol,
}

impl Token {
    /// A token of our own.
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// Whether it is that keyword.
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is that operator or sign.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Whether it says nothing.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Blank | Kind::Hint)
    }

    /// The name, where it is one, as PostgreSQL tells names apart: a bare one in small letters.
    pub(super) fn folded(&self) -> Option<String> {
        let name = self.name()?;
        Some(if self.kind == Kind::Word { name.to_ascii_lowercase() } else { name })
    }

    /// The name, where it is one.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.clone()),
            Kind::Quoted => {
                let inside = self.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(inside.replace("\"\"", "\""))
            }
            _ => None,
        }
    }
}

/// Cuts text into tokens.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, Report> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = || Some(text.len().saturating_sub(rest.len())).and_then(|at| text.get(..at));
        let place = || at().map(|before| before.chars().count().saturating_add(1));
        let (token, length) =
            next(rest).map_err(|problem| Report::new("42601", problem).at(place()))?;
        rest = rest.get(length.max(1)..).unwrap_or_default();
        tokens.push(token);
    }
    Ok(tokens)
}

/// The first token and how many bytes it takes.
fn next(text: &str) -> Result<(Token, usize), &'static str> {
    let mut chars = text.chars();
    let (first, second) = (chars.next().unwrap_or(' '), chars.next().unwrap_or(' '));
    let raw = |kind, length: usize| {
        Ok((Token::new(kind, text.get(..length).unwrap_or_default()), length))
    };
    match (first, second) {
        ('-', '-') | ('/', '/') | ('#', _) => raw(Kind::Blank, span(text, |c| c != '\n')),
        ('/', '*') => {
            let length = comment(text)?;
            let hint = text.starts_with("/*+") || text.starts_with("/*!");
            raw(if hint { Kind::Hint } else { Kind::Blank }, length)
        }
        ('\'', _) => quoted_text(text, 1, false),
        ('e' | 'E', '\'') => quoted_text(text, 2, true),
        ('x' | 'X' | 'b' | 'B', '\'') => {
            let (_, length) = quoted_text(text, 2, false)?;
            raw(Kind::Bytes, length)
        }
        ('u' | 'U', '&') if matches!(text.as_bytes().get(2), Some(b'\'' | b'"')) => {
            Err("`U&` is not known here: write the characters themselves")
        }
        ('$', '0'..='9') => {
            let rest = text.get(1..).unwrap_or_default();
            raw(Kind::Parameter, span(rest, |c| c.is_ascii_digit()).saturating_add(1))
        }
        ('$', _) => dollars(text),
        ('"', _) => {
            let length = closing(text, 1, '"', false).ok_or("a name has no closing `\"`")?;
            raw(Kind::Quoted, length)
        }
        (c, _) if c.is_whitespace() => raw(Kind::Blank, span(text, char::is_whitespace)),
        (c, d) if c.is_ascii_digit() || (c == '.' && d.is_ascii_digit()) => {
            raw(Kind::Number, number(text))
        }
        (c, _) if begins_word(c) => raw(Kind::Word, span(text, in_word)),
        (c, _) => {
            let known = OPERATORS.iter().find(|operator| text.starts_with(**operator));
            raw(Kind::Symbol, known.map_or(c.len_utf8(), |operator| operator.len()))
        }
    }
}

/// A text that begins after `open` bytes.
fn quoted_text(text: &str, open: usize, escapes: bool) -> Result<(Token, usize), &'static str> {
    let end = closing(text, open, '\'', escapes).ok_or("a text has no closing `'`")?;
    let inside = text.get(open..end.saturating_sub(1)).unwrap_or_default();
    let content = if escapes { unescape(inside)? } else { inside.replace("''", "'") };
    Ok((Token::new(Kind::Text, content), end))
}

/// Where a quotation that begins after `open` bytes ends.
fn closing(text: &str, open: usize, quote: char, escapes: bool) -> Option<usize> {
    let mut chars = text.char_indices().skip(open).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at.saturating_add(1));
        }
    }
    None
}

/// What `E'…'` holds.
fn unescape(inside: &str) -> Result<String, &'static str> {
    const WRONG: &str = "an escape in `E'…'` is none";
    let mut content = String::with_capacity(inside.len());
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next();
                content.push('\'');
            }
            '\\' => {
                let escaped = chars.next().ok_or(WRONG)?;
                let (base, most) = match escaped {
                    'b' => {
                        content.push('\u{8}');
                        continue;
                    }
                    'f' => {
                        content.push('\u{c}');
                        continue;
                    }
                    'n' => {
                        content.push('\n');
                        continue;
                    }
                    'r' => {
                        content.push('\r');
                        continue;
                    }
                    't' => {
                        content.push('\t');
                        continue;
                    }
                    'x' => (16, 2),
                    'u' => (16, 4),
                    'U' => (16, 8),
                    '0'..='7' => (8, 2),
                    other => {
                        content.push(other);
                        continue;
                    }
                };
                let mut value = if base == 8 { escaped.to_digit(8).unwrap_or(0) } else { 0 };
                for _ in 0..most {
                    let digit = chars.peek().and_then(|c| c.to_digit(base));
                    let Some(digit) = digit else { break };
                    chars.next();
                    value = value.saturating_mul(base).saturating_add(digit);
                }
                let character = char::from_u32(value).filter(|c| *c != '\0').ok_or(WRONG)?;
                // A byte that is no character by itself would need its neighbours to be one.
                if matches!(escaped, 'x' | '0'..='7') && !character.is_ascii() {
                    return Err("an escape in `E'…'` is a byte: write the character, or `\\u`");
                }
                content.push(character);
            }
            c => content.push(c),
        }
    }
    Ok(content)
}

/// `$tag$…$tag$`.
fn dollars(text: &str) -> Result<(Token, usize), &'static str> {
    let rest = text.get(1..).unwrap_or_default();
    let tag = span(rest, |c| begins_word(c) || c.is_ascii_digit());
    if !rest.get(tag..).is_some_and(|rest| rest.starts_with('$')) {
        return Ok((Token::new(Kind::Symbol, "$"), 1));
    }
    let open = tag.saturating_add(2);
    let (tag, rest) = text.split_at_checked(open).unwrap_or((text, ""));
    let length = rest.find(tag).ok_or("a text in `$$` has no end")?;
    let content = rest.get(..length).unwrap_or_default();
    Ok((Token::new(Kind::Text, content), open.saturating_mul(2).saturating_add(length)))
}

fn comment(text: &str) -> Result<usize, &'static str> {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth = depth.saturating_add(1);
            at = at.saturating_add(2);
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at = at.saturating_add(2);
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at = at.saturating_add(rest.chars().next().map_or(1, char::len_utf8));
        }
    }
    Err("a comment has no `*/`")
}

fn number(text: &str) -> usize {
    let mut before = ' ';
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let inside = |&(_, c): &(usize, char)| {
        let exponent = !hexadecimal && matches!(before, 'e' | 'E');
        before = c;
        c == '.' || in_word(c) || (exponent && matches!(c, '+' | '-'))
    };
    let length = text.char_indices().take_while(inside).map(|(_, c)| c.len_utf8());
    length.fold(0, usize::saturating_add)
}

fn span(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

fn begins_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && !c.is_whitespace())
}

fn in_word(c: char) -> bool {
    begins_word(c) || c == '$' || c.is_ascii_digit()
}

/// Those of more than one character, longer ones before what they begin with.
const OPERATORS: &[&str] = &[
    "!~~*", "!~*", "!~~", "~~*", "!~", "~*", "~~", "<=>", "<=", ">=", "<>", "!=", "||", "->>",
    "->", "::", ":=", "@>", "<@", "&&", "<<", ">>",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<String> {
        let tokens = lex(sql).unwrap_or_default().into_iter();
        tokens.filter(|token| token.kind == Kind::Text).map(|token| token.text).collect()
    }

    #[test]
    fn texts_hold_what_their_writer_meant() {
        assert_eq!(
            texts(r"select '\', 'it''s', E'a\'b\\c\n\x41\u00e9', $$it's \$$, $x$a$$b$x$"),
            [r"\", "it's", "a'b\\c\nAé", r"it's \", "a$$b"]
        );
        assert_eq!(texts("/* ' /* ' */ ' */ 'a' -- '\n# '\n// '\n"), ["a"]);
        for broken in ["'", "E'\\'", "$$", "/* /* */", "\"", "E'\\xff'"] {
            assert!(lex(broken).is_err(), "{broken}");
        }
    }
}
