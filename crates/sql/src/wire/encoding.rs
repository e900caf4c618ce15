//! Text of clients: UTF-8, as `client_encoding` says.
//!
//! Not here: where texts stand in messages.

use std::fmt::Write as _;

use super::report::Report;

/// Bytes that are not UTF-8, or a zero, which no text of PostgreSQL holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotText(Vec<u8>);

/// Reads a text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, NotText> {
    let bad = |at: usize| NotText(sequence(bytes.get(at..).unwrap_or_default()).to_vec());
    let text = std::str::from_utf8(bytes).map_err(|error| bad(error.valid_up_to()))?;
    match text.find('\0') {
        Some(at) => Err(bad(at)),
        None => Ok(text),
    }
}

impl From<NotText> for Report {
    fn from(NotText(bytes): NotText) -> Self {
        let mut message = "invalid byte sequence for encoding \"UTF8\":".to_owned();
        for byte in bytes {
            // Writing to memory does not fail.
            let _ = write!(message, " {byte:#04x}");
        }
        Self::new("22021", message)
    }
}

/// The bytes that PostgreSQL shows: as many as the first one announces.
fn sequence(bytes: &[u8]) -> &[u8] {
    let length = match bytes.first() {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        _ => 1,
    };
    bytes.get(..length).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_are_shown_as_postgresql_does() {
        fn shown(bytes: &[u8]) -> Result<&str, String> {
            text(bytes).map_err(|error| Report::from(error).message().to_owned())
        }
        assert_eq!(shown("é\u{10ffff}".as_bytes()), Ok("é\u{10ffff}"));
        for (bytes, told) in [
            (&b"a\xff"[..], "0xff"),
            (b"\xe2\x28\xa1x", "0xe2 0x28 0xa1"),
            (b"x\xc3", "0xc3"),
            (b"\xf0\x9f", "0xf0 0x9f"),
            (b"a\0b", "0x00"),
        ] {
            let message = format!("invalid byte sequence for encoding \"UTF8\": {told}");
            assert_eq!(shown(bytes), Err(message));
        }
    }
}
