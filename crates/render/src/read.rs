//! A JSON parser that accepts what Python's `json.loads` accepts and reports its errors.
//!
//! It is hand-written, not `serde_json`, because Python accepts `NaN` and infinities, distinguishes
//! `1` from `1.0` at any number of digits, and counts error positions in characters. Unpaired
//! surrogates, which are characters in Python, become U+FFFD.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without point and exponent: its digits, with an optional minus.
    Integer(String),
    /// Any other number, and `NaN`, `Infinity` and `-Infinity`.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    Array(Vec<Json>),
    /// Members in their order. Of duplicate names the last value counts, at the position of the first.
    Object(Vec<(String, Json)>),
}

/// Why a text cannot be parsed; displays as Python's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// A syntax error.
    #[error("{problem}: line {line} column {column} (char {at})")]
    Wrong {
        /// Python's description, such as `Expecting value`.
        problem: &'static str,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// The offset in characters, counted from 0.
        at: usize,
    },
    /// An integer has this many digits, more than [`MAX_DIGITS`].
    #[error(
        "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: value has {0} \
         digits; use sys.set_int_max_str_digits() to increase the limit"
    )]
    Digits(usize),
    /// The nesting is too deep.
    #[error("Too many levels")]
    TooDeep,
}

/// Parses a document.
///
/// # Errors
/// Those of `json.loads`.
pub fn read_json(text: &str) -> Result<Json, JsonError> {
    let mut reader = JsonReader { text, at: 0, depth: 0 };
    reader.document().map_err(|stop| match stop {
        ReadStop::Wrong(problem, at) => located(text, problem, at),
        ReadStop::Digits(count) => JsonError::Digits(count),
        ReadStop::TooDeep => JsonError::TooDeep,
    })
}

fn located(text: &str, problem: &'static str, at: usize) -> JsonError {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = last.chars().count().saturating_add(1);
    JsonError::Wrong { problem, line, column, at: before.chars().count() }
}

struct JsonReader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// An error with its byte offset.
enum ReadStop {
    Wrong(&'static str, usize),
    Digits(usize),
    TooDeep,
}

impl<'t> JsonReader<'t> {
    fn document(&mut self) -> Result<Json, ReadStop> {
        if self.text.starts_with('\u{feff}') {
            return Err(ReadStop::Wrong("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
        }
        self.skip_blanks();
        let value = self.value()?;
        self.skip_blanks();
        if self.rest().is_empty() { Ok(value) } else { Err(ReadStop::Wrong("Extra data", self.at)) }
    }

    fn value(&mut self) -> Result<Json, ReadStop> {
        match self.here() {
            Some('"') => self.string().map(Json::Text),
            Some(open @ ('{' | '[')) => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > DEEPEST {
                    return Err(ReadStop::TooDeep);
                }
                self.forward(1);
                self.skip_blanks();
                let value = if open == '{' { self.object() } else { self.array() };
                self.depth = self.depth.saturating_sub(1);
                value
            }
            _ => match self.number()? {
                Some(number) => Ok(number),
                None => self.word(),
            },
        }
    }

    fn object(&mut self) -> Result<Json, ReadStop> {
        let mut members = Vec::new();
        if self.take("}") {
            return Ok(Json::Object(members));
        }
        loop {
            if self.here() != Some('"') {
                let problem = "Expecting property name enclosed in double quotes";
                return Err(ReadStop::Wrong(problem, self.at));
            }
            let name = self.string()?;
            self.skip_blanks();
            self.expect(":", "Expecting ':' delimiter")?;
            self.skip_blanks();
            members.push((name, self.value()?));
            self.skip_blanks();
            if self.take("}") {
                return Ok(Json::Object(members));
            }
            self.expect(",", "Expecting ',' delimiter")?;
            self.skip_blanks();
        }
    }

    fn array(&mut self) -> Result<Json, ReadStop> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_blanks();
            if self.take("]") {
                return Ok(Json::Array(items));
            }
            self.expect(",", "Expecting ',' delimiter")?;
            self.skip_blanks();
        }
    }

    fn word(&mut self) -> Result<Json, ReadStop> {
        const WORDS: [(&str, Json); 6] = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
            ("-Infinity", Json::Float(f64::NEG_INFINITY)),
        ];
        let found = WORDS.into_iter().find(|(word, _)| self.take(word));
        found.map(|(_, value)| value).ok_or(ReadStop::Wrong("Expecting value", self.at))
    }

    fn number(&mut self) -> Result<Option<Json>, ReadStop> {
        let text = self.rest();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.strip_prefix('0').or_else(|| after_digits(digits));
        let Some(whole) = whole else { return Ok(None) };
        let fraction = whole.strip_prefix('.').and_then(after_digits).unwrap_or(whole);
        let power = fraction
            .strip_prefix(['e', 'E'])
            .and_then(|power| after_digits(power.strip_prefix(['+', '-']).unwrap_or(power)));
        let end = power.unwrap_or(fraction);
        let written = text.strip_suffix(end).unwrap_or_default();
        self.forward(written.len());
        if end.len() < whole.len() {
            return Ok(Some(Json::Float(written.parse().unwrap_or(f64::NAN))));
        }
        let count = written.trim_start_matches('-').len();
        if count > MAX_DIGITS {
            return Err(ReadStop::Digits(count));
        }
        Ok(Some(Json::Integer(written.to_owned())))
    }

    fn string(&mut self) -> Result<String, ReadStop> {
        let unterminated = ReadStop::Wrong("Unterminated string starting at", self.at);
        self.forward(1);
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find(|c| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            let (plain, after) = rest.split_at(end);
            text.push_str(plain);
            self.forward(end);
            let mut letters = after.chars();
            match (letters.next(), letters.next()) {
                (Some('"'), _) => {
                    self.forward(1);
                    return Ok(text);
                }
                (Some('\\'), Some(letter)) => text.push(self.escape(letter)?),
                (None, _) | (Some('\\'), None) => return Err(unterminated),
                (Some(_), _) => {
                    return Err(ReadStop::Wrong("Invalid control character at", self.at));
                }
            }
        }
    }

    /// The character of an escape sequence.
    fn escape(&mut self, letter: char) -> Result<char, ReadStop> {
        let plain = match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => return Err(ReadStop::Wrong("Invalid \\escape", self.at)),
        };
        self.forward(2);
        Ok(plain)
    }

    /// Two `\\u` escapes may encode a surrogate pair. Python looks for the second only if text follows
    /// it.
    fn unicode(&mut self) -> Result<char, ReadStop> {
        let first = self.unit()?;
        let is_high = (0xd800..0xdc00).contains(&first);
        let mut units = vec![first];
        if is_high && self.rest().starts_with("\\u") && self.rest().chars().nth(6).is_some() {
            let before = self.at;
            let second = self.unit()?;
            if (0xdc00..0xe000).contains(&second) {
                units.push(second);
            } else {
                self.at = before;
            }
        }
        let letter = char::decode_utf16(units).next();
        Ok(letter.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// A backslash, `u` and four hexadecimal digits, followed by more text.
    fn unit(&mut self) -> Result<u16, ReadStop> {
        let rest = self.rest();
        let goes_on = rest.chars().nth(6).is_some();
        let digits = rest.get(2..6).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.filter(|_| goes_on);
        let wrong = ReadStop::Wrong("Invalid \\uXXXX escape", self.at.saturating_add(1));
        self.forward(6);
        unit.ok_or(wrong)
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        let after = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.forward(rest.len().saturating_sub(after.len()));
    }

    fn expect(&mut self, wanted: &str, problem: &'static str) -> Result<(), ReadStop> {
        if self.take(wanted) { Ok(()) } else { Err(ReadStop::Wrong(problem, self.at)) }
    }

    fn take(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted);
        if is_here {
            self.forward(wanted.len());
        }
        is_here
    }

    fn here(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn forward(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }
}

/// The text after at least one digit.
fn after_digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// Python's limit on the digits of an integer (`sys.set_int_max_str_digits`).
pub const MAX_DIGITS: usize = 4300;

/// The maximum nesting; Python fails near a thousand levels.
const DEEPEST: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Json {
        Json::Text(text.to_owned())
    }

    fn integer(digits: &str) -> Json {
        Json::Integer(digits.to_owned())
    }

    #[test]
    fn documents_are_read() {
        let huge = "-123456789012345678901234567890123456789012345678901234567890";
        let members = vec![
            ("a".to_owned(), Json::Array(vec![integer("1"), Json::Float(-2500.0), integer("0")])),
            ("b".to_owned(), Json::Object(vec![])),
            ("a".to_owned(), Json::Null),
        ];
        for (json, value) in [
            ("[]", Json::Array(vec![])),
            (" {\"a\" : [1, -2.5e3, 0], \"b\":{}, \"a\":null} ", Json::Object(members)),
            (r#""\u00e9\ud83d\ude00\n\/""#, text("é😀\n/")),
            (r#""\ud83d\u0041\ude00""#, text("\u{fffd}A\u{fffd}")),
            ("\"\u{7f}\u{2028}\"", text("\u{7f}\u{2028}")),
            ("-Infinity", Json::Float(f64::NEG_INFINITY)),
            ("[true,false]", Json::Array(vec![Json::Bool(true), Json::Bool(false)])),
            ("1e999", Json::Float(f64::INFINITY)),
            ("-0", integer("-0")),
            (huge, integer(huge)),
        ] {
            assert_eq!(read_json(json).unwrap(), value, "{json}");
        }
        assert!(matches!(read_json("NaN"), Ok(Json::Float(float)) if float.is_nan()));
    }

    /// The expected texts are those of Python 3.11.
    #[test]
    fn errors_are_those_of_python() {
        for (json, message) in [
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
            ("[\"\u{e9}\u{1f600}\", x", "Expecting value: line 1 column 8 (char 7)"),
            ("\"a", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"a\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u12\u{e9}4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u0041", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\ud83d\\ude0x\"", "Invalid \\uXXXX escape: line 1 column 9 (char 8)"),
            ("nul", "Expecting value: line 1 column 1 (char 0)"),
            ("-", "Expecting value: line 1 column 1 (char 0)"),
            ("1.", "Extra data: line 1 column 2 (char 1)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
            (
                "\u{feff}1",
                "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)",
            ),
        ] {
            assert_eq!(read_json(json).unwrap_err().to_string(), message, "{json:?}");
        }
        let digits = read_json(&format!("[-{}", "1".repeat(4301))).unwrap_err();
        assert!(digits.to_string().contains("value has 4301 digits;"), "{digits}");
        assert!(read_json(&"1".repeat(4300)).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read_json(&nested(DEEPEST)).is_ok());
        assert_eq!(read_json(&nested(DEEPEST + 1)), Err(JsonError::TooDeep));
        assert_eq!(read_json(&"[{\"a\":".repeat(100_000)), Err(JsonError::TooDeep));
    }
}
