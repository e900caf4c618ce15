//! Encodings for `AWS_CLI_FILE_ENCODING` and `AWS_CLI_OUTPUT_ENCODING`: the common ones of Python's
//! about one hundred, under Python's names.

use std::io::{self, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// UTF-8 with an optional byte order mark.
    Utf8Marked,
    /// UTF-16 in the order of its byte order mark, little-endian without one.
    Utf16,
    Ascii,
    /// ISO 8859-1: the first 256 characters.
    Latin1,
    Cp1252,
}

impl Encoding {
    /// Looks up an encoding by its Python name or alias.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase().replace(['_', ' '], "-");
        Some(match name.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Self::Utf8,
            "utf-8-sig" | "utf8-sig" => Self::Utf8Marked,
            "utf-16" | "utf16" | "u16" => Self::Utf16,
            "ascii" | "us-ascii" | "646" => Self::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859"
            | "cp819" => Self::Latin1,
            "cp1252" | "windows-1252" | "1252" => Self::Cp1252,
            _ => return None,
        })
    }

    /// Decodes bytes; `None` for invalid ones.
    pub(crate) fn decode(self, bytes: Vec<u8>) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes).ok(),
            Self::Utf8Marked => {
                let text = String::from_utf8(bytes).ok()?;
                Some(text.strip_prefix(MARK).map(str::to_owned).unwrap_or(text))
            }
            Self::Utf16 => utf16(&bytes),
            Self::Ascii => bytes.is_ascii().then(|| String::from_utf8(bytes).ok())?,
            Self::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
            Self::Cp1252 => bytes.into_iter().map(from_1252).collect(),
        }
    }

    /// Encodes a character; `None` if the encoding does not have it.
    fn push(self, bytes: &mut Vec<u8>, letter: char) -> Option<()> {
        match self {
            Self::Utf8 | Self::Utf8Marked => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Self::Utf16 => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    bytes.extend(unit.to_le_bytes());
                }
            }
            Self::Ascii => bytes.push(u8::try_from(letter).ok().filter(u8::is_ascii)?),
            Self::Latin1 => bytes.push(u8::try_from(letter).ok()?),
            Self::Cp1252 => bytes.push((0..=255).find(|byte| from_1252(*byte) == Some(letter))?),
        }
        Some(())
    }

    /// Python's message for a character that the encoding does not have.
    fn refusal(self, letter: char, at: usize) -> String {
        let (name, why) = match self {
            Self::Ascii => ("ascii", "ordinal not in range(128)"),
            Self::Latin1 => ("latin-1", "ordinal not in range(256)"),
            _ => ("charmap", "character maps to <undefined>"),
        };
        let shown = match u32::from(letter) {
            code @ ..=0xff => format!("\\x{code:02x}"),
            code @ ..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        };
        format!("'{name}' codec can't encode character '{shown}' in position {at}: {why}")
    }
}

/// Converts UTF-8 to another encoding.
pub(crate) struct Encoded<'w> {
    out: &'w mut dyn Write,
    encoding: Encoding,
    /// For characters that the encoding does not have: fail if true, else write a question mark.
    strict: bool,
    begun: bool,
    /// The first bytes of an incomplete character.
    part: Vec<u8>,
}

impl<'w> Encoded<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, encoding: Encoding, strict: bool) -> Self {
        Self { out, encoding, strict, begun: false, part: Vec::new() }
    }
}

impl Write for Encoded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        let whole = match str::from_utf8(&self.part) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.part.split_off(whole);
        let text = std::mem::replace(&mut self.part, rest);
        let mut encoded = Vec::with_capacity(text.len());
        let marked = matches!(self.encoding, Encoding::Utf8Marked | Encoding::Utf16);
        if !self.begun && marked && !text.is_empty() {
            self.encoding.push(&mut encoded, MARK);
        }
        self.begun |= !text.is_empty();
        for (at, letter) in String::from_utf8_lossy(&text).chars().enumerate() {
            if self.encoding.push(&mut encoded, letter).is_none() {
                if self.strict {
                    return Err(io::Error::other(self.encoding.refusal(letter, at)));
                }
                encoded.push(b'?');
            }
        }
        self.out.write_all(&encoded)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let big = pairs.first() == Some(&[0xfe, 0xff]);
    let unit =
        |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    let units: Vec<u16> = pairs.iter().map(unit).collect();
    let units = units.strip_prefix(&[0xfeff]).unwrap_or(&units);
    String::from_utf16(units).ok()
}

fn from_1252(byte: u8) -> Option<char> {
    match byte.checked_sub(0x80).map(usize::from) {
        Some(at) if at < HIGH_1252.len() => {
            HIGH_1252.get(at).copied().filter(|letter| *letter != '\0')
        }
        _ => Some(char::from(byte)),
    }
}

/// Windows-1252 from 0x80 to 0x9f, where it differs from ISO 8859-1; five are undefined.
const HIGH_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', //
    '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];
const MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str, strict: bool) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut encoded = Encoded::new(&mut out, Encoding::named(name).unwrap(), strict);
        // Byte by byte, as from a pipe.
        text.bytes().try_for_each(|b| encoded.write_all(&[b])).map_err(|e| e.to_string())?;
        Ok(out)
    }

    /// Expected values are those of Python 3.11.
    #[test]
    fn encoders_match_python_and_round_trip() {
        for (name, text, bytes) in [
            ("UTF-8", "é😀", &b"\xc3\xa9\xf0\x9f\x98\x80"[..]),
            ("utf_8_sig", "é", b"\xef\xbb\xbf\xc3\xa9"),
            ("utf-16", "é😀", b"\xff\xfe\xe9\x00\x3d\xd8\x00\xde"),
            ("ascii", "a", b"a"),
            ("ISO-8859-1", "é\u{80}", b"\xe9\x80"),
            ("cp1252", "é€Ÿ", b"\xe9\x80\x9f"),
        ] {
            assert_eq!(written(name, text, true).unwrap(), bytes, "{name}");
            let read = Encoding::named(name).unwrap().decode(bytes.to_vec());
            assert_eq!(read.as_deref(), Some(text), "{name}");
        }
        assert_eq!(Encoding::Utf16.decode(b"\xfe\xff\x00a".to_vec()).as_deref(), Some("a"));
        for (encoding, bytes) in [
            (Encoding::Utf8, &b"\xff"[..]),
            (Encoding::Ascii, b"\x80"),
            (Encoding::Utf16, b"abc"),
            (Encoding::Cp1252, b"\x81"),
        ] {
            assert_eq!(encoding.decode(bytes.to_vec()), None, "{encoding:?}");
        }
    }

    #[test]
    fn characters_outside_the_encoding_are_reported_or_replaced() {
        let refused = |name, text| {
            let mut out = Vec::new();
            let mut encoded = Encoded::new(&mut out, Encoding::named(name).unwrap(), true);
            encoded.write_all(str::as_bytes(text)).unwrap_err().to_string()
        };
        let ascii = "'ascii' codec can't encode character '\\xe9' in position 1: ordinal not in \
                     range(128)";
        assert_eq!(refused("ascii", "aé"), ascii);
        let latin = "'latin-1' codec can't encode character '\\u20ac' in position 0: ordinal not in \
                     range(256)";
        assert_eq!(refused("latin-1", "€"), latin);
        let charmap = "'charmap' codec can't encode character '\\U0001f600' in position 0: \
                       character maps to <undefined>";
        assert_eq!(refused("cp1252", "😀"), charmap);
        assert_eq!(written("ascii", "aéb", false).unwrap(), b"a?b");
    }
}
