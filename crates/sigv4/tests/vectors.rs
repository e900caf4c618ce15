//! Requests signed by AWS and botocore verify, and signing them again gives the same signature.
#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails the test")]

use vmfa_sigv4::{Request, RequestSignature, SignatureError, Signer, SigningKey};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#[test]
fn aws_requests_verify() {
    let wires = blocks(include_str!("data/aws.txt"));
    assert!(wires.len() > 100);
    for wire in &wires {
        match (verify(&wire.request(&wire.headers())), wire.refused) {
            (Ok(()), false) => {}
            (Err(SignatureError::Mismatch), true) if wire.name.contains("unnormalized") => {}
            (Err(SignatureError::HeaderNotSigned(name)), true) => {
                assert_eq!(name, "x-amz-security-token");
            }
            // In a query, the token looks like any other added parameter.
            (Err(SignatureError::Mismatch), true)
                if wire.name == "post-sts-header-after (query)" => {}
            (other, _) => panic!("{}: {other:?}", wire.name),
        }
    }
}

#[test]
fn signing_aws_requests_again_gives_the_same_signature() {
    let wires = blocks(include_str!("data/aws.txt"));
    for wire in wires.iter().filter(|wire| !wire.refused) {
        sign_again(wire);
    }
}

/// Without it the request is as it was signed.
#[test]
fn a_request_is_refused_for_a_token_added_after_signing() {
    let wires = blocks(include_str!("data/aws.txt"));
    let wire = wires.iter().find(|wire| wire.name == "post-sts-header-after (header)").unwrap();
    let mut headers = wire.headers();
    headers.retain(|(name, _)| *name != "x-amz-security-token");
    assert_eq!(verify(&wire.request(&headers)), Ok(()));
}

#[test]
fn botocore_requests_verify_and_are_signed_identically() {
    let wires = blocks(include_str!("data/botocore.txt"));
    assert!(wires.len() > 30);
    for wire in &wires {
        assert_eq!(verify(&wire.request(&wire.headers())), Ok(()), "{}", wire.name);
        sign_again(wire);
    }
}

fn verify(request: &Request<'_>) -> Result<(), SignatureError> {
    let signature = RequestSignature::read(request)?;
    signature.check_time(signature.signed_at().unix())?;
    signature.check_scope(&signature.scope().service)?;
    let scope = signature.scope();
    signature.verify(&SigningKey::derive(SECRET, &scope.date, &scope.region, &scope.service))
}

/// Removes the signature, signs again, and compares.
fn sign_again(wire: &Wire) {
    let headers = wire.headers();
    let signature = RequestSignature::read(&wire.request(&headers)).unwrap();
    let signer = Signer {
        access_key: signature.access_key(),
        secret: SECRET,
        token: signature.security_token(),
        region: &signature.scope().region,
        service: &signature.scope().service,
    };
    let now = signature.signed_at().unix();
    let mut bare = headers.clone();
    bare.retain(|(name, _)| {
        !["authorization", "x-amz-date", "x-amz-security-token"].contains(name)
    });
    let added = ["X-Amz-Algorithm=", "X-Amz-Signature="].map(|name| wire.query.contains(name));
    if added == [true, true] {
        let plain: Vec<&str> =
            wire.query.split('&').filter(|pair| !is_of_signature(pair)).collect();
        let expires = wire.query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Expires="));
        bare.retain(|(name, _)| *name != "user-agent");
        let request = Request { query: &plain.join("&"), ..wire.request(&bare) };
        let again = signer.presign(&request, now, expires.unwrap().parse().unwrap()).unwrap();
        assert_eq!(sorted(&again), sorted(&wire.query), "{}", wire.name);
    } else {
        let again = signer.sign(&wire.request(&bare), now).unwrap();
        for (name, value) in again {
            let sent = headers.iter().find(|(n, _)| *n == name).unwrap().1;
            assert_eq!(value.as_bytes(), sent, "{}: {name}", wire.name);
        }
    }
}

fn is_of_signature(pair: &str) -> bool {
    ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Security-Token", "Signature"]
        .iter()
        .any(|name| pair.strip_prefix("X-Amz-").is_some_and(|rest| rest.starts_with(name)))
}

fn sorted(query: &str) -> Vec<&str> {
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    pairs
}

/// A request as it was sent.
struct Wire {
    name: String,
    refused: bool,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Wire {
    fn headers(&self) -> Vec<(&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    fn request<'a>(&'a self, headers: &'a [(&'a str, &'a [u8])]) -> Request<'a> {
        let Self { method, path, query, body, .. } = self;
        Request { method, path, query, headers, body: body.as_bytes() }
    }
}

/// Each block: `### name`, with ` !` if the request must be refused; the request; after an empty
/// line its body, if any.
fn blocks(text: &str) -> Vec<Wire> {
    text.split("### ").skip(1).map(block).collect()
}

fn block(text: &str) -> Wire {
    let (name, text) = text.split_once('\n').unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let (line, fields) = head.split_once('\n').unwrap();
    let (method, target) = line.strip_suffix(" HTTP/1.1").unwrap().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for field in fields.lines() {
        if field.starts_with(' ') {
            headers.last_mut().unwrap().1 += field;
        } else {
            let (name, value) = field.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let refused = name.ends_with(" !");
    let [name, method, path, query, body] =
        [name.trim_end_matches(" !"), method, path, query, body.trim_end_matches('\n')]
            .map(str::to_owned);
    Wire { name, refused, method, path, query, headers, body }
}
