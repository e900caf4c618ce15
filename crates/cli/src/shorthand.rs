//! The AWS CLI's shorthand for structures: `Key=a,Value=b`, lists as `a=b,c` or `a=[b,c]`, maps as
//! `a={b=c}`, quotes, and `\,` for a comma.
//!
//! ```text
//! parameter = keyval *("," keyval)          keyval = key "=" [ list / map / csv ]
//! list      = "[" [ item *("," item) ] "]"  map    = "{" [ key "=" item *("," key "=" item) ] "}"
//! item      = list / map / word / quoted    csv    = first *("," second)
//! ```
//! `@=` instead of `=` loads files that values name. Spaces may surround `=` and `,`. Words of a
//! csv after the first may not contain `=`: such a word starts the next keyval.
//!
//! It is hand-written because error messages, with their carets, are the AWS CLI's.

use serde_json::{Map, Value};

/// Parses a structure. `load` reads the file that a value names.
pub(crate) fn parse(text: &str, load: LoadFile<'_>) -> Result<Map<String, Value>, ShorthandError> {
    let mut parser = ShorthandParser { text: text.chars().collect(), at: 0, load };
    parser.parameter().map_err(|stop| stop.problem(&parser.text))
}

/// Reads the file that a value names; `None` for other values.
pub(crate) type LoadFile<'l> = &'l dyn Fn(&str) -> Result<Option<String>, String>;

/// An error with the AWS CLI's message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ShorthandError {
    /// A syntax error; a caret marks the position.
    Syntax(String),
    File(String),
}

struct ShorthandParser<'l> {
    text: Vec<char>,
    at: usize,
    load: LoadFile<'l>,
}

enum ParseStop {
    Expected { expected: String, received: String, at: usize },
    Again { key: String, at: usize },
    File(String),
}

type ParseResult<T> = Result<T, ParseStop>;

impl ShorthandParser<'_> {
    fn parameter(&mut self) -> ParseResult<Map<String, Value>> {
        let mut members = Map::new();
        let (key, value) = self.keyval()?;
        members.insert(key, value);
        let mut end = self.at;
        while self.at < self.text.len() {
            self.expect_spaced(',')?;
            let (key, value) = self.keyval()?;
            if members.contains_key(&key) {
                return Err(ParseStop::Again { key, at: end.saturating_add(1) });
            }
            members.insert(key, value);
            end = self.at;
        }
        Ok(members)
    }

    fn keyval(&mut self) -> ParseResult<(String, Value)> {
        let key = self.key();
        let from_file = self.equals()?;
        let value = match self.current() {
            None => Value::String(String::new()),
            Some('[') => self.list()?,
            Some('{') => self.map()?,
            Some(_) => self.csv()?,
        };
        Ok((key, if from_file { self.loaded(value)? } else { value }))
    }

    /// Parses `=` or `@=`; true for the latter.
    fn equals(&mut self) -> ParseResult<bool> {
        self.spaces();
        let from_file = self.current() == Some('@');
        if from_file {
            self.expect_spaced('@')?;
        }
        self.expect_spaced('=')?;
        Ok(from_file)
    }

    fn loaded(&self, value: Value) -> ParseResult<Value> {
        match value {
            Value::String(text) => {
                let content = (self.load)(&text).map_err(ParseStop::File)?;
                Ok(Value::String(content.unwrap_or(text)))
            }
            Value::Array(values) => values.into_iter().map(|value| self.loaded(value)).collect(),
            other => Ok(other),
        }
    }

    fn key(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphanumeric() || "-_.#/:".contains(c))
    }

    fn csv(&mut self) -> ParseResult<Value> {
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
                // Not another value: the comma before it starts the next keyval.
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

    /// Parses one more value of a csv; true if it is the last.
    fn rest_of_csv(&mut self, values: &mut Vec<Value>) -> ParseResult<bool> {
        let value = self.second()?;
        self.spaces();
        let last = self.at >= self.text.len();
        if !last {
            self.expect_spaced(',')?;
        }
        values.push(value);
        Ok(last)
    }

    fn list(&mut self) -> ParseResult<Value> {
        self.expect_spaced('[')?;
        let mut values = Vec::new();
        while self.current() != Some(']') {
            values.push(self.item()?);
            self.separator(']')?;
        }
        self.expect(']')?;
        Ok(Value::Array(values))
    }

    fn map(&mut self) -> ParseResult<Value> {
        self.expect_spaced('{')?;
        let mut members = Map::new();
        while self.current() != Some('}') {
            let key = self.key();
            let from_file = self.equals()?;
            let value = self.item()?;
            let value = if from_file { self.loaded(value)? } else { value };
            self.separator('}')?;
            members.insert(key, value);
        }
        self.expect('}')?;
        Ok(Value::Object(members))
    }

    fn item(&mut self) -> ParseResult<Value> {
        match self.current() {
            Some('[') => self.list(),
            Some('{') => self.map(),
            _ => self.first(),
        }
    }

    fn separator(&mut self, close: char) -> ParseResult<()> {
        self.spaces();
        if self.current() != Some(close) {
            self.expect(',')?;
            self.spaces();
        }
        Ok(())
    }

    fn first(&mut self) -> ParseResult<Value> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let word = self.word(|c| is_basic(c) && c != ']' && c != '}');
        Ok(Value::String(word.unwrap_or_default()))
    }

    fn second(&mut self) -> ParseResult<Value> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let word = self.word(|c| is_basic(c) && c != '=');
        word.map(Value::String).ok_or_else(|| self.stop("<second>", Some("<none>")))
    }

    /// An unquoted word, up to an unescaped comma; `None` if there is none.
    fn word(&mut self, follows: impl Fn(char) -> bool) -> Option<String> {
        let begins = |c: char| is_basic(c) && c > ' ' && !"=[{".contains(c);
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

    fn quoted(&mut self) -> ParseResult<Option<Value>> {
        let (quote, name) = match self.current() {
            Some('\'') => ('\'', "<singled quoted>"),
            Some('"') => ('"', "<double quoted>"),
            _ => return Ok(None),
        };
        let begin = self.at.saturating_add(1);
        let rest = self.text.get(begin..).unwrap_or_default();
        // If all quotes are escaped, the last one closes the string.
        let (mut end, mut escaped) = (None, false);
        for (at, character) in rest.iter().enumerate() {
            if *character == quote {
                end = Some(at);
                if !escaped {
                    break;
                }
            }
            escaped = *character == '\\' && !escaped;
        }
        if let Some(end) = end {
            self.at = begin.saturating_add(end).saturating_add(1);
            let text: String = rest.iter().take(end).collect();
            let text = text.replace(&format!("\\{quote}"), quote.encode_utf8(&mut [0; 4]));
            return Ok(Some(Value::String(text.replace("\\\\", "\\"))));
        }
        Err(self.stop(name, Some("<none>")))
    }

    fn expect_spaced(&mut self, wanted: char) -> ParseResult<()> {
        self.spaces();
        self.expect(wanted)?;
        self.spaces();
        Ok(())
    }

    fn expect(&mut self, wanted: char) -> ParseResult<()> {
        if self.current() == Some(wanted) {
            self.at = self.at.saturating_add(1);
            return Ok(());
        }
        Err(self.stop(wanted.encode_utf8(&mut [0; 4]), None))
    }

    /// An error at this position; `received` defaults to the current character.
    fn stop(&self, expected: &str, received: Option<&str>) -> ParseStop {
        let here = || self.current().map_or("EOF".to_owned(), String::from);
        ParseStop::Expected {
            expected: expected.to_owned(),
            received: received.map_or_else(here, str::to_owned),
            at: self.at,
        }
    }

    fn spaces(&mut self) {
        // Python's `string.whitespace`; other white space belongs to words.
        self.take_while(|c| " \t\n\r\u{b}\u{c}".contains(c));
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

/// Characters of unquoted words: the basic multilingual plane without quotes, commas and control
/// characters.
fn is_basic(c: char) -> bool {
    c <= '\u{ffff}' && (c > ' ' || c.is_whitespace()) && !"\"',".contains(c)
}

impl ParseStop {
    fn problem(self, text: &[char]) -> ShorthandError {
        ShorthandError::Syntax(match self {
            Self::File(problem) => return ShorthandError::File(problem),
            Self::Expected { expected, received, at } => format!(
                "Expected: '{expected}', received: '{received}' for input:\n {}",
                pointed(text, at)
            ),
            Self::Again { key, at } => format!(
                "Second instance of key \"{key}\" encountered for input:\n{}\nThis is often \
                 because there is a preceding \",\" instead of a space.",
                pointed(text, at)
            ),
        })
    }
}

/// The text with a caret below a position.
fn pointed(text: &[char], at: usize) -> String {
    let before: String = text.iter().take(at).collect();
    let after: String = text.iter().skip(at).collect();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let (line, rest) = after.split_at(after.find('\n').unwrap_or(after.len()));
    format!("{before}{line}\n{}^{rest}", " ".repeat(column))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, ShorthandError> {
        parse(text, &|name| Ok((name == "file://f").then(|| "content".to_owned())))
            .map(Value::Object)
    }

    #[test]
    fn every_shorthand_syntax_is_parsed() {
        for (text, value) in [
            ("a=b", json!({"a": "b"})),
            ("a = b , c = ", json!({"a": "b", "c": ""})),
            ("a=b,c,d=e", json!({"a": ["b", "c"], "d": "e"})),
            ("a=b=c", json!({"a": "b=c"})),
            ("a=\u{a0}b\u{a0}", json!({"a": "\u{a0}b"})),
            (r"a=b\,c", json!({"a": "b,c"})),
            (r#"a="b,\"c",d='it\'s'"#, json!({"a": "b,\"c", "d": "it's"})),
            ("a=[b, {c=d}, [e,]]", json!({"a": ["b", {"c": "d"}, ["e"]]})),
            ("a={b=[],c={}}", json!({"a": {"b": [], "c": {}}})),
            (
                "a@=file://f,b@=[file://f,x],c=file://f",
                json!({
                    "a": "content", "b": ["content", "x"], "c": "file://f"
                }),
            ),
        ] {
            assert_eq!(read(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn errors_point_at_their_position() {
        for (text, message) in [
            ("a", "Expected: '=', received: 'EOF' for input:\n a\n ^"),
            ("a=b]", "Expected: ',', received: ']' for input:\n a=b]\n   ^"),
            ("a=b,\nc==", "Expected: ',', received: '=' for input:\n a=b,\nc==\n  ^"),
            ("a=\"b", "Expected: '<double quoted>', received: '<none>' for input:\n a=\"b\n  ^"),
            ("a=b,", "Expected: '<second>', received: '<none>' for input:\n a=b,\n    ^"),
            ("a=[b", "Expected: ',', received: 'EOF' for input:\n a=[b\n    ^"),
            // Emojis are outside the basic multilingual plane.
            ("a=\u{1f600}", "Expected: ',', received: '\u{1f600}' for input:\n a=\u{1f600}\n  ^"),
        ] {
            assert_eq!(read(text), Err(ShorthandError::Syntax(message.to_owned())), "{text}");
        }
    }

    /// Recorded values with the AWS CLI's results.
    #[test]
    fn every_recorded_value_is_read_as_it_was() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/shorthand.jsonl");
        let recorded = std::fs::read_to_string(path).unwrap();
        assert!(recorded.lines().count() > 1000, "{path} is not whole");
        for line in recorded.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let text = case["in"].as_str().unwrap();
            let read = parse(text, &|_| Ok(None));
            if let Some(members) = case["ok"].as_object() {
                assert_eq!(read.as_ref(), Ok(members), "{text}");
                continue;
            }
            let message = case["msg"].as_str().unwrap().to_owned();
            assert_eq!(read, Err(ShorthandError::Syntax(message)), "{text}");
        }
    }
}
