//! Arguments and results of SQL functions as bytes, and how long one may run unheard.
//!
//! SQLite's texts need not be UTF-8, so functions that take SQLite's place work on bytes.

use std::borrow::Cow;

use rusqlite::{
    Connection, Error, Result, ToSql, ffi,
    functions::{Context, FunctionFlags},
    types::{ToSqlOutput, ValueRef},
};

/// Bytes of the longest value.
pub(crate) const LONGEST_VALUE: usize = 4 << 20;

/// What a function returns.
pub(crate) enum Output {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
    /// A blob of zeros, by its length in bytes.
    Zeros(u64),
}

impl ToSql for Output {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        if let Self::Zeros(length) = self {
            return Ok(ToSqlOutput::ZeroBlob(*length));
        }
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null | Self::Zeros(_) => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The arguments of a call.
pub(crate) struct Arguments<'c, 'a>(&'c Context<'a>);

impl<'c> Arguments<'c, '_> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// NULL where there is no such argument. An argument that cannot be read for want of memory
    /// would end in a panic, so reading one is never refused; it has 4 MiB at most.
    pub(crate) fn get(&self, at: usize) -> ValueRef<'c> {
        if at < self.0.len() {
            vmfa_sqlite::unrefused(|| self.0.get_raw(at))
        } else {
            ValueRef::Null
        }
    }

    /// The bytes of an argument: those of a number are its text. `None` for NULL.
    pub(crate) fn bytes(&self, at: usize) -> Option<Cow<'c, [u8]>> {
        match self.get(at) {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            ValueRef::Real(number) => Some(Cow::Owned(vmfa_sqlite::real_text(number).into_bytes())),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Cow::Borrowed(bytes)),
        }
    }

    /// An argument as text, with U+FFFD for what is not UTF-8. `None` for NULL.
    pub(crate) fn text(&self, at: usize, meter: &mut Meter) -> Result<Option<Cow<'c, str>>> {
        Ok(match self.bytes(at) {
            None => None,
            Some(Cow::Borrowed(bytes)) => Some(decoded(bytes, meter)?),
            Some(Cow::Owned(bytes)) => Some(decoded(&bytes, meter)?.into_owned().into()),
        })
    }

    /// An argument as SQLite converts it to an integer: the digits at the start of a text, limited
    /// to 64 bits; 0 for NULL.
    pub(crate) fn integer(&self, at: usize, meter: &mut Meter) -> Result<i64> {
        Ok(match self.get(at) {
            ValueRef::Null => 0,
            ValueRef::Integer(number) => number,
            ValueRef::Real(number) => truncated(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => leading_integer(bytes, meter)?,
        })
    }
}

/// Counts the work that a call does, and notices in time that its statement was cancelled.
pub(crate) struct Meter(usize);

impl Meter {
    /// Fails where the statement was cancelled already.
    pub(crate) fn start() -> Result<Self> {
        check()?;
        Ok(Self(STRIDE))
    }

    /// Fails where the statement was cancelled: before a step that cannot be interrupted.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.0 = STRIDE;
        check()
    }

    /// Counts units of work, none of which takes more than some dozens of instructions.
    /// Fails where the statement was cancelled.
    #[inline]
    pub(crate) fn spend(&mut self, units: usize) -> Result<()> {
        if let Some(left) = self.0.checked_sub(units) {
            self.0 = left;
            return Ok(());
        }
        self.check()
    }
}

/// Fails where the statement was cancelled.
pub(crate) fn check() -> Result<()> {
    if vmfa_sqlite::interrupted() { Err(failure(ffi::SQLITE_INTERRUPT)) } else { Ok(()) }
}

/// A value would be longer than any may be.
pub(crate) fn too_big() -> Error {
    failure(ffi::SQLITE_TOOBIG)
}

/// Fails where a value of that length would be too long.
pub(crate) fn limit(bytes: usize) -> Result<()> {
    if bytes > LONGEST_VALUE { Err(too_big()) } else { Ok(()) }
}

/// An error with a message of its own.
pub(crate) fn refused(message: impl Into<String>) -> Error {
    Error::UserFunctionError(message.into().into())
}

/// Adds a function that always gives the same for the same arguments. It may take any number of
/// arguments where `arguments` is -1.
pub(crate) fn add(
    connection: &Connection,
    name: &str,
    arguments: i32,
    body: fn(&Arguments<'_, '_>, &mut Meter) -> Result<Output>,
) -> Result<()> {
    add_with(connection, name, arguments, FunctionFlags::SQLITE_DETERMINISTIC, body)
}

/// Adds a function with these flags.
pub(crate) fn add_with(
    connection: &Connection,
    name: &str,
    arguments: i32,
    flags: FunctionFlags,
    body: impl Fn(&Arguments<'_, '_>, &mut Meter) -> Result<Output> + Send + 'static,
) -> Result<()> {
    let flags = flags | FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(name, arguments, flags, move |context| {
        body(&Arguments(context), &mut Meter::start()?)
    })
}

fn failure(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// Decodes UTF-8 piece by piece.
fn decoded<'t>(bytes: &'t [u8], meter: &mut Meter) -> Result<Cow<'t, str>> {
    meter.spend(bytes.len().min(PIECE) / 4)?;
    if bytes.len() <= PIECE {
        return Ok(String::from_utf8_lossy(bytes));
    }
    let (mut text, mut rest) = (String::with_capacity(bytes.len()), bytes);
    while !rest.is_empty() {
        meter.check()?;
        let mut end = rest.len().min(PIECE);
        // A character that the piece would end in is left to the next.
        let continues = |end: usize| rest.get(end).is_some_and(|byte| byte & 0xC0 == 0x80);
        let whole = (0..4).find(|back| !continues(end.saturating_sub(*back)));
        end = end.saturating_sub(whole.unwrap_or(0));
        let (piece, after) = rest.split_at(end);
        text.push_str(&String::from_utf8_lossy(piece));
        rest = after;
    }
    Ok(text.into())
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rounds towards zero and saturates, as SQLite does"
)]
const fn truncated(number: f64) -> i64 {
    number as i64
}

fn leading_integer(bytes: &[u8], meter: &mut Meter) -> Result<i64> {
    let mut rest = bytes.iter().copied().peekable();
    let mut is_next = |fits: fn(&u8) -> bool, meter: &mut Meter| -> Result<Option<u8>> {
        meter.spend(1)?;
        Ok(rest.next_if(fits))
    };
    while is_next(|byte| matches!(byte, b' ' | b'\t'..=b'\r'), meter)?.is_some() {}
    let negative = is_next(|byte| matches!(byte, b'-' | b'+'), meter)? == Some(b'-');
    let mut number = 0_i64;
    while let Some(digit) = is_next(u8::is_ascii_digit, meter)? {
        let digit = i64::from(digit.wrapping_sub(b'0'));
        let signed = if negative { digit.saturating_neg() } else { digit };
        number = number.saturating_mul(10).saturating_add(signed);
    }
    Ok(number)
}

/// Bytes that are decoded between two checks.
const PIECE: usize = 64 << 10;
/// Units of work between two checks.
const STRIDE: usize = 32 << 10;
