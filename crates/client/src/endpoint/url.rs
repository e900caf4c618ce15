//! Parses URLs of endpoints as Python's `urlsplit` and botocore do, and refuses them in their
//! words. Written here, since no crate accepts and refuses the same URLs.

use std::{fmt::Write as _, net::Ipv6Addr};

use crate::ClientError;

/// The parts of a URL. User name and password are dropped: endpoints take none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EndpointUrl {
    /// Whether the scheme is `https`.
    pub(super) secure: bool,
    /// As written; an IPv6 address is in brackets.
    pub(super) name: String,
    /// As written, in digits.
    pub(super) port: Option<u16>,
    /// At least `/`.
    pub(super) path: String,
    /// Without the question mark.
    pub(super) query: String,
}

impl EndpointUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// `InvalidEndpoint` for a missing or invalid host; `InvalidConfig` for an invalid port or IPv6
    /// address; `Http` for an unsupported scheme, and `Connect` without one.
    pub(super) fn parse(text: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::InvalidEndpoint(text.to_owned());
        if text.contains(['\t', '\r', '\n']) {
            return Err(invalid());
        }
        let (scheme, rest) = split_scheme(text);
        let rest = rest.strip_prefix("//").ok_or_else(invalid)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let authority = authority.rsplit('@').next().unwrap_or_default();
        check_brackets(authority)?;
        let (name, port) = split_port(authority);
        if !is_host(name) {
            return Err(invalid());
        }
        let port = Some(port).filter(|port| !port.is_empty()).map(self::port).transpose()?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            "" => return Err(ClientError::Connect(text.to_owned())),
            other => return Err(ClientError::Http(format!("Not supported URL scheme {other}"))),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/".to_owned() } else { quoted(path) };
        Ok(Self { secure, name: name.to_owned(), port, path, query: quoted(query) })
    }
}

/// Whether a text begins with the scheme of a URL.
pub fn has_scheme(text: &str) -> bool {
    !split_scheme(text).0.is_empty()
}

/// The scheme, which may be empty, and the text after its colon. Leading white space is ignored.
fn split_scheme(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("", text))
}

/// Refuses brackets without a valid IPv6 address. A zone is accepted.
fn check_brackets(authority: &str) -> Result<(), ClientError> {
    let refused = |problem| Err(ClientError::InvalidConfig(problem));
    let inner = match (authority.split_once('['), authority.split_once(']')) {
        (None, None) => return Ok(()),
        (Some((_, after)), Some(_)) => after.split(']').next().unwrap_or_default(),
        _ => return refused("Invalid IPv6 URL".to_owned()),
    };
    let bare = inner.split('%').next().unwrap_or_default();
    match bare.parse::<Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => refused(format!("'{inner}' does not appear to be an IPv4 or IPv6 address")),
    }
}

/// Splits a host and its port.
fn split_port(authority: &str) -> (&str, &str) {
    let bracket = authority.find(']').map(|at| at.saturating_add(1));
    let (_, tail) = authority.split_at_checked(bracket.unwrap_or(0)).unwrap_or(("", authority));
    match tail.split_once(':') {
        Some((_, port)) => {
            let end = authority.len().saturating_sub(port.len()).saturating_sub(1);
            (authority.get(..end).unwrap_or_default(), port)
        }
        None => (authority, ""),
    }
}

fn port(text: &str) -> Result<u16, ClientError> {
    let problem = |problem: String| ClientError::InvalidConfig(problem);
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem(format!("Port could not be cast to integer value as '{text}'")));
    }
    text.parse().map_err(|_| problem("Port out of range 0-65535".to_owned()))
}

/// Whether a host is valid: labels separated by dots, or an IPv6 address in brackets.
fn is_host(name: &str) -> bool {
    if let Some(inner) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    (1..=255).contains(&name.len()) && name.split('.').all(is_label)
}

/// Whether a label of a host name is valid.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Percent-encodes characters that are invalid in a path or query (RFC 3986, section 2.1).
fn quoted(part: &str) -> String {
    let mut quoted = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>[\\]^`{|}".contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "%{byte:02X}");
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match EndpointUrl::parse(text) {
            Ok(EndpointUrl { secure, name, port, path, query }) => {
                let scheme = if secure { "https" } else { "http" };
                format!("{scheme} {name} {port:?} {path} {query}")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn urls_are_split_into_their_parts() {
        for (text, parts) in [
            ("http://127.0.0.1:5000", "http 127.0.0.1 Some(5000) / "),
            ("HTTPS://Ex.Ample/a/?b=c#d", "https Ex.Ample None /a/ b=c"),
            ("http://h?x", "http h None / x"),
            ("http://h#x", "http h None / "),
            ("http://h.:080", "http h. Some(80) / "),
            ("http://h:", "http h None / "),
            ("http://[::1]:80/", "http [::1] Some(80) / "),
            ("http://me:sec:ret@h:1", "http h Some(1) / "),
            (" http://h/a b?\u{e9}", "http h None /a%20b %C3%A9"),
            ("http://h/%20/\"\u{1}", "http h None /%20/%22%01 "),
        ] {
            assert_eq!(read(text), parts, "{text}");
        }
    }

    /// The expected texts are botocore 1.43's.
    #[test]
    fn invalid_urls_are_refused_in_botocores_words() {
        for text in [
            "",
            "foo",
            "foo:80",
            "http:/h",
            "http://",
            "http://:80",
            "http://a b",
            "http://a_b",
            "http://a..b",
            "http://-a",
            "http://::1",
            "http://\u{e9}.x",
            "http://h/\r\nx: y",
            "ftp://a_b",
        ] {
            assert_eq!(read(text).strip_prefix("Invalid endpoint: "), Some(text));
        }
        let unhandled =
            "An HTTP Client raised an unhandled exception: Not supported URL scheme ftp";
        for (text, told) in [
            ("ftp://x", unhandled),
            ("//h/", "Could not connect to the endpoint URL: \"//h/\""),
            ("http://h:65536", "Port out of range 0-65535"),
            ("http://h:x", "Port could not be cast to integer value as 'x'"),
            ("http://h:1 ", "Port could not be cast to integer value as '1 '"),
            ("http://a:b:80", "Port could not be cast to integer value as 'b:80'"),
            ("http://[::1", "Invalid IPv6 URL"),
            ("http://[x]", "'x' does not appear to be an IPv4 or IPv6 address"),
        ] {
            assert_eq!(read(text), told, "{text}");
        }
    }

    #[test]
    fn a_scheme_is_the_text_before_a_colon() {
        assert!(["http://h", "foo:80", "a+b-c.1:", " x:"].into_iter().all(has_scheme));
        assert!(
            !["", "foo", "//h", ":", "1a:b", "a_b:c", "127.0.0.1:80"].into_iter().any(has_scheme)
        );
    }
}
