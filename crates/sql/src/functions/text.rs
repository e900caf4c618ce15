//! `length`, `upper`, `lower`, `substr`, `substring`, `trim`, `ltrim`, `rtrim`, `unicode`,
//! `concat` and `concat_ws`, byte for byte as SQLite's.

use rusqlite::{Connection, Result, types::ValueRef};

use super::{
    characters::{Reader, is_continuation, until_nul},
    values::{Arguments, LONGEST_VALUE, Meter, Output, add, check, refused, too_big},
};

/// Adds the functions.
pub(super) fn register(connection: &Connection) -> Result<()> {
    add(connection, "length", 1, length)?;
    add(connection, "upper", 1, |arguments, _| convert(arguments, <[u8]>::make_ascii_uppercase))?;
    add(connection, "lower", 1, |arguments, _| convert(arguments, <[u8]>::make_ascii_lowercase))?;
    for name in ["substr", "substring"] {
        add(connection, name, 2, substr)?;
        add(connection, name, 3, substr)?;
    }
    for arguments in [1, 2] {
        add(connection, "trim", arguments, |given, meter| trim(given, true, true, meter))?;
        add(connection, "ltrim", arguments, |given, meter| trim(given, true, false, meter))?;
        add(connection, "rtrim", arguments, |given, meter| trim(given, false, true, meter))?;
    }
    add(connection, "unicode", 1, unicode)?;
    add(connection, "concat", -1, |arguments, _| concat(arguments, "concat", 0, b""))?;
    add(connection, "concat_ws", -1, |arguments, _| {
        if arguments.len() < 2 {
            return Err(wrong_number("concat_ws"));
        }
        let Some(separator) = arguments.bytes(0) else { return Ok(Output::Null) };
        concat(arguments, "concat_ws", 1, &separator)
    })
}

/// The characters of a text up to its first NUL, the bytes of anything else.
fn length(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let ValueRef::Text(text) = arguments.get(0) else {
        let count = arguments.bytes(0).map(|bytes| integer(bytes.len()));
        return Ok(count.map_or(Output::Null, Output::Integer));
    };
    let (mut count, mut at) = (0_usize, 0);
    let text = until_nul(text);
    while at < text.len() {
        let skipped = ascii(text, at, meter)?;
        at = if skipped > 0 { at.saturating_add(skipped) } else { after(text, at, meter)? };
        count = count.saturating_add(skipped.max(1));
    }
    Ok(Output::Integer(integer(count)))
}

fn convert(arguments: &Arguments<'_, '_>, chunk: fn(&mut [u8])) -> Result<Output> {
    let Some(text) = arguments.bytes(0) else { return Ok(Output::Null) };
    let mut text = text.into_owned();
    for part in text.chunks_mut(CHUNK) {
        check()?;
        chunk(part);
    }
    Ok(Output::Text(text))
}

/// Positions are counted in characters of a text, and in bytes of a blob.
fn substr(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let Some(bytes) = arguments.bytes(0) else { return Ok(Output::Null) };
    let null = |at: usize| matches!(arguments.get(at), ValueRef::Null);
    if null(1) || (arguments.len() == 3 && null(2)) {
        return Ok(Output::Null);
    }
    let first = arguments.integer(1, meter)?;
    let count = if arguments.len() == 3 { arguments.integer(2, meter)? } else { i64::MAX };
    if matches!(arguments.get(0), ValueRef::Blob(_)) {
        if bytes.is_empty() {
            return Ok(Output::Null);
        }
        let (skipped, taken) = range(first, count, integer(bytes.len()));
        let start = skipped.min(bytes.len());
        let end = start.saturating_add(taken).min(bytes.len());
        return Ok(Output::Blob(bytes.get(start..end).unwrap_or_default().to_vec()));
    }
    let text = until_nul(&bytes);
    let mut length = 0_i64;
    if first < 0 {
        let mut reader = Reader::new(text);
        loop {
            let skipped = ascii(text, reader.at(), meter)?;
            if skipped == 0 && !reader.skip(meter)? {
                break;
            }
            reader.go(reader.at().saturating_add(skipped));
            length = length.saturating_add(integer(skipped.max(1)));
        }
    }
    let (skipped, taken) = range(first, count, length);
    let start = forward(text, 0, skipped, meter)?;
    let end = forward(text, start, taken, meter)?;
    Ok(Output::Text(text.get(start..end).unwrap_or_default().to_vec()))
}

/// How many characters to skip and how many to take, of `length`, for the arguments of `substr`.
fn range(first: i64, count: i64, length: i64) -> (usize, usize) {
    let (mut first, mut count) = (first, count);
    if first < 0 {
        first = first.saturating_add(length);
        if first < 0 {
            count = if count < 0 { 0 } else { count.saturating_add(first) };
            first = 0;
        }
    } else if first > 0 {
        first = first.saturating_sub(1);
    } else if count > 0 {
        count = count.saturating_sub(1);
    }
    if count < 0 {
        count = if count < first.saturating_neg() { first } else { count.saturating_neg() };
        first = first.saturating_sub(count);
    }
    let size = |number: i64| usize::try_from(number.max(0)).unwrap_or(usize::MAX);
    (size(first), size(count))
}

/// Where the characters from `at` end, `count` of them.
fn forward(text: &[u8], at: usize, characters: usize, meter: &mut Meter) -> Result<usize> {
    let (mut at, mut left) = (at, characters);
    while left > 0 && at < text.len() {
        let skipped = if left < BLOCK { 0 } else { ascii(text, at, meter)? };
        at = if skipped > 0 { at.saturating_add(skipped) } else { after(text, at, meter)? };
        left = left.saturating_sub(skipped.max(1));
    }
    Ok(at)
}

/// The length of a block of ASCII that starts at `at`. 0 where there is none.
fn ascii(text: &[u8], at: usize, meter: &mut Meter) -> Result<usize> {
    meter.spend(1)?;
    let block = text.get(at..at.saturating_add(BLOCK));
    let begins = |block: &&[u8]| block.iter().take(8).all(u8::is_ascii);
    let block = block.filter(begins).filter(|block| block.is_ascii());
    meter.spend(block.map_or(0, |block| block.len() / 16))?;
    Ok(block.map_or(0, <[u8]>::len))
}

/// Where the character at `at` ends. Other than in [`Reader`], any byte above ASCII takes the
/// continuation bytes after it along.
#[inline]
fn after(text: &[u8], at: usize, meter: &mut Meter) -> Result<usize> {
    meter.spend(1)?;
    let ascii = text.get(at).is_none_or(u8::is_ascii);
    let mut at = at.saturating_add(1);
    while !ascii && text.get(at).copied().is_some_and(is_continuation) {
        meter.spend(1)?;
        at = at.saturating_add(1);
    }
    Ok(at)
}

fn trim(
    arguments: &Arguments<'_, '_>,
    left: bool,
    right: bool,
    meter: &mut Meter,
) -> Result<Output> {
    let Some(text) = arguments.bytes(0) else { return Ok(Output::Null) };
    let set = if arguments.len() == 2 { arguments.bytes(1) } else { Some(b" ".as_slice().into()) };
    let Some(set) = set else { return Ok(Output::Null) };
    trimmed(&text, &set, left, right, meter).map(|text| Output::Text(text.to_vec()))
}

/// A text without the characters of a set at its ends.
pub(crate) fn trimmed<'t>(
    text: &'t [u8],
    set: &[u8],
    left: bool,
    right: bool,
    meter: &mut Meter,
) -> Result<&'t [u8]> {
    let characters = split(until_nul(set), meter)?;
    let mut rest = text;
    while left && let Some(shorter) = strip(rest, &characters, <[u8]>::strip_prefix, meter)? {
        rest = shorter;
    }
    while right && let Some(shorter) = strip(rest, &characters, <[u8]>::strip_suffix, meter)? {
        rest = shorter;
    }
    Ok(rest)
}

/// The characters of a set.
fn split<'s>(set: &'s [u8], meter: &mut Meter) -> Result<Vec<&'s [u8]>> {
    let (mut reader, mut characters) = (Reader::new(set), Vec::new());
    loop {
        let start = reader.at();
        if !reader.skip(meter)? {
            return Ok(characters);
        }
        // SQLite has room for no more.
        if characters.len() >= LONGEST_VALUE / 12 {
            return Err(too_big());
        }
        characters.push(set.get(start..reader.at()).unwrap_or_default());
    }
}

/// The text without one character of the set. `None` where it has none there.
fn strip<'t>(
    text: &'t [u8],
    characters: &[&[u8]],
    cut: for<'a, 'b> fn(&'a [u8], &'b [u8]) -> Option<&'a [u8]>,
    meter: &mut Meter,
) -> Result<Option<&'t [u8]>> {
    if text.is_empty() {
        return Ok(None);
    }
    for character in characters {
        meter.spend(character.len() / 16 + 1)?;
        let shorter = cut(text, character);
        if shorter.is_some() {
            return Ok(shorter);
        }
    }
    Ok(None)
}

/// The code point of the first character.
fn unicode(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let Some(text) = arguments.bytes(0) else { return Ok(Output::Null) };
    let first = Reader::new(until_nul(&text)).read(meter)?;
    // SQLite takes it for a signed number.
    Ok(if first == 0 { Output::Null } else { Output::Integer(first.cast_signed().into()) })
}

/// The arguments from `first` that are not NULL.
fn concat(
    arguments: &Arguments<'_, '_>,
    name: &str,
    first: usize,
    separator: &[u8],
) -> Result<Output> {
    if arguments.len() <= first {
        return Err(wrong_number(name));
    }
    let mut text = Vec::new();
    let mut parts = (first..arguments.len()).filter_map(|at| arguments.bytes(at));
    if let Some(part) = parts.next() {
        text.extend_from_slice(&part);
    }
    for part in parts {
        check()?;
        if text.len().saturating_add(separator.len()).saturating_add(part.len()) > LONGEST_VALUE {
            return Err(too_big());
        }
        text.extend_from_slice(separator);
        text.extend_from_slice(&part);
    }
    Ok(Output::Text(text))
}

fn wrong_number(name: &str) -> rusqlite::Error {
    refused(format!("wrong number of arguments to function {name}()"))
}

fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Bytes of a block that is skipped at once.
const BLOCK: usize = 256;
/// Bytes between two checks.
const CHUNK: usize = 64 << 10;
