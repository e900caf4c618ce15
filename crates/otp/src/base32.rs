//! Base32 (RFC 4648 section 6) for keys. Decoding ignores case, white space and dashes, and is
//! strict about everything that can reveal a typing error.

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use zeroize::Zeroizing;

use crate::InvalidSeed;

/// Upper case, without padding, which every authenticator app accepts.
pub fn encode(key: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE32_NOPAD.encode(key))
}

/// Decodes a key of one byte or more.
///
/// Padding may be correct or absent.
///
/// # Errors
/// Other characters, wrong padding, and trailing bits that are not zero (RFC 4648 section 3.5).
pub fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidSeed> {
    // Allocated at full length: growing would leave copies of the key in freed memory.
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    kept.extend(text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '-'));
    let digits = kept.trim_end_matches('=');
    let padding = kept.len() - digits.len();
    let refused = || {
        if digits.bytes().all(is_digit) { InvalidSeed::Encoding } else { InvalidSeed::Character }
    };
    let whole = digits.len().next_multiple_of(8);
    if digits.is_empty() || (padding > 0 && kept.len() != whole) {
        return Err(refused());
    }
    let length = BASE32_NOPAD_NOCASE.decode_len(digits.len()).map_err(|_| refused())?;
    let mut key = Zeroizing::new(vec![0; length]);
    BASE32_NOPAD_NOCASE.decode_mut(digits.as_bytes(), &mut key).map_err(|_| refused())?;
    Ok(key)
}

fn is_digit(c: u8) -> bool {
    matches!(c, b'A'..=b'Z' | b'a'..=b'z' | b'2'..=b'7')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_white_space_and_dashes_are_ignored() {
        let ten_bytes = b"1234567890";
        let sixteen_bytes = b"1234567890123456";
        let cases: [(&str, &[u8]); 12] = [
            ("GEZDGNBVGY3TQOJQ", ten_bytes),
            ("gezdgnbvgy3tqojq", ten_bytes),
            ("GezdGnbvGy3tQojq", ten_bytes),
            ("GEZD GNBV GY3T QOJQ", ten_bytes),
            ("GEZD-GNBV-GY3T-QOJQ", ten_bytes),
            ("  GEZDGNBVGY3TQOJQ ", ten_bytes),
            ("GEZDGNBVGY3TQOJQ\n", ten_bytes),
            ("GEZDGNBV\r\n\tGY3TQOJQ\r\n", ten_bytes),
            ("GEZDGNBVGY3TQOJQGEZDGNBVGY", sixteen_bytes),
            ("GEZDGNBVGY3TQOJQGEZDGNBVGY======", sixteen_bytes),
            ("MY", b"f"),
            ("MZXW6YQ=", b"foob"),
        ];
        for (text, key) in cases {
            assert_eq!(decode(text).as_deref().map(Vec::as_slice), Ok(key), "{text:?}");
        }
    }

    #[test]
    fn typing_errors_are_refused() {
        use InvalidSeed::{Character, Encoding};
        let cases = [
            ("GEZDGNBVGY3TQOJQGEZDGNBVGY===", Encoding),
            ("GEZDGNBVGY3TQOJQGEZDGNBVGY=======", Encoding),
            ("GEZDGNBVGY3TQOJQGEZDGNBVGY==============", Encoding),
            ("GEZDGNBVGY3TQOJQ========", Encoding),
            ("GEZDGNBVGY3TQOJQ=", Encoding),
            ("GEZD====GNBVGY3T", Character),
            ("========", Encoding),
            ("=", Encoding),
            ("", Encoding),
            (" -\n", Encoding),
            ("GEZDGNBVGY3TQOJ0", Character),
            ("GEZDGNBVGY3TQOJ1", Character),
            ("GEZDGNBVGY3TQOJ8", Character),
            ("GEZDGNBVGY3TQOJ9", Character),
            ("GEZDGNBVGY3TQOJ!", Character),
            ("GEZDGNBVGY3TQOJQG", Encoding),
            ("GEZDGNBVGY3TQOJQGEZ", Encoding),
            ("GEZDGNBVGY3TQOJQGEZDGN", Encoding),
            ("MZ", Encoding),
            ("GEZDGNBVGY3TQOJQGEZDGNBVGZ", Encoding),
            ("MY%3D%3D%3D%3D%3D%3D", Character),
            // Letters that become ASCII letters by case conversion.
            ("GEZDGNBVGY3TQOJı", Character),
            ("GEZDGNBVGY3TQOJ\u{212a}", Character),
            ("ＧＥＺＤ", Character),
            ("GEZD\u{a0}GNBV", Character),
        ];
        for (text, error) in cases {
            assert_eq!(decode(text).map(|_| ()), Err(error), "{text:?}");
        }
    }

    #[test]
    fn decoding_reverses_encoding() {
        for length in 1..=64_u8 {
            let key: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37) ^ 0xa5).collect();
            let text = encode(&key);
            assert!(text.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7')));
            assert_eq!(decode(&text).as_deref(), Ok(&key));
        }
    }
}
