//! Types of PostgreSQL for what SQL has here, and values in its two formats.
//!
//! Not here: which type a column has.

use std::fmt::Write as _;

use bytes::{BufMut as _, BytesMut};
use vmfa_model::Timestamp;

use super::{arrays, encoding, moment, numeric, report::Report};
use crate::{Cell, Heading, Type};

/// Identifiers of types.
pub(super) mod oid {
    pub(in crate::wire) const BOOL: u32 = 16;
    pub(in crate::wire) const BYTEA: u32 = 17;
    pub(in crate::wire) const CHAR: u32 = 18;
    pub(in crate::wire) const NAME: u32 = 19;
    pub(in crate::wire) const INT8: u32 = 20;
    pub(in crate::wire) const INT2: u32 = 21;
    pub(in crate::wire) const INT4: u32 = 23;
    pub(in crate::wire) const TEXT: u32 = 25;
    pub(in crate::wire) const OID: u32 = 26;
    pub(in crate::wire) const JSON: u32 = 114;
    pub(in crate::wire) const FLOAT4: u32 = 700;
    pub(in crate::wire) const FLOAT8: u32 = 701;
    pub(in crate::wire) const UNKNOWN: u32 = 705;
    pub(in crate::wire) const BPCHAR: u32 = 1042;
    pub(in crate::wire) const VARCHAR: u32 = 1043;
    pub(in crate::wire) const DATE: u32 = 1082;
    pub(in crate::wire) const TIMESTAMP: u32 = 1114;
    pub(in crate::wire) const TIMESTAMPTZ: u32 = 1184;
    pub(in crate::wire) const NUMERIC: u32 = 1700;
    pub(in crate::wire) const UUID: u32 = 2950;
    pub(in crate::wire) const JSONB: u32 = 3802;
}

/// A column as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) oid: u32,
    pub(super) binary: bool,
}

impl Column {
    /// The column under a heading.
    pub(super) fn new(heading: &Heading, binary: bool) -> Self {
        let oid = match heading.kind {
            Type::Any | Type::Text => oid::TEXT,
            Type::Integer => oid::INT8,
            Type::Real => oid::FLOAT8,
            Type::Boolean => oid::BOOL,
            Type::Json => oid::JSON,
            Type::Time => oid::TIMESTAMPTZ,
        };
        Self { name: heading.name.clone(), oid, binary }
    }

    /// Bytes of a value; fewer than none where they differ.
    pub(super) const fn width(&self) -> i16 {
        match self.oid {
            oid::BOOL => 1,
            oid::INT8 | oid::FLOAT8 | oid::TIMESTAMPTZ => 8,
            _ => -1,
        }
    }
}

/// Writes a cell with its length before it.
///
/// SQLite lets a cell hold another kind than its column: in text it is sent as what it is, and in
/// binary, where a client would read something else, it is refused.
pub(super) fn write(cell: &Cell, column: &Column, out: &mut BytesMut) -> Result<(), Report> {
    let at = out.len();
    out.put_i32(-1);
    match cell {
        Cell::Null => return Ok(()),
        cell if column.binary => write_binary(cell, column, out)?,
        cell => write_text(cell, column, out),
    }
    let length = out.len().saturating_sub(at).saturating_sub(4);
    let length = i32::try_from(length)
        .map_err(|_| Report::new("54000", "a value is too long to be sent"))?;
    if let Some(place) = out.get_mut(at..at.saturating_add(4)) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Writes a cell as text; NULL has none.
pub(super) fn write_text(cell: &Cell, column: &Column, out: &mut BytesMut) {
    match (cell, column.oid) {
        (Cell::Null, _) => {}
        (Cell::Integer(truth @ 0..=1), oid::BOOL) => {
            out.put_u8(if *truth == 1 { b't' } else { b'f' });
        }
        (Cell::Integer(number), _) => put(out, format_args!("{number}")),
        (Cell::Real(number), _) if number.is_infinite() => {
            put(out, format_args!("{}Infinity", if *number < 0.0 { "-" } else { "" }));
        }
        (Cell::Real(number), oid::FLOAT8) => put(out, format_args!("{number}")),
        // As SQLite writes it, with its point.
        (Cell::Real(number), _) => put(out, format_args!("{number:?}")),
        (Cell::Text(text), oid::TIMESTAMPTZ) => moment::write(text, out),
        (Cell::Text(text), _) => out.put_slice(text.as_bytes()),
        (Cell::Blob(bytes), _) => {
            out.put_slice(b"\\x");
            out.put_slice(data_encoding::HEXLOWER.encode(bytes).as_bytes());
        }
    }
}

fn write_binary(cell: &Cell, column: &Column, out: &mut BytesMut) -> Result<(), Report> {
    match (cell, column.oid) {
        (Cell::Integer(truth @ 0..=1), oid::BOOL) => out.put_u8(u8::from(*truth == 1)),
        (Cell::Integer(number), oid::INT8) => out.put_i64(*number),
        (Cell::Real(number), oid::FLOAT8) => out.put_f64(*number),
        (Cell::Integer(number), oid::FLOAT8) => {
            // Exact up to 53 bits, as everywhere in SQLite.
            #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "is wanted")]
            out.put_f64(*number as f64);
        }
        (Cell::Text(text), oid::TIMESTAMPTZ) => match Timestamp::parse(text) {
            Some(time) => out.put_i64(moment::micros(time)),
            None => return Err(unfit(column)),
        },
        (_, oid::BOOL | oid::INT8 | oid::FLOAT8 | oid::TIMESTAMPTZ) => return Err(unfit(column)),
        (Cell::Blob(bytes), oid::BYTEA) => out.put_slice(bytes),
        // The formats of text are the same.
        (cell, _) => write_text(cell, column, out),
    }
    Ok(())
}

fn unfit(column: &Column) -> Report {
    let message = format!("column `{}` holds a value of another type than it has", column.name);
    Report::new("22000", message).hint("ask for it as text, or CAST it")
}

fn put(out: &mut BytesMut, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}

/// Reads the value of a parameter. `None` is NULL. The refusal does not hold the value.
pub(super) fn read(value: Option<&[u8]>, kind: u32, binary: bool) -> Result<Cell, Report> {
    let Some(bytes) = value else { return Ok(Cell::Null) };
    if arrays::element(kind).is_some() {
        return arrays::read(bytes, kind, binary);
    }
    if binary { read_binary(bytes, kind) } else { read_text(text(bytes)?, kind) }
}

/// Bytes that it takes to read a value of that length: for each element of an array, a text and a
/// cell.
pub(super) const fn reading(kind: u32, length: usize) -> usize {
    if arrays::element(kind).is_some() { length.saturating_mul(ARRAY) } else { length }
}

/// Bytes for each byte of an array, of which every other may be an element.
const ARRAY: usize = 100;

/// Reads the text of a value.
pub(super) fn read_text(text: &str, kind: u32) -> Result<Cell, Report> {
    let trimmed = text.trim();
    match kind {
        oid::INT2 | oid::INT4 | oid::INT8 | oid::OID => {
            trimmed.parse().map(Cell::Integer).map_err(|_| wrong("a whole number"))
        }
        oid::FLOAT4 | oid::FLOAT8 => trimmed.parse().map(Cell::Real).map_err(|_| wrong("a number")),
        oid::NUMERIC => number(trimmed),
        oid::BOOL => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => Ok(Cell::Integer(1)),
            "f" | "false" | "n" | "no" | "off" | "0" => Ok(Cell::Integer(0)),
            _ => Err(wrong("a truth value")),
        },
        oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            Ok(Cell::Text(moment::read(trimmed).map_or(text.to_owned(), |time| time.to_string())))
        }
        oid::BYTEA => {
            let hex = trimmed.strip_prefix("\\x").map(str::to_ascii_lowercase);
            let bytes = hex.and_then(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok());
            bytes.map(Cell::Blob).ok_or_else(|| wrong("bytes in hexadecimal"))
        }
        _ => Ok(Cell::Text(text.to_owned())),
    }
}

/// Whether values of a type are read, in both formats.
pub(super) const fn is_read(kind: u32) -> bool {
    matches!(
        kind,
        oid::BOOL
            | oid::BYTEA
            | oid::CHAR
            | oid::NAME
            | oid::INT8
            | oid::INT2
            | oid::INT4
            | oid::TEXT
            | oid::OID
            | oid::JSON
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::BPCHAR
            | oid::VARCHAR
            | oid::DATE
            | oid::TIMESTAMP
            | oid::TIMESTAMPTZ
            | oid::NUMERIC
            | oid::UUID
            | oid::JSONB
    )
}

fn read_binary(bytes: &[u8], kind: u32) -> Result<Cell, Report> {
    let short = || wrong("of its type's length");
    match kind {
        oid::BOOL => Ok(Cell::Integer(i64::from(array::<1>(bytes).ok_or_else(short)? != [0]))),
        oid::INT2 => Ok(Cell::Integer(i16::from_be_bytes(array(bytes).ok_or_else(short)?).into())),
        oid::INT4 => Ok(Cell::Integer(i32::from_be_bytes(array(bytes).ok_or_else(short)?).into())),
        oid::OID => Ok(Cell::Integer(u32::from_be_bytes(array(bytes).ok_or_else(short)?).into())),
        oid::INT8 => Ok(Cell::Integer(i64::from_be_bytes(array(bytes).ok_or_else(short)?))),
        oid::FLOAT4 => Ok(Cell::Real(f32::from_be_bytes(array(bytes).ok_or_else(short)?).into())),
        oid::FLOAT8 => Ok(Cell::Real(f64::from_be_bytes(array(bytes).ok_or_else(short)?))),
        oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            let micros = i64::from_be_bytes(array(bytes).ok_or_else(short)?);
            Ok(Cell::Text(moment::of_micros(micros).to_string()))
        }
        oid::DATE => {
            let days = i32::from_be_bytes(array(bytes).ok_or_else(short)?);
            Ok(Cell::Text(moment::day(days)))
        }
        oid::NUMERIC => number(&numeric::read(bytes).ok_or_else(|| wrong("a number"))?),
        oid::UUID => {
            let number = u128::from_be_bytes(array(bytes).ok_or_else(short)?);
            let digits = format!("{number:032x}");
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part));
            Ok(Cell::Text(parts.map(Option::unwrap_or_default).join("-")))
        }
        oid::BYTEA => Ok(Cell::Blob(bytes.to_vec())),
        oid::JSONB => match bytes.split_first() {
            Some((1, json)) => Ok(Cell::Text(text(json)?.to_owned())),
            _ => Err(wrong("JSON of a known version")),
        },
        0
        | oid::TEXT
        | oid::VARCHAR
        | oid::BPCHAR
        | oid::NAME
        | oid::CHAR
        | oid::UNKNOWN
        | oid::JSON => Ok(Cell::Text(text(bytes)?.to_owned())),
        _ => {
            let message = format!("binary values of the type {kind} are not read here");
            Err(Report::new("0A000", message).hint("send it as text"))
        }
    }
}

fn number(text: &str) -> Result<Cell, Report> {
    if let Ok(whole) = text.parse() {
        return Ok(Cell::Integer(whole));
    }
    text.parse().map(Cell::Real).map_err(|_| wrong("a number"))
}

fn text(bytes: &[u8]) -> Result<&str, Report> {
    Ok(encoding::text(bytes)?)
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn wrong(what: &str) -> Report {
    Report::new("22P02", format!("a parameter's value is not {what}"))
}
