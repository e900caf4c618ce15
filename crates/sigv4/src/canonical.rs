//! The canonical request and the string to sign.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::query::encode_into;
use crate::{ALGORITHM, Request};

/// `signed` are the names of the signed headers, sorted; `scope` is
/// `date/region/service/terminator`.
pub(crate) fn string_to_sign(
    request: &Request<'_>,
    query: &str,
    signed: &[&str],
    stamp: &str,
    scope: &str,
) -> String {
    let digest = Sha256::digest(canonical_request(request, query, signed));
    let mut out = String::with_capacity(ALGORITHM.len() + stamp.len() + scope.len() + 3 + 64);
    for line in [ALGORITHM, stamp, scope] {
        out.push_str(line);
        out.push('\n');
    }
    HEXLOWER.encode_append(&digest, &mut out);
    out
}

pub(crate) fn canonical_request(request: &Request<'_>, query: &str, signed: &[&str]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    for line in [request.method, &path(request.path), query] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    for name in signed {
        header(&mut out, name, request.headers);
    }
    out.push(b'\n');
    for (index, name) in signed.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(HEXLOWER.encode(&Sha256::digest(request.body)).as_bytes());
    out
}

/// Removes dot segments and repeated slashes, then encodes. An encoded path is encoded twice, as
/// for all services but S3.
fn path(raw: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let mut out = String::with_capacity(raw.len() + 1);
    for segment in &segments {
        out.push('/');
        encode_into(&mut out, segment.as_bytes(), b"");
    }
    if segments.is_empty() || raw.ends_with('/') {
        out.push('/');
    }
    out
}

/// Writes one line with all values of a header, white space collapsed. A signed header that the
/// request does not have gets no line, unlike an empty one.
fn header(out: &mut Vec<u8>, name: &str, headers: &[(&str, &[u8])]) {
    let mut values = headers.iter().filter(|(n, _)| *n == name).map(|(_, value)| value).peekable();
    if values.peek().is_none() {
        return;
    }
    out.extend_from_slice(name.as_bytes());
    let mut separator = b':';
    for value in values {
        out.push(separator);
        separator = b',';
        let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_encoded() {
        for (raw, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/../../", "/"),
            ("/a/../../b", "/b"),
            ("//a//b//", "/a/b/"),
            ("/a b", "/a%20b"),
            ("/a%20b", "/a%2520b"),
            ("/%2e%2e/a", "/%252e%252e/a"),
            ("/ሴ", "/%E1%88%B4"),
        ] {
            assert_eq!(path(raw), expected, "{raw}");
        }
    }

    #[test]
    fn an_absent_header_is_not_an_empty_one() {
        let line = |headers: &[(&str, &[u8])]| {
            let mut out = Vec::new();
            header(&mut out, "x", headers);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(line(&[("y", b"1")]), "");
        assert_eq!(line(&[("x", b" ")]), "x:\n");
        assert_eq!(line(&[("x", b" a \t b\r\n  c "), ("y", b""), ("x", b"d")]), "x:a b c,d\n");
    }
}
