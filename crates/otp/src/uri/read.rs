//! Parsing `otpauth` URIs. The label and parameters that codes do not depend on are ignored.

use std::str;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Authenticator, DIGITS, InvalidSeed, PERIOD, authenticator::Algorithm, base32};

/// Whether a text begins like an `otpauth` URI; it may still be an invalid one.
pub fn is_key_uri(text: &str) -> bool {
    text.trim_start().get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// The authenticator of a URI. White space around the URI is ignored.
///
/// # Errors
/// Anything but time-based codes of 6 to 8 digits with a period of up to an hour and SHA1, SHA256 or
/// SHA512; and ambiguous URIs, such as one with two secrets.
pub fn authenticator(uri: &str) -> Result<Authenticator, InvalidKeyUri> {
    let rest = is_key_uri(uri).then(|| uri.trim().get(SCHEME.len()..)).flatten();
    let rest = rest.ok_or(InvalidKeyUri::Form)?;
    if rest.get(..MIGRATION.len()).is_some_and(|start| start.eq_ignore_ascii_case(MIGRATION)) {
        return Err(InvalidKeyUri::Migration);
    }
    let rest = rest.strip_prefix("://").ok_or(InvalidKeyUri::Form)?;
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, _) = path.split_once('/').unwrap_or((path, ""));
    if kind.eq_ignore_ascii_case("hotp") {
        return Err(InvalidKeyUri::Counter);
    }
    if !kind.eq_ignore_ascii_case("totp") {
        return Err(InvalidKeyUri::Form);
    }

    let [secret, algorithm, digits, period] = parameters(query)?;
    let secret = secret.filter(|secret| !secret.is_empty()).ok_or(InvalidKeyUri::NoSecret)?;
    let key = base32::decode(&secret)?;
    let algorithm = match algorithm {
        None => Algorithm::Sha1,
        Some(name) => Algorithm::named(&name).ok_or(InvalidKeyUri::Algorithm)?,
    };
    let digits = match digits.as_deref().map(String::as_str) {
        None => DIGITS,
        Some("6") => 6,
        Some("7") => 7,
        Some("8") => 8,
        Some(_) => return Err(InvalidKeyUri::Digits),
    };
    let period = match period {
        None => PERIOD,
        Some(text) => seconds(&text).ok_or(InvalidKeyUri::Period)?,
    };
    Ok(Authenticator::with(&key, algorithm, digits, period))
}

/// Why a text is not a valid `otpauth` URI. Never contains the text: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidKeyUri {
    /// Another scheme, or an unknown type of code.
    #[error("not an otpauth URI; expected `otpauth://totp/…?secret=…`")]
    Form,
    /// Counter-based codes.
    #[error("unsupported otpauth URI: counter-based codes (`hotp`); only `totp` is supported")]
    Counter,
    /// An `otpauth-migration` URI, which Google Authenticator exports.
    #[error(
        "this is an export of all keys of an authenticator app; use the QR code of the single key"
    )]
    Migration,
    /// `secret` is absent or empty.
    #[error("the otpauth URI has no `secret`")]
    NoSecret,
    /// `secret` is not Base32.
    #[error("invalid `secret` in the otpauth URI: {0}")]
    Secret(#[from] InvalidSeed),
    /// A parameter that occurs twice.
    #[error("the otpauth URI has `{0}` twice")]
    Duplicate(&'static str),
    /// Invalid percent-encoding, or encoded bytes that are not UTF-8.
    #[error("invalid percent-encoding in the otpauth URI; copy all of it again")]
    Encoding,
    /// An unsupported hash function.
    #[error("unsupported `algorithm` in the otpauth URI; supported: SHA1, SHA256, SHA512")]
    Algorithm,
    /// An unsupported number of digits.
    #[error("unsupported `digits` in the otpauth URI; supported: 6, 7, 8")]
    Digits,
    /// Not a number, or out of range.
    #[error("invalid `period` in the otpauth URI: must be 1 to {LONGEST_PERIOD} seconds")]
    Period,
}

/// The values of the parameters in [`NAMES`], in that order. Others are ignored.
fn parameters(query: &str) -> Result<[Option<Zeroizing<String>>; 4], InvalidKeyUri> {
    let mut values = [const { None }; 4];
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        for (known, slot) in NAMES.into_iter().zip(&mut values) {
            if name == known && slot.replace(decoded(value)?).is_some() {
                return Err(InvalidKeyUri::Duplicate(known));
            }
        }
    }
    Ok(values)
}

/// Decodes percent-encoding. A `+` stays a `+`.
fn decoded(text: &str) -> Result<Zeroizing<String>, InvalidKeyUri> {
    // Allocated at full length: growing would leave copies of the secret in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                value.and_then(|value| u8::try_from(value).ok()).ok_or(InvalidKeyUri::Encoding)?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    let text = str::from_utf8(&bytes).map_err(|_| InvalidKeyUri::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn seconds(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let seconds = plain.then(|| text.parse().ok()).flatten();
    seconds.filter(|seconds| (1..=LONGEST_PERIOD).contains(seconds))
}

const SCHEME: &str = "otpauth";
const MIGRATION: &str = "-migration:";
const NAMES: [&str; 4] = ["secret", "algorithm", "digits", "period"];
/// In seconds.
const LONGEST_PERIOD: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(uri: &str) -> Result<String, InvalidKeyUri> {
        let app = authenticator(uri)?;
        let code = app.code(app.step(1_111_111_109));
        Ok(format!("{} of {}", &*code, app.period()))
    }

    #[test]
    fn codes_match_the_test_vectors_of_rfc_6238() {
        let sha1 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let sha256 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA";
        let cases = [
            (format!("otpauth://totp/a@1?secret={sha1}"), "081804 of 30"),
            (format!(" OTPAUTH://TOTP/a%20b:c?issuer=%FF&secret={sha1}\n"), "081804 of 30"),
            (format!("otpauth://totp?secret={sha1}&digits=8"), "07081804 of 30"),
            (format!("otpauth://totp/?secret={sha1}&digits=7&counter=1#x"), "7081804 of 30"),
            (
                format!("otpauth://totp/a?secret={sha256}&digits=8&algorithm=SHA256"),
                "68084774 of 30",
            ),
            (
                format!("otpauth://totp/a?secret={sha256}%3D%3D%3D%3d&algorithm=sha256"),
                "084774 of 30",
            ),
            (format!("otpauth://totp/a?secret={}&period=30", sha1.to_lowercase()), "081804 of 30"),
        ];
        for (uri, shown) in cases {
            assert_eq!(codes(&uri).as_deref(), Ok(shown), "{uri}");
        }
        let app = authenticator(&format!("otpauth://totp/?secret={sha1}&period=3600")).unwrap();
        assert_eq!((app.digits(), app.period()), (6, 3600));
    }

    #[test]
    fn written_uris_can_be_read() {
        let seed = crate::Seed::from_bytes([0x5a; crate::SEED_BYTES]);
        let uri = crate::uri::key_uri("a b@ü", "acme", Some("Acme & Co"), &seed);
        let (read, whole) = (authenticator(&uri).unwrap(), Authenticator::of(&seed));
        let step = whole.step(1_700_000_000);
        assert_eq!(*read.code(step), *whole.code(step));
    }

    #[test]
    fn invalid_uris_are_refused_without_repeating_them() {
        use InvalidKeyUri::{
            Algorithm, Counter, Digits, Encoding, Form, Migration, NoSecret, Period,
        };
        let cases = [
            ("", Form),
            ("otpauth", Form),
            ("otpauth:totp/?secret=MZXW6YTB", Form),
            ("otpauth://motp/?secret=MZXW6YTB", Form),
            ("https://totp/?secret=MZXW6YTB", Form),
            ("otpauth://hotp/?secret=MZXW6YTB&counter=0", Counter),
            ("otpauth-migration://offline?data=MZXW6YTB", Migration),
            ("otpauth://totp/MZXW6YTB", NoSecret),
            ("otpauth://totp/?secret=", NoSecret),
            ("otpauth://totp/?Secret=MZXW6YTB", NoSecret),
            ("otpauth://totp/#?secret=MZXW6YTB", NoSecret),
            ("otpauth://totp/?secret=MZXW6YTB&secret=MZXW6YTB", InvalidKeyUri::Duplicate("secret")),
            ("otpauth://totp/?secret=MZXW6YTB+", InvalidKeyUri::Secret(InvalidSeed::Character)),
            ("otpauth://totp/?secret=MZXW6YT", InvalidKeyUri::Secret(InvalidSeed::Encoding)),
            ("otpauth://totp/?secret=MZXW6YTB%2", Encoding),
            ("otpauth://totp/?secret=MZXW6YTB%+1", Encoding),
            ("otpauth://totp/?secret=%FFMZXW6YTB", Encoding),
            ("otpauth://totp/?secret=MZXW6YTB&algorithm=MD5", Algorithm),
            ("otpauth://totp/?secret=MZXW6YTB&algorithm=", Algorithm),
            ("otpauth://totp/?secret=MZXW6YTB&digits=5", Digits),
            ("otpauth://totp/?secret=MZXW6YTB&digits=06", Digits),
            ("otpauth://totp/?secret=MZXW6YTB&digits=10", Digits),
            ("otpauth://totp/?secret=MZXW6YTB&period=0", Period),
            ("otpauth://totp/?secret=MZXW6YTB&period=-1", Period),
            ("otpauth://totp/?secret=MZXW6YTB&period=3601", Period),
            ("otpauth://totp/?secret=MZXW6YTB&period=1e9", Period),
        ];
        for (uri, error) in cases {
            assert_eq!(codes(uri), Err(error), "{uri}");
            assert!(!error.to_string().contains("MZXW"), "{error}");
        }
    }
}
