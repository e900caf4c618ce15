//! Requests and responses as `--debug` prints them, with secrets masked.

use vmfa_model::{Shape, StructureShape};

use super::response::{is_secret, python};
use crate::http::HttpResponse;

/// A form as Python prints a dictionary. The secret members of `input` are masked; parameters that
/// it does not know are not.
pub(super) fn form(form: &str, input: &StructureShape) -> String {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(name, value)| {
        let member = name.split('.').next().and_then(|name| input.member(name));
        let secret = member.is_some_and(|member| is_secret(&member.shape));
        let decoded = form_urlencoded::parse(value.as_bytes()).next();
        let value = decoded.map(|(value, _)| value.into_owned()).unwrap_or_default();
        format!("'{name}': '{}'", if secret { MASK } else { &value })
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

/// Headers as Python prints a dictionary, with session tokens, signatures and cookies masked.
pub(super) fn headers<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> String {
    let pairs = headers.map(|(name, value)| {
        let value = match name {
            "x-amz-security-token" | "set-cookie" => MASK,
            "authorization" => value.split_once("Signature=").map_or(MASK, |(before, _)| before),
            _ => value,
        };
        format!("'{name}': '{value}'")
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

/// A text with all occurrences of a secret masked.
pub(super) fn without(text: &str, secret: Option<&str>) -> String {
    match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => text.replace(secret, MASK),
        None => text.to_owned(),
    }
}

/// A text whose last line is a hash of the request. The hash is masked if the input has a secret
/// member: a six-digit code can be found from its hash by brute force.
pub(super) fn hashed(text: &str, input: &StructureShape) -> String {
    let secret = input.members.iter().any(|member| is_secret(&member.shape));
    match text.rsplit_once('\n') {
        Some((before, _)) if secret => format!("{before}\n{MASK}"),
        _ => text.to_owned(),
    }
}

/// The body of a response, with the text of secret elements masked.
pub(super) fn body(response: &HttpResponse, output: Option<&StructureShape>) -> String {
    let mut secret = Vec::new();
    if let Some(output) = output {
        names(output, &mut secret);
    }
    let Ok(text) = std::str::from_utf8(&response.body) else {
        return if secret.is_empty() { python(&response.body) } else { MASK.to_owned() };
    };
    python(mask(text, &secret).as_bytes())
}

/// Masks the text of elements of those names, up to the end tag or the end of the document.
fn mask(text: &str, secret: &[&str]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        shown.push('<');
        rest = after;
        let end = after.find(|c: char| c.is_whitespace() || c == '/' || c == '>');
        let name = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        if !secret.contains(&name) {
            continue;
        }
        let Some((tag, inside)) = after.split_once('>') else { return shown + MASK };
        shown.push_str(tag);
        shown.push('>');
        rest = inside;
        if tag.ends_with('/') {
            continue;
        }
        shown.push_str(MASK);
        let close = format!("{name}>");
        let end = inside.find(&close).and_then(|end| inside.get(..end)?.rfind("</"));
        rest = end.and_then(|end| inside.get(end..)).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

/// The names of all secret members, at any depth.
fn names<'s>(shape: &'s StructureShape, found: &mut Vec<&'s str>) {
    for member in shape.members {
        inner(&member.shape, member.name, found);
    }
}

fn inner<'s>(shape: &'s Shape, name: &'s str, found: &mut Vec<&'s str>) {
    match shape {
        Shape::Structure(shape) => names(shape, found),
        Shape::List(list) => inner(&list.element, name, found),
        shape if is_secret(shape) => found.push(name),
        _ => {}
    }
}

pub(super) const MASK: &str = "*****";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_masked_in_forms() {
        let action = vmfa_iam::find(vmfa_iam::Api::Iam, "EnableMFADevice").unwrap();
        let text = "Action=EnableMFADevice&UserName=a%2Bb&AuthenticationCode1=123456";
        let shown = form(text, action.input);
        assert!(shown.contains("'UserName': 'a+b'"), "{shown}");
        assert!(shown.contains("'AuthenticationCode1': '*****'"), "{shown}");
    }

    #[test]
    fn hashes_of_requests_with_codes_are_masked() {
        let input = |name| vmfa_iam::find(vmfa_iam::Api::Iam, name).unwrap().input;
        assert_eq!(hashed("POST\n/\nd0cd", input("EnableMFADevice")), "POST\n/\n*****");
        assert_eq!(hashed("POST\n/\nd0cd", input("GetUser")), "POST\n/\nd0cd");
    }

    #[test]
    fn signatures_and_tokens_are_masked_in_headers() {
        let given = [
            ("host", "h"),
            ("x-amz-security-token", "TOKEN"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=AK/1, Signature=abc"),
        ];
        let shown = headers(given.into_iter());
        assert!(shown.contains("Credential=AK/1"), "{shown}");
        assert!(!shown.contains("abc") && !shown.contains("TOKEN"), "{shown}");
    }

    #[test]
    fn secret_elements_are_masked_in_responses() {
        for (text, expected) in [
            ("<a><S>x</S><b>y</b></a>", "<a><S>*****</S><b>y</b></a>"),
            ("<n:S q='1'>x<i/>y</n:S>", "<n:S q='1'>*****</n:S>"),
            ("<S/><S>x", "<S/><S>*****"),
            ("<S", "<*****"),
            ("<S>x</T>", "<S>*****"),
            ("<SS>x</SS>", "<SS>x</SS>"),
        ] {
            assert_eq!(mask(text, &["S"]), expected, "{text}");
        }
    }

    #[test]
    fn every_secret_member_of_every_action_is_known_by_name() {
        let mut found = Vec::new();
        for output in vmfa_iam::actions().filter_map(vmfa_iam::Action::output) {
            names(output, &mut found);
        }
        for name in ["Base32StringSeed", "QRCodePNG", "SecretAccessKey", "SessionToken"] {
            assert!(found.contains(&name), "{name}");
        }
    }
}
