//! `otpauth` URIs, which hand a seed to an authenticator app.
//!
//! URIs are written without algorithm, digits and period, as AWS writes them: ours are the defaults,
//! and several apps ignore the parameters. URIs that are read may have them.

mod read;

use zeroize::Zeroizing;

use crate::{Seed, base32};
pub use read::{InvalidKeyUri, authenticator, is_key_uri};

/// The URI of a device in an account (its alias, or its number).
///
/// Without an issuer: `otpauth://totp/NAME@ACCOUNT?secret=BASE32`, as documented for
/// `CreateVirtualMFADevice`. With one: `otpauth://totp/ISSUER:NAME@ACCOUNT?secret=BASE32&issuer=ISSUER`,
/// by which apps sort their entries.
///
/// Within the parts, all but the unreserved characters of RFC 3986 section 2.3 are percent-encoded,
/// a space as `%20`: apps disagree about everything else.
pub fn key_uri(name: &str, account: &str, issuer: Option<&str>, seed: &Seed) -> Zeroizing<String> {
    key_uri_of_bytes(name, account, issuer, seed.expose())
}

/// Like [`key_uri`], for a key of any length: other services have other lengths.
pub fn key_uri_of_bytes(
    name: &str,
    account: &str,
    issuer: Option<&str>,
    key: &[u8],
) -> Zeroizing<String> {
    let secret = base32::encode(key);
    let parts: &[UriPart<'_>] = match issuer {
        None => &[
            Literal("otpauth://totp/"),
            Encoded(name),
            Literal("@"),
            Encoded(account),
            Literal("?secret="),
            Literal(&secret),
        ],
        Some(issuer) => &[
            Literal("otpauth://totp/"),
            Encoded(issuer),
            Literal(":"),
            Encoded(name),
            Literal("@"),
            Encoded(account),
            Literal("?secret="),
            Literal(&secret),
            Literal("&issuer="),
            Encoded(issuer),
        ],
    };
    // Capacity for the longest encoding: growing would leave copies of the seed in freed memory.
    let room = parts.iter().map(UriPart::longest).sum();
    let mut uri = Zeroizing::new(String::with_capacity(room));
    for part in parts {
        part.write(&mut uri);
    }
    uri
}

enum UriPart<'a> {
    Literal(&'a str),
    Encoded(&'a str),
}
use UriPart::{Encoded, Literal};

impl UriPart<'_> {
    fn longest(&self) -> usize {
        match self {
            Literal(text) => text.len(),
            Encoded(text) => 3 * text.len(),
        }
    }

    fn write(&self, uri: &mut String) {
        match self {
            Literal(text) => uri.push_str(text),
            Encoded(text) => text.bytes().for_each(|byte| percent_encode(byte, uri)),
        }
    }
}

fn percent_encode(byte: u8, uri: &mut String) {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            uri.push(char::from(byte));
        }
        _ => {
            uri.push('%');
            data_encoding::HEXUPPER.encode_append(&[byte], uri);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

    fn uri(name: &str, account: &str, issuer: Option<&str>) -> String {
        let seed = Seed::parse_base32(SECRET).unwrap();
        key_uri(name, account, issuer, &seed).replace(SECRET, "S")
    }

    #[test]
    fn forms_with_and_without_issuer() {
        assert_eq!(uri("jane", "123456789012", None), "otpauth://totp/jane@123456789012?secret=S");
        assert_eq!(
            uri("jane", "acme-corp", Some("Amazon Web Services")),
            "otpauth://totp/Amazon%20Web%20Services:jane@acme-corp?secret=S&issuer=Amazon%20Web%20Services"
        );
    }

    #[test]
    fn reserved_characters_are_percent_encoded() {
        let cases = [
            ("AZaz09-._~", "AZaz09-._~"),
            // The characters that device names may have besides letters and digits.
            ("_+=,.@-", "_%2B%3D%2C.%40-"),
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("a:b", "a%3Ab"),
            ("a/b", "a%2Fb"),
            ("a&b=c", "a%26b%3Dc"),
            ("#?", "%23%3F"),
            ("100%", "100%25"),
            ("%20", "%2520"),
            ("\"'<>\\", "%22%27%3C%3E%5C"),
            ("grün", "gr%C3%BCn"),
            ("gru\u{308}n", "gru%CC%88n"),
            ("鍵", "%E9%8D%B5"),
            ("🔑", "%F0%9F%94%91"),
            ("\0\n", "%00%0A"),
            ("", ""),
        ];
        for (text, encoded) in cases {
            assert_eq!(uri(text, "1", None), format!("otpauth://totp/{encoded}@1?secret=S"));
            assert_eq!(
                uri("n", text, Some(text)),
                format!("otpauth://totp/{encoded}:n@{encoded}?secret=S&issuer={encoded}")
            );
        }
    }

    #[test]
    fn the_buffer_is_allocated_once() {
        let seed = Seed::from_bytes([7; 40]);
        let uri = key_uri(&"=".repeat(226), "1", Some(&"🔑".repeat(64)), &seed);
        assert_eq!(uri.capacity(), 15 + 3 * (256 * 2 + 226 + 1) + 1 + 1 + 8 + 64 + 8);
    }
}
