//! Decodes a query string and writes it in canonical form.

use data_encoding::HEXUPPER;

use crate::SignatureError;

/// Names and values, decoded, in the order received.
pub(crate) struct Query(Vec<(Vec<u8>, Vec<u8>)>);

impl Query {
    /// A parameter without an equal sign has an empty value; empty pairs are skipped.
    pub(crate) fn parse(raw: &str) -> Result<Self, SignatureError> {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of a parameter. Bytes that are not UTF-8 are replaced, which makes any value
    /// invalid.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(n, _)| n == name.as_bytes())?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// All parameters except `without`, encoded, then sorted by name and value.
    pub(crate) fn canonical(&self, without: Option<&str>) -> String {
        let mut pairs: Vec<(String, String)> = self
            .0
            .iter()
            .filter(|(name, _)| without.is_none_or(|without| name != without.as_bytes()))
            .map(|(name, value)| (encoded(name), encoded(value)))
            .collect();
        pairs.sort_unstable();
        let mut out = String::new();
        for (name, value) in &pairs {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(name);
            out.push('=');
            out.push_str(value);
        }
        out
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    encode_into(&mut out, bytes, b"");
    out
}

/// As [`encoded`], but does not encode the bytes in `keep`.
pub(crate) fn encode_into(out: &mut String, bytes: &[u8], keep: &[u8]) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) || keep.contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            HEXUPPER.encode_append(&[*byte], out);
        }
    }
}

/// Percent-decodes. A plus sign is a space, as in the decoding of parameters.
fn decode(text: &str) -> Result<Vec<u8>, SignatureError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let (digits, tail) =
                    rest.split_first_chunk::<2>().ok_or(SignatureError::TrailingEscape)?;
                rest = tail;
                out.push(hex(*digits).ok_or_else(|| {
                    SignatureError::IllegalEscape(String::from_utf8_lossy(digits).into_owned())
                })?);
            }
            other => out.push(*other),
        }
    }
    Ok(out)
}

fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(raw: &str) -> Result<String, String> {
        Query::parse(raw).map(|query| query.canonical(None)).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn equal_queries_have_one_form() {
        for (raw, expected) in [
            ("", ""),
            ("&&", ""),
            ("a", "a="),
            ("=", "="),
            ("a=b=c", "a=b%3Dc"),
            ("b=2&a=2&a=1&B=0", "B=0&a=1&a=2&b=2"),
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("x=a+b%20c%2Bd", "x=a%20b%20c%2Bd"),
            ("x=%e1%88%b4&x=ሴ", "x=%E1%88%B4&x=%E1%88%B4"),
            ("x=%7E%41&y=*%00", "x=~A&y=%2A%00"),
            ("%ff=1", "%FF=1"),
        ] {
            assert_eq!(canonical(raw).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn broken_escapes_are_refused() {
        for raw in ["%", "a=%", "a=%4", "%4&b"] {
            assert_eq!(canonical(raw).unwrap_err(), "Incomplete trailing escape % sequence");
        }
        for (raw, digits) in
            [("a=%yy&b", "yy"), ("a=%4g", "4g"), ("a=%+1", "+1"), ("%ሴ", "\u{fffd}")]
        {
            let expected = format!("Illegal hex character in escape % pattern: %{digits}");
            assert_eq!(canonical(raw).unwrap_err(), expected);
        }
    }
}
