//! `like` and `glob`, as SQLite's.

use rusqlite::{Connection, Result};

use super::{
    characters::{Reader, until_nul},
    values::{Arguments, Meter, Output, add, refused},
};

/// Adds the functions.
pub(super) fn register(connection: &Connection) -> Result<()> {
    add(connection, "like", 2, like)?;
    add(connection, "like", 3, like)?;
    add(connection, "glob", 2, glob)
}

/// How a pattern is read. 0 stands for a character that it does not have.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Stands for any number of characters.
    pub(crate) any: u32,
    /// Stands for one character.
    pub(crate) one: u32,
    /// Begins a set of characters, which ends with `]`.
    pub(crate) set: u32,
    /// Makes the next character stand for itself.
    pub(crate) escape: u32,
    /// Whether upper and lower case of ASCII are the same.
    pub(crate) fold: bool,
}

/// The pattern, the text, and the escape character.
fn like(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let mut rules = LIKE;
    let pattern = pattern(arguments)?;
    if arguments.len() == 3 {
        let Some(escape) = arguments.bytes(2) else { return Ok(Output::Null) };
        rules.escape = escape_character(&escape, meter)?;
        if rules.escape == rules.any {
            rules.any = 0;
        }
        if rules.escape == rules.one {
            rules.one = 0;
        }
    }
    let (Some(pattern), Some(text)) = (pattern, arguments.bytes(1)) else {
        return Ok(Output::Null);
    };
    Ok(Output::Integer(matches(&pattern, &text, rules, meter)?.into()))
}

fn glob(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let (Some(pattern), Some(text)) = (pattern(arguments)?, arguments.bytes(1)) else {
        return Ok(Output::Null);
    };
    Ok(Output::Integer(matches(&pattern, &text, GLOB, meter)?.into()))
}

fn pattern<'c>(arguments: &Arguments<'c, '_>) -> Result<Option<std::borrow::Cow<'c, [u8]>>> {
    let pattern = arguments.bytes(0);
    if pattern.as_ref().is_some_and(|pattern| pattern.len() > LONGEST_PATTERN) {
        return Err(refused("LIKE or GLOB pattern too complex"));
    }
    Ok(pattern)
}

fn escape_character(escape: &[u8], meter: &mut Meter) -> Result<u32> {
    let mut reader = Reader::new(until_nul(escape));
    let character = reader.read(meter)?;
    if reader.at() == 0 || !reader.rest().is_empty() {
        return Err(refused("ESCAPE expression must be a single character"));
    }
    Ok(character)
}

/// Whether a text is like a pattern, in time of the product of their lengths at most.
pub(crate) fn matches(
    pattern: &[u8],
    text: &[u8],
    rules: Rules,
    meter: &mut Meter,
) -> Result<bool> {
    let (pattern, text) = (Reader::new(until_nul(pattern)), Reader::new(until_nul(text)));
    Matcher { rules, pattern, text, last: None, meter }.run()
}

struct Matcher<'t, 'm> {
    rules: Rules,
    pattern: Reader<'t>,
    text: Reader<'t>,
    /// The last wildcard for any number of characters. Where what follows it does not match, it
    /// takes more characters; those before it never need to.
    last: Option<Wildcard>,
    meter: &'m mut Meter,
}

/// A wildcard for any number of characters that more of the pattern follows.
#[derive(Clone, Copy)]
struct Wildcard {
    /// The character that stands after it. `None` for a set.
    next: Option<u32>,
    /// Where the pattern goes on: after that character, or at the set.
    pattern: usize,
    /// Where the text goes on.
    text: usize,
}

enum Step {
    Matched,
    Differs,
    /// The whole text matches.
    Whole,
    /// Whatever the wildcards take, the text does not match.
    Never,
}

impl Matcher<'_, '_> {
    fn run(mut self) -> Result<bool> {
        loop {
            match self.step()? {
                Step::Matched => {}
                Step::Whole => return Ok(true),
                Step::Never => return Ok(false),
                Step::Differs => {
                    if !self.go_on()? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Matches one element of the pattern.
    fn step(&mut self) -> Result<Step> {
        let mut character = self.pattern.read(self.meter)?;
        if character == 0 {
            let ended = self.text.rest().is_empty();
            return Ok(if ended { Step::Whole } else { Step::Differs });
        }
        if character == self.rules.any {
            return self.wildcard();
        }
        if character == self.rules.set {
            return self.set();
        }
        let escaped = character == self.rules.escape;
        if escaped {
            character = self.pattern.read(self.meter)?;
            if character == 0 {
                return Ok(Step::Differs);
            }
        }
        let found = self.text.read(self.meter)?;
        let one = character == self.rules.one && !escaped && found != 0;
        let same = character == found
            || (self.rules.fold
                && character < 0x80
                && found < 0x80
                && folded(character) == folded(found));
        Ok(if same || one { Step::Matched } else { Step::Differs })
    }

    fn wildcard(&mut self) -> Result<Step> {
        let mut next = self.pattern.read(self.meter)?;
        while next != 0 && (next == self.rules.any || next == self.rules.one) {
            if next == self.rules.one && self.text.read(self.meter)? == 0 {
                return Ok(Step::Never);
            }
            next = self.pattern.read(self.meter)?;
        }
        if next == 0 {
            return Ok(Step::Whole);
        }
        let mut pattern = self.pattern.at();
        let is_set = next == self.rules.set;
        if is_set {
            pattern = pattern.saturating_sub(1);
        } else if next == self.rules.escape {
            next = self.pattern.read(self.meter)?;
            if next == 0 {
                return Ok(Step::Never);
            }
            pattern = self.pattern.at();
        }
        let next = (!is_set).then_some(next);
        self.last = Some(Wildcard { next, pattern, text: self.text.at() });
        Ok(if self.go_on()? { Step::Matched } else { Step::Never })
    }

    /// Lets the last wildcard take more characters. False where there is none, or no text left.
    fn go_on(&mut self) -> Result<bool> {
        let Some(Wildcard { next, pattern, text }) = self.last else { return Ok(false) };
        self.text.go(text);
        let start = match next {
            Some(next) if !self.seek(next)? => return Ok(false),
            Some(_) => self.text.at(),
            None if !self.text.skip(self.meter)? => return Ok(false),
            None => text,
        };
        self.last = Some(Wildcard { next, pattern, text: self.text.at() });
        self.text.go(start);
        self.pattern.go(pattern);
        Ok(true)
    }

    /// Goes behind the next such character of the text.
    fn seek(&mut self, character: u32) -> Result<bool> {
        let ascii = u8::try_from(character).ok().filter(u8::is_ascii);
        let Some(ascii) = ascii else {
            loop {
                match self.text.read(self.meter)? {
                    0 => return Ok(false),
                    found if found == character => return Ok(true),
                    _ => {}
                }
            }
        };
        let rest = self.text.rest();
        let found = if self.rules.fold {
            memchr::memchr2(ascii.to_ascii_lowercase(), ascii.to_ascii_uppercase(), rest)
        } else {
            memchr::memchr(ascii, rest)
        };
        let Some(found) = found else { return Ok(false) };
        self.meter.spend(found / 16)?;
        self.text.go(self.text.at().saturating_add(found).saturating_add(1));
        Ok(true)
    }

    fn set(&mut self) -> Result<Step> {
        let character = self.text.read(self.meter)?;
        if character == 0 {
            return Ok(Step::Differs);
        }
        let (mut seen, mut before) = (false, 0);
        let mut member = self.pattern.read(self.meter)?;
        let inverted = member == u32::from(b'^');
        if inverted {
            member = self.pattern.read(self.meter)?;
        }
        if member == END_OF_SET {
            seen = character == END_OF_SET;
            member = self.pattern.read(self.meter)?;
        }
        while member != 0 && member != END_OF_SET {
            let is_range =
                member == u32::from(b'-') && !matches!(self.pattern.peek(), b']' | 0) && before > 0;
            if is_range {
                let last = self.pattern.read(self.meter)?;
                seen = seen || (before..=last).contains(&character);
                before = 0;
            } else {
                seen = seen || character == member;
                before = member;
            }
            member = self.pattern.read(self.meter)?;
        }
        Ok(if member != 0 && seen != inverted { Step::Matched } else { Step::Differs })
    }
}

/// A character of ASCII in lower case.
fn folded(character: u32) -> u32 {
    u8::try_from(character).map_or(character, |byte| byte.to_ascii_lowercase().into())
}

#[expect(clippy::as_conversions, reason = "widening is not yet possible otherwise in a constant")]
const fn code(byte: u8) -> u32 {
    byte as u32
}

const LIKE: Rules = Rules { any: code(b'%'), one: code(b'_'), set: 0, escape: 0, fold: true };
const GLOB: Rules =
    Rules { any: code(b'*'), one: code(b'?'), set: code(b'['), escape: 0, fold: false };
const END_OF_SET: u32 = code(b']');
/// Bytes of the longest pattern: SQLite's limit.
const LONGEST_PATTERN: usize = 50_000;
