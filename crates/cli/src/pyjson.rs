//! JSON as Python's `json.loads` reads it, in whose words mistakes are told.
//!
//! Where the two differ from the standard: `NaN` and the infinities are numbers there, for which
//! `null` stands here; halves of surrogate pairs are characters there, for which U+FFFD stands here.

use serde_json::{Map, Number, Value};

/// Reads a document. The error is Python's text, with line, column and character.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text: text.chars().collect(), at: 0, depth: 0 };
    let value = reader.document().map_err(|(problem, at)| reader.located(problem, at))?;
    Ok(value)
}

struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

/// What is wrong, and at which character.
type Read<T> = Result<T, (&'static str, usize)>;

impl Reader {
    fn document(&mut self) -> Read<Value> {
        if self.here() == Some('\u{feff}') {
            return Err(("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
        }
        self.spaces();
        let value = self.value()?;
        self.spaces();
        if self.at < self.text.len() { Err(("Extra data", self.at)) } else { Ok(value) }
    }

    fn value(&mut self) -> Read<Value> {
        const WORDS: [(&str, Value); 6] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Null),
            ("Infinity", Value::Null),
            ("-Infinity", Value::Null),
        ];
        match self.here() {
            Some('"') => self.string().map(Value::String),
            Some(open @ ('{' | '[')) => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > DEEPEST {
                    return Err(("Too many levels", self.at));
                }
                self.at = self.at.saturating_add(1);
                let value = if open == '{' { self.object() } else { self.array() };
                self.depth = self.depth.saturating_sub(1);
                value
            }
            _ => {
                if let Some(number) = self.number() {
                    return Ok(number);
                }
                let word = WORDS.iter().find(|(word, _)| self.eat_word(word));
                word.map(|(_, value)| value.clone()).ok_or(("Expecting value", self.at))
            }
        }
    }

    fn object(&mut self) -> Read<Value> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        let mut members = Map::new();
        self.spaces();
        if self.eat('}') {
            return Ok(Value::Object(members));
        }
        loop {
            if self.here() != Some('"') {
                return Err((NAME, self.at));
            }
            let name = self.string()?;
            self.spaces();
            if !self.eat(':') {
                return Err(("Expecting ':' delimiter", self.at));
            }
            self.spaces();
            let value = self.value()?;
            members.insert(name, value);
            self.spaces();
            if self.eat('}') {
                return Ok(Value::Object(members));
            }
            if !self.eat(',') {
                return Err(("Expecting ',' delimiter", self.at));
            }
            self.spaces();
        }
    }

    fn array(&mut self) -> Read<Value> {
        let mut values = Vec::new();
        self.spaces();
        if self.eat(']') {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value()?);
            self.spaces();
            if self.eat(']') {
                return Ok(Value::Array(values));
            }
            if !self.eat(',') {
                return Err(("Expecting ',' delimiter", self.at));
            }
            self.spaces();
        }
    }

    fn string(&mut self) -> Read<String> {
        let begin = self.at;
        let unterminated = ("Unterminated string starting at", begin);
        self.at = self.at.saturating_add(1);
        let mut text = String::new();
        loop {
            let character = self.here().ok_or(unterminated)?;
            let at = self.at;
            self.at = self.at.saturating_add(1);
            match character {
                '"' => return Ok(text),
                '\\' => text.push(self.escape(unterminated)?),
                c if c < ' ' => return Err(("Invalid control character at", at)),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, unterminated: (&'static str, usize)) -> Read<char> {
        let before = self.at.saturating_sub(1);
        let character = self.here().ok_or(unterminated)?;
        self.at = self.at.saturating_add(1);
        Ok(match character {
            '"' | '\\' | '/' => character,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                let pair = self.here() == Some('\\')
                    && self.text.get(self.at.saturating_add(1)) == Some(&'u');
                if (0xd800..0xdc00).contains(&first) && pair {
                    let back = self.at;
                    self.at = self.at.saturating_add(2);
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let high = first.saturating_sub(0xd800).saturating_mul(0x400);
                        let low = second.saturating_sub(0xdc00);
                        let code = high.saturating_add(low).saturating_add(0x1_0000);
                        return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    self.at = back;
                }
                char::from_u32(first).unwrap_or('\u{fffd}')
            }
            _ => return Err(("Invalid \\escape", before)),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Read<u32> {
        let before = self.at.saturating_sub(1);
        let digits = self.text.get(self.at..self.at.saturating_add(4)).unwrap_or_default();
        let number = digits.iter().try_fold(0_u32, |number, digit| {
            Some(number.saturating_mul(16).saturating_add(digit.to_digit(16)?))
        });
        let number = number.filter(|_| digits.len() == 4);
        self.at = self.at.saturating_add(4);
        number.ok_or(("Invalid \\uXXXX escape", before))
    }

    fn number(&mut self) -> Option<Value> {
        let begin = self.at;
        let mut at = begin;
        let digits = |from: usize| {
            let rest = self.text.iter().skip(from);
            from.saturating_add(rest.take_while(|c| c.is_ascii_digit()).count())
        };
        let is = |at: usize, characters: &str| {
            self.text.get(at).is_some_and(|c| characters.contains(*c))
        };
        if is(at, "-") {
            at = at.saturating_add(1);
        }
        let whole = if is(at, "0") { at.saturating_add(1) } else { digits(at) };
        if whole == at {
            return None;
        }
        at = whole;
        let fraction = digits(at.saturating_add(1));
        if is(at, ".") && fraction > at.saturating_add(1) {
            at = fraction;
        }
        if is(at, "eE") {
            let sign = at.saturating_add(1);
            let begin = if is(sign, "+-") { sign.saturating_add(1) } else { sign };
            let exponent = digits(begin);
            if exponent > begin {
                at = exponent;
            }
        }
        let text: String = self.text.get(begin..at)?.iter().collect();
        self.at = at;
        Some(number(&text, at == whole))
    }

    fn eat(&mut self, wanted: char) -> bool {
        let here = self.here() == Some(wanted);
        if here {
            self.at = self.at.saturating_add(1);
        }
        here
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let here = word.chars().zip(rest).filter(|(a, b)| a == *b).count() == word.len();
        if here {
            self.at = self.at.saturating_add(word.len());
        }
        here
    }

    fn spaces(&mut self) {
        while self.here().is_some_and(|c| " \t\n\r".contains(c)) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn here(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn located(&self, problem: &str, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.iter().filter(|c| **c == '\n').count().saturating_add(1);
        let column = before.iter().rev().take_while(|c| **c != '\n').count().saturating_add(1);
        format!("{problem}: line {line} column {column} (char {at})")
    }
}

/// Whole numbers beyond 64 bits become as large as numbers may be.
fn number(text: &str, whole: bool) -> Value {
    if whole && let Some(number) = crate::python::int(text) {
        return Value::from(number);
    }
    let float = text.parse::<f64>().ok().and_then(Number::from_f64);
    float.map_or(Value::Null, Value::Number)
}

/// Levels of a document; Python gives up near a thousand.
const DEEPEST: usize = 500;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_read() {
        for (text, value) in [
            ("[]", json!([])),
            (" {\"a\" : [1, -2.5e3, 0], \"b\":{}, \"a\":null} ", json!({"a": null, "b": {}})),
            (r#""\u00e9\ud83d\ude00\n\/""#, json!("é😀\n/")),
            ("[NaN,true,false]", json!([null, true, false])),
            ("12", json!(12)),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
    }

    /// The expected texts are those of Python 3.11.
    #[test]
    fn mistakes_are_told_in_the_words_of_python() {
        for (text, told) in [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{a", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"a\"", "Expecting ':' delimiter: line 1 column 5 (char 4)"),
            ("{\"a\":", "Expecting value: line 1 column 6 (char 5)"),
            ("{\"a\":1", "Expecting ',' delimiter: line 1 column 7 (char 6)"),
            (
                "{\"a\":1,\n }",
                "Expecting property name enclosed in double quotes: line 2 column 2 (char 9)",
            ),
            ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
            ("[1", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
            ("[1] x", "Extra data: line 1 column 5 (char 4)"),
            ("\"a", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"a\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("nul", "Expecting value: line 1 column 1 (char 0)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
        ] {
            assert_eq!(parse(text).unwrap_err(), told, "{text:?}");
        }
    }
}
