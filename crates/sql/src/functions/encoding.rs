//! `hex`, `unhex`, `quote`, `randomblob` and `zeroblob`, byte for byte as SQLite's.

use rusqlite::{Connection, Result, functions::FunctionFlags, types::ValueRef};

use super::{
    characters::{Reader, until_nul},
    search::replaced,
    values::{Arguments, LONGEST_VALUE, Meter, Output, add, add_with, check, limit, too_big},
};

/// Adds the functions.
pub(super) fn register(connection: &Connection) -> Result<()> {
    add(connection, "hex", 1, |arguments, _| {
        let bytes = arguments.bytes(0).unwrap_or_default();
        hex(&bytes).map(Output::Text)
    })?;
    add(connection, "unhex", 1, unhex)?;
    add(connection, "unhex", 2, unhex)?;
    add(connection, "quote", 1, quote)?;
    add(connection, "zeroblob", 1, zeroblob)?;
    add_with(connection, "randomblob", 1, FunctionFlags::empty(), randomblob)
}

fn hex(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.len().saturating_mul(2) >= LONGEST_VALUE {
        return Err(too_big());
    }
    let mut text = vec![0; bytes.len().saturating_mul(2)];
    for (bytes, digits) in bytes.chunks(CHUNK).zip(text.chunks_mut(2 * CHUNK)) {
        check()?;
        for (byte, digits) in bytes.iter().zip(digits.as_chunks_mut::<2>().0) {
            *digits = [digit(byte >> 4), digit(byte & 0xF)];
        }
    }
    Ok(text)
}

const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' - 10 + value }
}

/// Characters of the second argument may stand between the pairs of digits.
fn unhex(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let passed = if arguments.len() == 2 { arguments.bytes(1) } else { Some((&[]).into()) };
    let (Some(text), Some(passed)) = (arguments.bytes(0), passed) else {
        return Ok(Output::Null);
    };
    let mut reader = Reader::new(until_nul(&text));
    let mut blob = Vec::with_capacity(text.len() / 2);
    while reader.peek() != 0 {
        meter.spend(1)?;
        let Some(upper) = value(reader.peek()) else {
            let character = reader.read(meter)?;
            if !holds(&passed, character, meter)? {
                return Ok(Output::Null);
            }
            continue;
        };
        reader.go(reader.at().saturating_add(1));
        let Some(lower) = value(reader.peek()) else { return Ok(Output::Null) };
        reader.go(reader.at().saturating_add(1));
        blob.push(upper << 4 | lower);
    }
    Ok(Output::Blob(blob))
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn holds(text: &[u8], character: u32, meter: &mut Meter) -> Result<bool> {
    let mut reader = Reader::new(text);
    while !reader.rest().is_empty() {
        if reader.read(meter)? == character {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A value as a literal of SQL. A text ends at its first NUL.
fn quote(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let quoted = match arguments.get(0) {
        ValueRef::Null => b"NULL".to_vec(),
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) => vmfa_sqlite::real_literal(number).into_bytes(),
        ValueRef::Text(text) => {
            [b"'", &*replaced(until_nul(text), b"'", b"''", meter)?, b"'"].concat()
        }
        ValueRef::Blob(bytes) => [b"X'", &*hex(bytes)?, b"'"].concat(),
    };
    if quoted.len() > LONGEST_VALUE {
        return Err(too_big());
    }
    Ok(Output::Text(quoted))
}

/// `zeroblob(length)`: SQLite keeps the length alone until the zeros are read.
fn zeroblob(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let length = arguments.integer(0, meter)?.max(0);
    let length = u64::try_from(length).unwrap_or(0);
    limit(usize::try_from(length).unwrap_or(usize::MAX))?;
    Ok(Output::Zeros(length))
}

/// `randomblob(length)`, with a length of 1 at least.
fn randomblob(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let length = usize::try_from(arguments.integer(0, meter)?.max(1)).unwrap_or(usize::MAX);
    if length > LONGEST_VALUE {
        return Err(too_big());
    }
    let mut blob = vec![0; length];
    for chunk in blob.chunks_mut(CHUNK) {
        check()?;
        vmfa_sqlite::random(chunk);
    }
    Ok(Output::Blob(blob))
}

/// Bytes between two checks.
const CHUNK: usize = 64 << 10;
