//! Characters as SQLite reads them from bytes, which need not be UTF-8.

use rusqlite::Result;

use super::values::Meter;

/// Reads characters one by one.
pub(super) struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    /// From the start of a text without NUL.
    pub(super) const fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The position in bytes.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Goes to a position at which a character starts.
    pub(super) const fn go(&mut self, at: usize) {
        self.at = at;
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte, which is not read. 0 at the end.
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// The next character. 0 at the end.
    #[inline]
    pub(super) fn read(&mut self, meter: &mut Meter) -> Result<u32> {
        meter.spend(1)?;
        let Some(first) = self.text.get(self.at).copied() else { return Ok(0) };
        self.at = self.at.saturating_add(1);
        if first < 0xC0 { Ok(first.into()) } else { self.long(first, meter) }
    }

    /// A character of several bytes. Any number of continuation bytes belong to it.
    fn long(&mut self, first: u8, meter: &mut Meter) -> Result<u32> {
        let mut character = u32::from(match first {
            0xC0..=0xDF => first & 0x1F,
            0xE0..=0xEF => first & 0x0F,
            0xF0..=0xF7 => first & 0x07,
            0xF8..=0xFB => first & 0x03,
            0xFC..=0xFD => first & 0x01,
            _ => 0,
        });
        while let Some(byte) = self.text.get(self.at).copied().filter(|byte| is_continuation(*byte))
        {
            meter.spend(1)?;
            character = (character << 6).wrapping_add(u32::from(byte & 0x3F));
            self.at = self.at.saturating_add(1);
        }
        let invalid = character < 0x80 || character & 0xFFFF_F800 == 0xD800;
        Ok(if invalid { 0xFFFD } else { character })
    }

    /// Skips a character. False at the end.
    pub(super) fn skip(&mut self, meter: &mut Meter) -> Result<bool> {
        let before = self.at;
        self.read(meter)?;
        Ok(self.at > before)
    }
}

/// Whether a byte continues a character.
pub(super) const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// A text up to its first NUL, where many of SQLite's functions take it to end.
pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    match memchr::memchr(0, text) {
        Some(end) => text.get(..end).unwrap_or(text),
        None => text,
    }
}
