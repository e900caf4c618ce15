//! The lexer (<https://jmespath.org/specification.html#grammar>).

use std::ops::Range;

use crate::{
    datum::Datum,
    error::{Error, ErrorKind},
    json,
    token::{Token, TokenKind, TokenValue},
};

/// All tokens of an expression, ending with [`TokenKind::Eof`].
pub(crate) fn tokens(expression: &str) -> Result<Vec<Token>, Error> {
    if expression.is_empty() {
        return Err(ErrorKind::Empty.into());
    }
    let text: Vec<char> = expression.chars().collect();
    let mut lexer = Lexer { expression, text: &text, position: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    tokens.push(Token { kind: TokenKind::Eof, start: text.len(), meaning: TokenValue::Sign("") });
    Ok(tokens)
}

/// Positions count characters, as messages do.
struct Lexer<'t> {
    expression: &'t str,
    text: &'t [char],
    position: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, Error> {
        while self.take_if(|letter| matches!(letter, ' ' | '\t' | '\n' | '\r')).is_some() {}
        let start = self.position;
        let Some(first) = self.take_if(|_| true) else { return Ok(None) };
        let (kind, meaning) = match first {
            '.' => sign(TokenKind::Dot, "."),
            '*' => sign(TokenKind::Star, "*"),
            ']' => sign(TokenKind::Rbracket, "]"),
            ',' => sign(TokenKind::Comma, ","),
            ':' => sign(TokenKind::Colon, ":"),
            '@' => sign(TokenKind::Current, "@"),
            '(' => sign(TokenKind::Lparen, "("),
            ')' => sign(TokenKind::Rparen, ")"),
            '{' => sign(TokenKind::Lbrace, "{"),
            '}' => sign(TokenKind::Rbrace, "}"),
            '[' if self.take(']') => sign(TokenKind::Flatten, "[]"),
            '[' if self.take('?') => sign(TokenKind::Filter, "[?"),
            '[' => sign(TokenKind::Lbracket, "["),
            '|' if self.take('|') => sign(TokenKind::Or, "||"),
            '|' => sign(TokenKind::Pipe, "|"),
            '&' if self.take('&') => sign(TokenKind::And, "&&"),
            '&' => sign(TokenKind::Expref, "&"),
            '<' if self.take('=') => sign(TokenKind::Lte, "<="),
            '<' => sign(TokenKind::Lt, "<"),
            '>' if self.take('=') => sign(TokenKind::Gte, ">="),
            '>' => sign(TokenKind::Gt, ">"),
            '!' if self.take('=') => sign(TokenKind::Ne, "!="),
            '!' => sign(TokenKind::Not, "!"),
            '=' if self.take('=') => sign(TokenKind::Eq, "=="),
            '=' => return Err(self.refused(start, "Unknown token '='".to_owned())),
            'a'..='z' | 'A'..='Z' | '_' => {
                while self.take_if(|c| c.is_ascii_alphanumeric() || c == '_').is_some() {}
                (
                    TokenKind::UnquotedIdentifier,
                    TokenValue::Name(self.written(start..self.position)),
                )
            }
            '0'..='9' | '-' => (TokenKind::Number, TokenValue::Digits(self.number(start)?)),
            '"' => (TokenKind::QuotedIdentifier, TokenValue::Name(self.quoted_identifier(start)?)),
            '\'' => (TokenKind::Literal, TokenValue::Literal(self.raw_string(start)?)),
            '`' => (TokenKind::Literal, TokenValue::Literal(self.literal(start)?)),
            other => return Err(self.refused(start, format!("Unknown token {other}"))),
        };
        Ok(Some(Token { kind, start, meaning }))
    }

    fn number(&mut self, start: usize) -> Result<String, Error> {
        while self.take_if(|c| c.is_ascii_digit()).is_some() {}
        let written = self.written(start..self.position);
        let (minus, digits) = written.strip_prefix('-').map_or(("", &*written), |rest| ("-", rest));
        if digits.is_empty() {
            return Err(self.refused(start, "Unknown token '-'".to_owned()));
        }
        json::few_digits(digits)?;
        Ok(match digits.trim_start_matches('0') {
            "" => "0".to_owned(),
            significant => format!("{minus}{significant}"),
        })
    }

    /// A JSON string (<https://jmespath.org/specification.html#identifiers>).
    fn quoted_identifier(&mut self, start: usize) -> Result<String, Error> {
        let inside = self.until('"', start)?;
        json::string(&inside).map_err(|message| self.refused(start, message.to_owned()))
    }

    /// Literal text; only the quotation mark can be escaped
    /// (<https://jmespath.org/specification.html#raw-string-literals>).
    fn raw_string(&mut self, start: usize) -> Result<Datum<'static>, Error> {
        Ok(Datum::text(self.until('\'', start)?.replace("\\'", "'")))
    }

    /// JSON (<https://jmespath.org/specification.html#literal-expressions>). Text that is not JSON is a
    /// string if it would be one in quotation marks (JEP 12, for older expressions).
    fn literal(&mut self, start: usize) -> Result<Datum<'static>, Error> {
        let inside = self.until('`', start)?.replace("\\`", "`");
        if let Some(datum) = json::read(&inside)? {
            return Ok(datum);
        }
        match json::string(inside.trim_start_matches(json::is_space)) {
            Ok(text) => Ok(Datum::text(text)),
            Err(_) => Err(self.refused(start, format!("Bad token {inside}"))),
        }
    }

    /// The text before the next unescaped delimiter; escapes are kept.
    fn until(&mut self, delimiter: char, start: usize) -> Result<String, Error> {
        let from = self.position;
        loop {
            let end = self.position;
            match self.take_if(|_| true) {
                Some(letter) if letter == delimiter => return Ok(self.written(from..end)),
                Some('\\') if self.take_if(|_| true).is_some() => {}
                Some('\\') | None => {
                    return Err(self.refused(start, format!("Unclosed {delimiter} delimiter")));
                }
                Some(_) => {}
            }
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.take_if(|letter| letter == wanted).is_some()
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let letter = *self.text.get(self.position).filter(|letter| wanted(**letter))?;
        self.position = self.position.saturating_add(1);
        Some(letter)
    }

    fn written(&self, place: Range<usize>) -> String {
        self.text.get(place).unwrap_or_default().iter().collect()
    }

    fn refused(&self, position: usize, message: String) -> Error {
        ErrorKind::Lexer { expression: self.expression.to_owned(), position, message }.into()
    }
}

const fn sign(kind: TokenKind, written: &'static str) -> (TokenKind, TokenValue) {
    (kind, TokenValue::Sign(written))
}
