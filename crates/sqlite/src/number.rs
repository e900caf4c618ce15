//! Numbers as SQLite writes them.
//!
//! SQLite writes a number as text through a C function with variable arguments, hence the unsafe
//! code.
#![expect(unsafe_code, reason = "SQLite formats numbers through a variadic C function")]

use std::ffi::{CStr, c_char, c_int};

use rusqlite::ffi;

/// A number as the text that SQLite converts it to: `1.0`, `1.0e+300`, `Inf`.
pub fn real_text(number: f64) -> String {
    write(c"%!.17g", number)
}

/// A number as the literal that SQLite's `quote` writes: that of infinity is `9.0e+999`.
pub fn real_literal(number: f64) -> String {
    write(c"%!0.17g", number)
}

/// `format` has one conversion, which takes a number.
fn write(format: &CStr, number: f64) -> String {
    let mut buffer = [0_u8; LONGEST];
    let length = c_int::try_from(buffer.len()).unwrap_or(0);
    // SAFETY: the pointer and the length are those of one array; SQLite writes at most that many
    // bytes, and a NUL as the last of them. The format takes the one argument that is given.
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

/// Bytes of the longest: 17 digits and what stands around them.
const LONGEST: usize = 64;
