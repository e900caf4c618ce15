//! JSON as Python reads it: literals and quoted names of an expression.
//!
//! Not responsible for documents: those were read by others. It is a reader of its own because
//! Python accepts NaN and infinities, keeps `1` and `1.0` apart, and words its refusals.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::{
    DEPTH,
    datum::Datum,
    error::{Error, Reason},
    number::Number,
};

/// A JSON text, or `None` where it is not one. Refused only for its depth.
pub(crate) fn read(text: &str) -> Result<Option<Datum<'static>>, Error> {
    let mut reader = Reader { rest: text };
    reader.skip_blanks();
    let value = match reader.value(0) {
        Ok(value) => value,
        Err(Unread::Wrong) => return Ok(None),
        Err(Unread::TooDeep(error)) => return Err(error),
    };
    reader.skip_blanks();
    Ok(reader.rest.is_empty().then_some(value))
}

/// What stands between the quotation marks of a JSON string, or the beginning of Python's message.
pub(crate) fn string(inside: &str) -> Result<String, &'static str> {
    let mut reader = Reader { rest: inside };
    let text = reader.characters()?;
    if reader.rest.is_empty() { Ok(text) } else { Err("Extra data") }
}

/// What `str.lstrip` takes away: white space, and four separators that Unicode does not count.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}

/// Python's limit to integers that are written out.
pub(crate) fn few_digits(digits: &str) -> Result<(), Error> {
    let count = digits.len();
    if count <= 4300 {
        return Ok(());
    }
    Err(Error::value_error(format!(
        "Exceeds the limit (4300 digits) for integer string conversion: value has {count} digits; \
         use sys.set_int_max_str_digits() to increase the limit"
    )))
}

struct Reader<'t> {
    rest: &'t str,
}

enum Unread {
    /// Not JSON. In what way, only quoted names say.
    Wrong,
    TooDeep(Error),
}

impl From<&'static str> for Unread {
    fn from(_: &'static str) -> Self {
        Self::Wrong
    }
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Datum<'static>, Unread> {
        if depth > DEPTH {
            return Err(Unread::TooDeep(Reason::TooDeep.into()));
        }
        let words = [
            ("null", Datum::Null),
            ("true", Datum::Bool(true)),
            ("false", Datum::Bool(false)),
            ("NaN", Datum::Number(Number::Float(f64::NAN))),
            ("Infinity", Datum::Number(Number::Float(f64::INFINITY))),
            ("-Infinity", Datum::Number(Number::Float(f64::NEG_INFINITY))),
        ];
        for (word, value) in words {
            if self.take(word) {
                return Ok(value);
            }
        }
        if self.take("[") {
            self.array(depth.saturating_add(1))
        } else if self.take("{") {
            self.object(depth.saturating_add(1))
        } else if self.take("\"") {
            self.characters_and_quote().map(Datum::text)
        } else {
            self.number().map(Datum::Number).ok_or(Unread::Wrong)
        }
    }

    fn array(&mut self, depth: usize) -> Result<Datum<'static>, Unread> {
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take("]") {
            return Datum::array(items).map_err(Unread::TooDeep);
        }
        loop {
            self.skip_blanks();
            items.push(self.value(depth)?);
            self.skip_blanks();
            if self.take("]") {
                return Datum::array(items).map_err(Unread::TooDeep);
            }
            self.expect(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Datum<'static>, Unread> {
        let mut members = IndexMap::new();
        self.skip_blanks();
        if self.take("}") {
            return Datum::object(members).map_err(Unread::TooDeep);
        }
        loop {
            self.skip_blanks();
            self.expect("\"")?;
            let name = self.characters_and_quote()?;
            self.skip_blanks();
            self.expect(":")?;
            self.skip_blanks();
            members.insert(Cow::Owned(name), self.value(depth)?);
            self.skip_blanks();
            if self.take("}") {
                return Datum::object(members).map_err(Unread::TooDeep);
            }
            self.expect(",")?;
        }
    }

    fn number(&mut self) -> Option<Number> {
        let text = self.rest;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let after = match digits.strip_prefix('0') {
            Some(after) => after,
            None => some_digits(digits)?,
        };
        let fraction = after.strip_prefix('.').and_then(some_digits).unwrap_or(after);
        let power = fraction
            .strip_prefix(['e', 'E'])
            .and_then(|power| some_digits(power.strip_prefix(['+', '-']).unwrap_or(power)));
        let end = power.unwrap_or(fraction);
        let written = text.strip_suffix(end)?;
        self.rest = end;
        if end.len() < after.len() {
            return written.parse().ok().map(Number::Float);
        }
        few_digits(written.trim_start_matches('-')).ok()?;
        Number::integer(written)
    }

    fn characters_and_quote(&mut self) -> Result<String, Unread> {
        let text = self.characters()?;
        self.expect("\"")?;
        Ok(text)
    }

    /// Up to a quotation mark or the end of the text.
    fn characters(&mut self) -> Result<String, &'static str> {
        let mut text = String::new();
        loop {
            let plain = self.rest.find(|c| c == '"' || c == '\\' || c < ' ');
            let (plain, rest) = self.rest.split_at(plain.unwrap_or(self.rest.len()));
            text.push_str(plain);
            self.rest = rest;
            if rest.is_empty() || rest.starts_with('"') {
                return Ok(text);
            }
            if !self.take("\\") {
                return Err("Invalid control character at");
            }
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Result<char, &'static str> {
        let mut letters = self.rest.chars();
        let letter = letters.next();
        self.rest = letters.as_str();
        Ok(match letter {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let unit = self.unit()?;
                self.paired(unit)?
            }
            _ => return Err("Invalid \\escape"),
        })
    }

    /// A character outside the first plane is written as two units.
    fn paired(&mut self, unit: u16) -> Result<char, &'static str> {
        let before = self.rest;
        let mut units = vec![unit];
        if (0xd800..0xdc00).contains(&unit) && self.take("\\u") {
            let second = self.unit()?;
            if (0xdc00..0xe000).contains(&second) {
                units.push(second);
            } else {
                self.rest = before;
            }
        }
        let letter = char::decode_utf16(units).next();
        Ok(letter.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Result<u16, &'static str> {
        let digits = self.rest.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        self.rest = self.rest.get(4..).unwrap_or_default();
        unit.ok_or("Invalid \\uXXXX escape")
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Unread> {
        if self.take(wanted) { Ok(()) } else { Err(Unread::Wrong) }
    }

    fn take(&mut self, wanted: &str) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// What follows the digits; at least one is needed.
fn some_digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}
