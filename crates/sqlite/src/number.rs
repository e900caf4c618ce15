//! Numbers as SQLite formats them.
#![expect(unsafe_code, reason = "SQLite formats numbers through a variadic C function")]

use std::ffi::{CStr, c_char, c_int};

use rusqlite::ffi;

/// As SQLite's `CAST(number AS TEXT)`: `1.0`, `1.0e+300`, `Inf`.
pub fn real_text(number: f64) -> String {
    write(c"%!.17g", number)
}

/// As SQLite's `quote(number)`: infinity is `9.0e+999`.
pub fn real_literal(number: f64) -> String {
    write(c"%!0.17g", number)
}

/// `format` must have exactly one conversion, for a `double`.
fn write(format: &CStr, number: f64) -> String {
    let mut buffer = [0_u8; LONGEST];
    let length = c_int::try_from(buffer.len()).unwrap_or(0);
    // SAFETY: pointer and length are those of one array; SQLite writes at most that many bytes,
    // including a NUL. The format takes the one argument.
    unsafe {
        ffi::sqlite3_snprintf(
            length,
            buffer.as_mut_ptr().cast::<c_char>(),
            format.as_ptr(),
            number,
        );
    }
    let written = CStr::from_bytes_until_nul(&buffer).unwrap_or_default();
    written.to_string_lossy().into_owned()
}

/// More than 17 digits with sign, point and exponent.
const LONGEST: usize = 64;
