//! Reading an `otpauth` URI: what an authenticator app takes from a QR code.
//!
//! Only what codes depend on is looked at: who the key is for does not matter here.

use std::str;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Authenticator, DIGITS, PERIOD, SeedRefused, authenticator::Algorithm, base32};

/// Whether a text means to be such a URI, right or wrong.
pub fn is_key_uri(text: &str) -> bool {
    text.trim_start().get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// What shows the codes of a URI. White space around it does not matter.
///
/// # Errors
/// All but time-based codes are refused, with 6 to 8 digits, a period of up to an hour, and SHA1,
/// SHA256 or SHA512; and so is what could be read in two ways, such as two secrets.
pub fn authenticator(uri: &str) -> Result<Authenticator, UriRefused> {
    let rest = is_key_uri(uri).then(|| uri.trim().get(SCHEME.len()..)).flatten();
    let rest = rest.ok_or(UriRefused::Form)?;
    if rest.get(..MIGRATION.len()).is_some_and(|start| start.eq_ignore_ascii_case(MIGRATION)) {
        return Err(UriRefused::Migration);
    }
    let rest = rest.strip_prefix("://").ok_or(UriRefused::Form)?;
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, _) = path.split_once('/').unwrap_or((path, ""));
    if kind.eq_ignore_ascii_case("hotp") {
        return Err(UriRefused::Counted);
    }
    if !kind.eq_ignore_ascii_case("totp") {
        return Err(UriRefused::Form);
    }

    let [secret, algorithm, digits, period] = parameters(query)?;
    let secret = secret.filter(|secret| !secret.is_empty()).ok_or(UriRefused::NoSecret)?;
    let key = base32::decode(&secret)?;
    let algorithm = match algorithm {
        None => Algorithm::Sha1,
        Some(name) => Algorithm::named(&name).ok_or(UriRefused::Algorithm)?,
    };
    let digits = match digits.as_deref().map(String::as_str) {
        None => DIGITS,
        Some("6") => 6,
        Some("7") => 7,
        Some("8") => 8,
        Some(_) => return Err(UriRefused::Digits),
    };
    let period = match period {
        None => PERIOD,
        Some(text) => seconds(&text).ok_or(UriRefused::Period)?,
    };
    Ok(Authenticator::with(&key, algorithm, digits, period))
}

/// Why something is not a URI that has codes. Never repeats what was given: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UriRefused {
    /// Something else.
    #[error("not an otpauth URI, which begins with `otpauth://totp/` and has `?secret=…`")]
    Form,
    /// A counter in place of the time.
    #[error("the codes of this otpauth URI are counted (`hotp`), not made from the time (`totp`)")]
    Counted,
    /// The export of an app.
    #[error(
        "this is the export of all of an app's keys: show the QR code of the one key in place of it"
    )]
    Migration,
    /// No key.
    #[error("the otpauth URI has no secret")]
    NoSecret,
    /// A key that is not Base32.
    #[error("the secret of the otpauth URI cannot be read: {0}")]
    Secret(#[from] SeedRefused),
    /// A parameter that is there twice.
    #[error("the otpauth URI has its `{0}` twice")]
    Twice(&'static str),
    /// Percent-encoding that is none, or of something that is not UTF-8.
    #[error("the percent-encoding of the otpauth URI is broken; copy all of it again")]
    Encoding,
    /// Another hash.
    #[error("the `algorithm` of the otpauth URI is none of SHA1, SHA256 and SHA512")]
    Algorithm,
    /// Another number of digits.
    #[error("the `digits` of the otpauth URI are not 6, 7 or 8")]
    Digits,
    /// No number of seconds, or too many.
    #[error(
        "the `period` of the otpauth URI is not a number of seconds from 1 to {LONGEST_PERIOD}"
    )]
    Period,
}

/// The values of what codes depend on, in the order of [`NAMES`]. Other parameters are for show.
fn parameters(query: &str) -> Result<[Option<Zeroizing<String>>; 4], UriRefused> {
    let mut values = [const { None }; 4];
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        for (known, slot) in NAMES.into_iter().zip(&mut values) {
            if name == known && slot.replace(decoded(value)?).is_some() {
                return Err(UriRefused::Twice(known));
            }
        }
    }
    Ok(values)
}

/// Undoes percent-encoding, once. A `+` stands for itself.
fn decoded(text: &str) -> Result<Zeroizing<String>, UriRefused> {
    // As long as the text from the start: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                value.and_then(|value| u8::try_from(value).ok()).ok_or(UriRefused::Encoding)?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    let text = str::from_utf8(&bytes).map_err(|_| UriRefused::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn seconds(text: &str) -> Option<i64> {
    // A sign or leading zeros are nobody's way to write a period.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let seconds = plain.then(|| text.parse().ok()).flatten();
    seconds.filter(|seconds| (1..=LONGEST_PERIOD).contains(seconds))
}

const SCHEME: &str = "otpauth";
const MIGRATION: &str = "-migration:";
const NAMES: [&str; 4] = ["secret", "algorithm", "digits", "period"];
/// In seconds. Nobody waits longer for a code, and few as long.
const LONGEST_PERIOD: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(uri: &str) -> Result<String, UriRefused> {
        let app = authenticator(uri)?;
        let code = app.code(app.step(1_111_111_109));
        Ok(format!("{} of {}", &*code, app.period()))
    }

    #[test]
    fn codes_of_the_rfc_by_uri() {
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
    fn what_is_written_is_read() {
        let seed = crate::Seed::from_bytes([0x5a; crate::SEED_BYTES]);
        let uri = crate::uri::key_uri("a b@ü", "acme", Some("Acme & Co"), &seed);
        let (read, whole) = (authenticator(&uri).unwrap(), Authenticator::of(&seed));
        let step = whole.step(1_700_000_000);
        assert_eq!(*read.code(step), *whole.code(step));
    }

    #[test]
    fn the_rest_is_refused_without_repeating_it() {
        use UriRefused::{Algorithm, Counted, Digits, Encoding, Form, Migration, NoSecret, Period};
        let cases = [
            ("", Form),
            ("otpauth", Form),
            ("otpauth:totp/?secret=MZXW6YTB", Form),
            ("otpauth://motp/?secret=MZXW6YTB", Form),
            ("https://totp/?secret=MZXW6YTB", Form),
            ("otpauth://hotp/?secret=MZXW6YTB&counter=0", Counted),
            ("otpauth-migration://offline?data=MZXW6YTB", Migration),
            ("otpauth://totp/MZXW6YTB", NoSecret),
            ("otpauth://totp/?secret=", NoSecret),
            ("otpauth://totp/?Secret=MZXW6YTB", NoSecret),
            ("otpauth://totp/#?secret=MZXW6YTB", NoSecret),
            ("otpauth://totp/?secret=MZXW6YTB&secret=MZXW6YTB", UriRefused::Twice("secret")),
            ("otpauth://totp/?secret=MZXW6YTB+", UriRefused::Secret(SeedRefused::Character)),
            ("otpauth://totp/?secret=MZXW6YT", UriRefused::Secret(SeedRefused::Shape)),
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
        for (uri, refusal) in cases {
            assert_eq!(codes(uri), Err(refusal), "{uri}");
            assert!(!refusal.to_string().contains("MZXW"), "{refusal}");
        }
    }
}
