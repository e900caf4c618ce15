//! The AWS CLI's shorthand for structures: `Key=a,Value=b`, lists as `a=b,c` or `a=[b,c]`, maps as
//! `a={b=c}`, quotes, and `\,` for a comma.
//!
//! ```text
//! parameter = keyval *("," keyval)          keyval = key "=" [ list / map / csv ]
//! list      = "[" [ item *("," item) ] "]"  map    = "{" [ key "=" item *("," key "=" item) ] "}"
//! item      = list / map / word / quoted    csv    = first *("," second)
//! ```
//! Spaces may stand around `=` and `,`. A word of a csv after the first may not hold `=`: what
//! does is the next keyval.

use serde_json::{Map, Value};

/// Reads a structure. The error is the AWS CLI's, caret included.
pub(crate) fn parse(text: &str) -> Result<Map<String, Value>, String> {
    let mut parser = Parser { text: text.chars().collect(), at: 0 };
    parser.parameter().map_err(|stop| stop.message(&parser.text))
}

struct Parser {
    text: Vec<char>,
    at: usize,
}

/// Where reading stopped, and why.
enum Stop {
    Expected { expected: String, received: String, at: usize },
    Again { key: String, at: usize },
}

type Read<T> = Result<T, Stop>;

impl Parser {
    fn parameter(&mut self) -> Read<Map<String, Value>> {
        let mut members = Map::new();
        let (key, value) = self.keyval()?;
        members.insert(key, value);
        let mut end = self.at;
        while self.at < self.text.len() {
            self.expect_spaced(',')?;
            let (key, value) = self.keyval()?;
            if members.contains_key(&key) {
                return Err(Stop::Again { key, at: end.saturating_add(1) });
            }
            members.insert(key, value);
            end = self.at;
        }
        Ok(members)
    }

    fn keyval(&mut self) -> Read<(String, Value)> {
        let key = self.key();
        self.expect_spaced('=')?;
        let value = match self.current() {
            None => Value::String(String::new()),
            Some('[') => self.list()?,
            Some('{') => self.map()?,
            Some(_) => self.csv()?,
        };
        Ok((key, value))
    }

    fn key(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphanumeric() || "-_.#/:".contains(c))
    }

    fn csv(&mut self) -> Read<Value> {
        let first = self.first()?;
        self.spaces();
        if self.current() != Some(',') {
            return Ok(first);
        }
        self.expect_spaced(',')?;
        let mut values = vec![first];
        loop {
            match self.rest_of_csv(&mut values) {
                Ok(false) => {}
                Ok(true) => break,
                Err(stop) if self.at >= self.text.len() => return Err(stop),
                // Not another value, then: the comma before it begins the next keyval.
                Err(_) => {
                    while self.current() != Some(',') && self.at > 0 {
                        self.at = self.at.saturating_sub(1);
                    }
                    break;
                }
            }
        }
        if values.len() == 1 {
            return Ok(values.pop().unwrap_or(Value::Null));
        }
        Ok(Value::Array(values))
    }

    /// One more value of a csv. Whether it was the last.
    fn rest_of_csv(&mut self, values: &mut Vec<Value>) -> Read<bool> {
        let value = self.second()?;
        self.spaces();
        let last = self.at >= self.text.len();
        if !last {
            self.expect_spaced(',')?;
        }
        values.push(value);
        Ok(last)
    }

    fn list(&mut self) -> Read<Value> {
        self.expect_spaced('[')?;
        let mut values = Vec::new();
        while self.current() != Some(']') {
            values.push(self.item()?);
            self.separator(']')?;
        }
        self.expect(']')?;
        Ok(Value::Array(values))
    }

    fn map(&mut self) -> Read<Value> {
        self.expect_spaced('{')?;
        let mut members = Map::new();
        while self.current() != Some('}') {
            let key = self.key();
            self.expect_spaced('=')?;
            let value = self.item()?;
            self.separator('}')?;
            members.insert(key, value);
        }
        self.expect('}')?;
        Ok(Value::Object(members))
    }

    fn item(&mut self) -> Read<Value> {
        match self.current() {
            Some('[') => self.list(),
            Some('{') => self.map(),
            _ => self.first(),
        }
    }

    fn separator(&mut self, close: char) -> Read<()> {
        self.spaces();
        if self.current() != Some(close) {
            self.expect(',')?;
            self.spaces();
        }
        Ok(())
    }

    fn first(&mut self) -> Read<Value> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let word = self.word(|c| is_basic(c) && c != ']' && c != '}');
        Ok(Value::String(word.unwrap_or_default()))
    }

    fn second(&mut self) -> Read<Value> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let word = self.word(|c| is_basic(c) && c != '=');
        word.map(Value::String).ok_or_else(|| self.stop("<second>", Some("<none>")))
    }

    /// A word without quotes, up to a comma that is not escaped. `None` where none begins.
    fn word(&mut self, follows: impl Fn(char) -> bool) -> Option<String> {
        let begins = |c: char| is_basic(c) && c > ' ' && !c.is_whitespace() && !"=[{".contains(c);
        let start = self.at;
        let mut word = String::new();
        while let Some(character) = self.current() {
            let escaped =
                character == '\\' && self.text.get(self.at.saturating_add(1)) == Some(&',');
            if escaped {
                word.push(',');
                self.at = self.at.saturating_add(2);
            } else if if self.at == start { begins(character) } else { follows(character) } {
                word.push(character);
                self.at = self.at.saturating_add(1);
            } else {
                break;
            }
        }
        (self.at > start).then(|| word.trim_end().to_owned())
    }

    fn quoted(&mut self) -> Read<Option<Value>> {
        let (quote, name) = match self.current() {
            Some('\'') => ('\'', "<singled quoted>"),
            Some('"') => ('"', "<double quoted>"),
            _ => return Ok(None),
        };
        let mut text = String::new();
        let mut characters =
            self.text.iter().enumerate().skip(self.at.saturating_add(1)).peekable();
        while let Some((at, character)) = characters.next() {
            match (character, characters.peek()) {
                ('\\', Some((_, next))) if **next == quote || **next == '\\' => {
                    text.push(**next);
                    characters.next();
                }
                (character, _) if *character == quote => {
                    self.at = at.saturating_add(1);
                    return Ok(Some(Value::String(text)));
                }
                (character, _) => text.push(*character),
            }
        }
        Err(self.stop(name, Some("<none>")))
    }

    fn expect_spaced(&mut self, wanted: char) -> Read<()> {
        self.spaces();
        self.expect(wanted)?;
        self.spaces();
        Ok(())
    }

    fn expect(&mut self, wanted: char) -> Read<()> {
        if self.current() == Some(wanted) {
            self.at = self.at.saturating_add(1);
            return Ok(());
        }
        Err(self.stop(wanted.encode_utf8(&mut [0; 4]), None))
    }

    /// Stops here; what is here is what was received, unless told otherwise.
    fn stop(&self, expected: &str, received: Option<&str>) -> Stop {
        let here = || self.current().map_or("EOF".to_owned(), String::from);
        Stop::Expected {
            expected: expected.to_owned(),
            received: received.map_or_else(here, str::to_owned),
            at: self.at,
        }
    }

    fn spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let taken: String = rest.iter().copied().take_while(|c| holds(*c)).collect();
        self.at = self.at.saturating_add(taken.chars().count());
        taken
    }

    fn current(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }
}

/// Characters of words: the basic plane without quotes, commas and control characters.
fn is_basic(c: char) -> bool {
    c <= '\u{ffff}' && (c > ' ' || c.is_whitespace()) && !"\"',".contains(c)
}

impl Stop {
    fn message(&self, text: &[char]) -> String {
        match self {
            Self::Expected { expected, received, at } => format!(
                "Expected: '{expected}', received: '{received}' for input:\n {}",
                pointed(text, *at)
            ),
            Self::Again { key, at } => format!(
                "Second instance of key \"{key}\" encountered for input:\n{}\nThis is often \
                 because there is a preceding \",\" instead of a space.",
                pointed(text, *at)
            ),
        }
    }
}

/// The text with a caret below a place in it.
fn pointed(text: &[char], at: usize) -> String {
    let before: String = text.iter().take(at).collect();
    let after: String = text.iter().skip(at).collect();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let (line, rest) = after.split_at(after.find('\n').unwrap_or(after.len()));
    format!("{before}{line}\n{}^{rest}", " ".repeat(column))
}
