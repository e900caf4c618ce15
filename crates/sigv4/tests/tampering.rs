//! A signed request that is changed in transit is refused, and no request panics.
#![expect(clippy::unwrap_used, reason = "a request that cannot be signed fails the test")]

use proptest::prelude::*;
use proptest::sample::{Index, select};
use vmfa_sigv4::{Request, RequestSignature, SignatureError, Signer, SigningKey};

const NOW: i64 = 1_440_938_160;

#[derive(Debug, Clone)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    fn with<T>(&self, run: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let Self { method, path, query, body, .. } = self;
        run(&Request { method, path, query, headers: &headers, body })
    }

    /// The checks of a server with one access key.
    fn check(&self) -> Result<(), SignatureError> {
        let signature = self.with(RequestSignature::read)?;
        signature.check_time(NOW)?;
        signature.check_scope("iam")?;
        let scope = signature.scope();
        let secret = if signature.access_key() == "AKIDEXAMPLE" { "secret" } else { "another" };
        signature.verify(&SigningKey::derive(secret, &scope.date, &scope.region, &scope.service))
    }

    fn signed(mut self, token: Option<&str>, presigned: bool) -> Self {
        let signer = Signer {
            access_key: "AKIDEXAMPLE",
            secret: "secret",
            token,
            region: "us-east-1",
            service: "iam",
        };
        if presigned {
            self.query = self.with(|request| signer.presign(request, NOW, 60)).unwrap();
        } else {
            let added = self.with(|request| signer.sign(request, NOW)).unwrap();
            self.headers.extend(added.into_iter().map(|(n, v)| (n.to_owned(), v.into_bytes())));
        }
        self
    }
}

prop_compose! {
    fn sent()(
        method in "GET|POST",
        // No dot segments: Signature Version 4 does not sign what precedes `/..`.
        path in "(/[a-z0-9 ]{0,5}){1,3}",
        query in "([a-zA-Z0-9 +_-]{1,4}=[a-zA-Z0-9.ü]{0,6}&){0,4}",
        host in "[a-z0-9.]{1,20}(:[0-9]{1,5})?",
        extra in prop::collection::vec(("x-[b-z]{1,3}", "[ -~]{0,12}"), 0..3),
        body in prop::collection::vec(any::<u8>(), 0..80),
        token in prop::option::of("[A-Za-z0-9+/=]{1,40}"),
        presigned in any::<bool>(),
    ) -> Sent {
        let mut headers = vec![("host".to_owned(), host.into_bytes())];
        headers.extend(extra.into_iter().map(|(name, value)| (name, value.into_bytes())));
        Sent { method, path, query, headers, body }.signed(token.as_deref(), presigned)
    }
}

/// Replaces one byte by a letter or digit, which is significant everywhere.
fn change(bytes: &mut [u8], at: Index, to: u8) -> bool {
    let Some(byte) =
        (!bytes.is_empty()).then(|| at.index(bytes.len())).and_then(|at| bytes.get_mut(at))
    else {
        return false;
    };
    std::mem::replace(byte, to) != to
}

fn change_text(text: &mut String, at: Index, to: u8) -> bool {
    let mut bytes = text.clone().into_bytes();
    let changed = change(&mut bytes, at, to);
    changed && String::from_utf8(bytes).map(|bytes| *text = bytes).is_ok()
}

/// Escapes with upper-case digits: their case is not signed.
fn escapes(query: &str) -> String {
    ["%2b", "%2f", "%3b", "%3d"]
        .into_iter()
        .fold(query.to_owned(), |query, escape| query.replace(escape, &escape.to_ascii_uppercase()))
}

/// The values with lower-case names of signed headers, whose case is not signed.
fn lists(headers: &[(String, Vec<u8>)]) -> Vec<String> {
    let value = |value: &[u8]| {
        let text = String::from_utf8_lossy(value);
        match text
            .split_once("SignedHeaders=")
            .and_then(|(a, rest)| Some((a, rest.split_once(", ")?)))
        {
            Some((before, (names, after))) => {
                format!("{before}{}{after}", names.to_ascii_lowercase())
            }
            None => text.into_owned(),
        }
    };
    headers.iter().map(|(_, bytes)| value(bytes)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_signed_request_verifies(sent in sent()) {
        prop_assert_eq!(sent.check(), Ok(()));
    }

    #[test]
    fn a_changed_request_is_refused(
        original in sent(),
        part in 0..5,
        which in any::<Index>(),
        at in any::<Index>(),
        to in select(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".as_slice()),
    ) {
        let mut sent = original.clone();
        let changed = match part {
            0 => change_text(&mut sent.method, at, to),
            1 => change_text(&mut sent.path, at, to),
            2 => change_text(&mut sent.query, at, to),
            3 => change(&mut sent.body, at, to),
            _ => {
                let which = which.index(sent.headers.len());
                sent.headers.get_mut(which).is_some_and(|(_, value)| change(value, at, to))
            }
        };
        let same = part == 2 && escapes(&original.query) == escapes(&sent.query)
            || part == 4 && lists(&original.headers) == lists(&sent.headers);
        prop_assert_eq!(sent.check().is_ok(), same || !changed, "{:?} became {:?}", original, sent);
    }

    #[test]
    fn added_and_removed_headers_are_refused(original in sent(), which in any::<Index>()) {
        let mut without = original.clone();
        let (name, value) = without.headers.remove(which.index(original.headers.len()));
        prop_assert!(without.check().is_err(), "without {}", name);
        // Of several `authorization` the first counts, and none of them is signed.
        let mut twice = original;
        twice.headers.push((name.clone(), value));
        prop_assert_eq!(twice.check().is_ok(), name == "authorization", "{} twice", name);
    }

    #[test]
    fn no_request_panics(
        method in any::<String>(),
        path in any::<String>(),
        query in "(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)=|AWS4-HMAC-SHA256|20150830T123600Z|host|%|/|&|\\PC|\\x00){0,30}",
        headers in prop::collection::vec((
            select(vec!["authorization", "host", "x-amz-date", "date", "x-amz-security-token"]),
            prop_oneof![
                any::<Vec<u8>>(),
                "AWS4-HMAC-SHA256 ((Credential|SignedHeaders|Signature)?=?[a/; ,\\x00ü]{0,9}){0,4}".prop_map(String::into_bytes),
            ],
        ), 0..6),
        body in any::<Vec<u8>>(),
    ) {
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let refusal = Sent { method, path, query, headers, body }.check().unwrap_err();
        prop_assert!([400, 403, 404].contains(&refusal.status()), "{}", refusal);
    }
}
