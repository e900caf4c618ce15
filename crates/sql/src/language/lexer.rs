//! Tokens of StackQL: keywords and names, `"…"` for names, `'…'` for text, and comments in four
//! styles.
//!
//! Tokens keep the whole text between them, so that what is handed on to SQLite keeps its
//! spelling. A token holds whatever was typed, codes and secrets included: none of these types
//! has `Debug`.
//!
//! Not here: what the tokens say.

use crate::Failure;

/// A token with its text.
#[derive(Clone, Copy)]
pub(crate) struct Token<'q> {
    pub(crate) kind: Kind,
    pub(crate) text: &'q str,
    /// The character of the whole text with which it begins, counted from 1.
    pub(crate) at: usize,
    /// For [`Kind::Parameter`], which one, counted from 1, once [`number_parameters`] has seen the
    /// statement.
    pub(crate) parameter: usize,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Space,
    Comment,
    /// A keyword or a bare name.
    Word,
    /// A name in `"…"`.
    Quoted,
    /// Text in `'…'`.
    Text,
    /// Bytes in `x'…'`.
    Bytes,
    Number,
    /// `@name` or `@@name`.
    Variable,
    /// `?`, `?1`, `$1` or `:name`.
    Parameter,
    /// One character, or `<=>`, or `::`.
    Symbol,
}

/// Cuts text into tokens. Together they are the whole text.
pub(crate) fn lex(text: &str) -> Result<Vec<Token<'_>>, Failure> {
    let mut tokens = Vec::new();
    let (mut rest, mut at) = (text, 1_usize);
    while !rest.is_empty() {
        let (kind, length) = measure(rest).map_err(|failure| failure.at(Some(at)))?;
        let Some((text, after)) = rest.split_at_checked(length) else { break };
        tokens.push(Token { kind, text, at, parameter: 0 });
        at = at.saturating_add(text.chars().count());
        rest = after;
    }
    Ok(tokens)
}

/// Numbers the parameters of a statement, and counts them: `$2` is the second, `?` the one after
/// the last so far, and a name the same wherever it stands.
pub(crate) fn number_parameters(tokens: &mut [Token<'_>]) -> Result<usize, Failure> {
    let mut names: Vec<(&str, usize)> = Vec::new();
    let mut count = 0_usize;
    for token in tokens.iter_mut().filter(|token| token.kind == Kind::Parameter) {
        let next = count.saturating_add(1);
        let written = token.text.get(1..).unwrap_or_default();
        token.parameter = match (token.text.starts_with(':'), written) {
            (true, name) => {
                let known = names.iter().find(|(known, _)| *known == name);
                let number = known.map_or(next, |(_, number)| *number);
                if number == next {
                    names.push((name, next));
                }
                number
            }
            (false, "") => next,
            (false, digits) => {
                let number = digits.parse().ok().filter(|number| (1..=MOST).contains(number));
                let told = || format!("`{}` is no parameter: they are counted from 1", token.text);
                number.ok_or_else(|| Failure::of(told()).at(Some(token.at)))?
            }
        };
        count = count.max(token.parameter);
    }
    Ok(count)
}

impl<'q> Token<'q> {
    /// Whether it is a space or a comment.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Space | Kind::Comment)
    }

    /// Whether it is that keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is one of those keywords or bare names.
    pub(crate) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Whether it is that symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// The name, where it is one, without its quotes.
    pub(crate) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted => Some(inner(self.text).replace("\"\"", "\"")),
            _ => None,
        }
    }

    /// The text, where it is one, without its quotes and escapes.
    pub(crate) fn content(&self) -> Option<String> {
        (self.kind == Kind::Text).then(|| unescape(inner(self.text)))
    }

    /// What a message may show of it: never a value.
    pub(crate) fn shown(&self) -> &'q str {
        match self.kind {
            Kind::Text | Kind::Bytes | Kind::Number => "a value",
            _ => self.text,
        }
    }
}

/// The kind and the length in bytes of the first token.
fn measure(text: &str) -> Result<(Kind, usize), Failure> {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return Ok((Kind::Space, 0)) };
    Ok(match (first, second.unwrap_or(' ')) {
        ('-', '-') | ('/', '/') | ('#', _) => (Kind::Comment, span(text, |c| c != '\n')),
        ('/', '*') => (Kind::Comment, comment(text)?),
        ('\'', _) => (Kind::Text, string(text, 1, true)?),
        ('"', _) => (Kind::Quoted, quoted(text)?),
        ('x' | 'X', '\'') => (Kind::Bytes, string(text, 2, false)?),
        ('@', _) => (Kind::Variable, variable(text)?),
        ('?', _) | ('$', '0'..='9') => (Kind::Parameter, 1 + span(after_first(text), digit)),
        (':', ':') => (Kind::Symbol, 2),
        (':', c) if begins_word(c) => (Kind::Parameter, 1 + span(after_first(text), in_word)),
        ('<', '=') if text.starts_with("<=>") => (Kind::Symbol, 3),
        (c, _) if c.is_ascii_whitespace() => (Kind::Space, span(text, |c| c.is_ascii_whitespace())),
        (c, _) if c.is_ascii_digit() => (Kind::Number, number(text)),
        (c, _) if begins_word(c) => (Kind::Word, span(text, in_word)),
        // SQLite would read a name between these, and StackQL does not know them.
        ('`' | '[', _) => {
            return Err(Failure::of("write names in `\"…\"`, not in backquotes or brackets"));
        }
        (c, _) if c.is_ascii_control() => {
            return Err(Failure::of("unexpected control character"));
        }
        (c, _) => (Kind::Symbol, c.len_utf8()),
    })
}

/// How many bytes the leading characters that fit have.
fn span(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

fn after_first(text: &str) -> &str {
    text.get(1..).unwrap_or_default()
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn comment(text: &str) -> Result<usize, Failure> {
    if text.starts_with("/*!") {
        // StackQL runs what stands in these; dropping it silently would change the statement.
        return Err(Failure::of("`/*! … */` is not run here: write what it holds without it"));
    }
    let open = "/*".len();
    let close = text.get(open..).and_then(|rest| rest.find("*/"));
    let close = close.ok_or_else(|| Failure::of("a comment has no `*/`"))?;
    Ok(open.saturating_add(close).saturating_add("*/".len()))
}

/// Text in `'…'` that begins after `open` bytes; `''` is a quote, and `\` escapes.
fn string(text: &str, open: usize, escapes: bool) -> Result<usize, Failure> {
    let mut chars = text.char_indices().skip(open).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if escapes => {
                chars.next();
            }
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_none() => {
                return Ok(at.saturating_add(1));
            }
            '\0' => return Err(Failure::of("unexpected control character")),
            _ => {}
        }
    }
    Err(Failure::of("a text has no closing `'`"))
}

/// A name in `"…"`; `""` is a quote.
fn quoted(text: &str) -> Result<usize, Failure> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if chars.next_if(|(_, next)| *next == '"').is_none() => {
                return Ok(at.saturating_add(1));
            }
            '\0' => return Err(Failure::of("unexpected control character")),
            _ => {}
        }
    }
    Err(Failure::of("a name has no closing `\"`"))
}

fn variable(text: &str) -> Result<usize, Failure> {
    let signs = span(text, |c| c == '@');
    let name = text.get(signs..).map_or(0, |rest| span(rest, in_word));
    if signs > 2 || name == 0 {
        return Err(Failure::of("`@` needs the name of a parameter after it"));
    }
    Ok(signs.saturating_add(name))
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

fn begins_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || !c.is_ascii()
}

fn in_word(c: char) -> bool {
    begins_word(c) || c == '$' || c.is_ascii_digit()
}

/// What stands between the quotes.
fn inner(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
}

/// Reads `''`, and the escapes that StackQL has of the grammar that it descends from.
fn unescape(text: &str) -> String {
    let mut content = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = match c {
            '\'' | '\\' => chars.next().unwrap_or(c),
            _ => {
                content.push(c);
                continue;
            }
        };
        content.push(match (c, escaped) {
            ('\\', '0') => '\0',
            ('\\', 'b') => '\u{8}',
            ('\\', 'n') => '\n',
            ('\\', 'r') => '\r',
            ('\\', 't') => '\t',
            ('\\', 'Z') => '\u{1a}',
            (_, escaped) => escaped,
        });
    }
    content
}

/// No statement has more parameters: SQLite's own limit.
const MOST: usize = 32_766;

/// The words that begin what may follow the tables of a query.
pub(crate) const CLAUSES: &[&str] =
    &["WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> String {
        let letter = |token: &Token<'_>| match token.kind {
            Kind::Space => ' ',
            Kind::Comment => 'c',
            Kind::Word => 'w',
            Kind::Quoted => 'q',
            Kind::Text => 't',
            Kind::Bytes => 'b',
            Kind::Number => 'n',
            Kind::Variable => 'v',
            Kind::Parameter => 'p',
            Kind::Symbol => 's',
        };
        match lex(text) {
            Ok(tokens) => tokens.iter().map(letter).collect(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn tokens_are_stackqls() {
        for (text, expected) in [
            ("SELECT a.b", "w wsw"),
            ("'it''s' 'a\\'b' \"a\"\"b\"", "t t q"),
            ("a -- x\nb # y\nc // z\nd/* ; ' */e", "w c w c w c wcw"),
            ("@a='x'@@json='{}'", "vstvst"),
            ("1.5e-3+0x1f-2", "nsnsn"),
            ("a<=>b<=c", "wswssw"),
            ("? ?12 $1 :name a::b $x", "p p p p wsw sw"),
            ("x'00' X'AB' x", "b b w"),
            ("é$1", "w"),
            ("'open", "a text has no closing `'`"),
            ("'open\\'", "a text has no closing `'`"),
            ("\"open", "a name has no closing `\"`"),
            ("/* open", "a comment has no `*/`"),
            ("/*! SELECT 1 */", "`/*! … */` is not run here: write what it holds without it"),
            ("`a`", "write names in `\"…\"`, not in backquotes or brackets"),
            ("@ x", "`@` needs the name of a parameter after it"),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn parameters_are_numbered() {
        let numbers = |text| {
            let mut tokens = lex(text)?;
            let count = number_parameters(&mut tokens)?;
            let of = |token: &Token<'_>| (token.parameter > 0).then_some(token.parameter);
            Ok::<_, Failure>((count, tokens.iter().filter_map(of).collect::<Vec<_>>()))
        };
        assert_eq!(numbers("? ? '?' ?").unwrap(), (3, vec![1, 2, 3]));
        assert_eq!(numbers("$2 $1 $2 /* $9 */").unwrap(), (2, vec![2, 1, 2]));
        assert_eq!(numbers(":a :b :a ?").unwrap(), (3, vec![1, 2, 1, 3]));
        let refused = numbers("1 $0").unwrap_err();
        assert_eq!(refused.to_string(), "`$0` is no parameter: they are counted from 1");
        assert_eq!(refused.position(), Some(3));
        assert!(numbers("$99999").is_err());
    }

    #[test]
    fn text_is_read_without_its_quotes_and_escapes() {
        let content = |text| lex(text).ok()?.first()?.content();
        assert_eq!(content("'it''s'").as_deref(), Some("it's"));
        assert_eq!(content("'a\\'b\\\\c\\n\\q'").as_deref(), Some("a'b\\c\nq"));
        assert_eq!(content("''").as_deref(), Some(""));
    }

    proptest! {
        #[test]
        fn tokens_are_the_whole_text(text in any::<String>()) {
            if let Ok(tokens) = lex(&text) {
                prop_assert_eq!(tokens.iter().map(|t| t.text).collect::<String>(), text);
            }
        }

        #[test]
        fn statements_too(text in r#"([a-z.,;()@=<> \n]|'|"|--|//|#|/\*|\*/|\\|1|é)*"#) {
            if let Ok(tokens) = lex(&text) {
                prop_assert_eq!(tokens.iter().map(|t| t.text).collect::<String>(), text);
            }
        }
    }
}
