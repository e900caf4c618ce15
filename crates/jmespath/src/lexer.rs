//! Text into tokens (<https://jmespath.org/specification.html#grammar>).
//!
//! Not responsible for their order: the parser refuses what makes no sense together.

use std::ops::Range;

use crate::{
    datum::Datum,
    error::{Error, Reason},
    json,
    token::{Kind, Meaning, Token},
};

/// All tokens of an expression, ending with [`Kind::Eof`].
pub(crate) fn tokens(expression: &str) -> Result<Vec<Token>, Error> {
    if expression.is_empty() {
        return Err(Reason::Empty.into());
    }
    let text: Vec<char> = expression.chars().collect();
    let mut lexer = Lexer { expression, text: &text, position: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    tokens.push(Token { kind: Kind::Eof, start: text.len(), meaning: Meaning::Sign("") });
    Ok(tokens)
}

/// A place in the text. Characters, not bytes: messages count them.
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
            '.' => sign(Kind::Dot, "."),
            '*' => sign(Kind::Star, "*"),
            ']' => sign(Kind::Rbracket, "]"),
            ',' => sign(Kind::Comma, ","),
            ':' => sign(Kind::Colon, ":"),
            '@' => sign(Kind::Current, "@"),
            '(' => sign(Kind::Lparen, "("),
            ')' => sign(Kind::Rparen, ")"),
            '{' => sign(Kind::Lbrace, "{"),
            '}' => sign(Kind::Rbrace, "}"),
            '[' if self.take(']') => sign(Kind::Flatten, "[]"),
            '[' if self.take('?') => sign(Kind::Filter, "[?"),
            '[' => sign(Kind::Lbracket, "["),
            '|' if self.take('|') => sign(Kind::Or, "||"),
            '|' => sign(Kind::Pipe, "|"),
            '&' if self.take('&') => sign(Kind::And, "&&"),
            '&' => sign(Kind::Expref, "&"),
            '<' if self.take('=') => sign(Kind::Lte, "<="),
            '<' => sign(Kind::Lt, "<"),
            '>' if self.take('=') => sign(Kind::Gte, ">="),
            '>' => sign(Kind::Gt, ">"),
            '!' if self.take('=') => sign(Kind::Ne, "!="),
            '!' => sign(Kind::Not, "!"),
            '=' if self.take('=') => sign(Kind::Eq, "=="),
            '=' => return Err(self.refused(start, "Unknown token '='".to_owned())),
            'a'..='z' | 'A'..='Z' | '_' => {
                while self.take_if(|c| c.is_ascii_alphanumeric() || c == '_').is_some() {}
                (Kind::UnquotedIdentifier, Meaning::Name(self.written(start..self.position)))
            }
            '0'..='9' | '-' => (Kind::Number, Meaning::Digits(self.number(start)?)),
            '"' => (Kind::QuotedIdentifier, Meaning::Name(self.quoted_identifier(start)?)),
            '\'' => (Kind::Literal, Meaning::Literal(self.raw_string(start)?)),
            '`' => (Kind::Literal, Meaning::Literal(self.literal(start)?)),
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

    /// As written; only the quotation mark can be escaped
    /// (<https://jmespath.org/specification.html#raw-string-literals>).
    fn raw_string(&mut self, start: usize) -> Result<Datum<'static>, Error> {
        Ok(Datum::text(self.until('\'', start)?.replace("\\'", "'")))
    }

    /// JSON (<https://jmespath.org/specification.html#literal-expressions>); and what is not JSON
    /// is a string if it is one between quotation marks, as JEP 12 has it for older expressions.
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

    /// The text up to a delimiter that no backslash escapes; escapes stay as they are.
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
        Reason::Lexer { expression: self.expression.to_owned(), position, message }.into()
    }
}

const fn sign(kind: Kind, written: &'static str) -> (Kind, Meaning) {
    (kind, Meaning::Sign(written))
}
