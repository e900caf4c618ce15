//! AWS Signature Version 4, both directions.
//!
//! A server reads what a request presents, looks the secret up, and verifies:
//!
//! ```
//! use vmfa_sigv4::{RequestSignature, Request, Signer, SigningKey};
//!
//! let now = 1_440_938_160;
//! let mut headers = vec![("host", b"iam.example.com".as_slice())];
//! let body = b"Action=ListUsers&Version=2010-05-08";
//! # let bare = Request { method: "POST", path: "/", query: "", headers: &headers, body };
//! # let signer = Signer {
//! #     access_key: "AKIDEXAMPLE", secret: "secret", token: None, region: "us-east-1", service: "iam",
//! # };
//! # let added = signer.sign(&bare, now)?;
//! # headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
//! let request = Request { method: "POST", path: "/", query: "", headers: &headers, body };
//!
//! let presented = RequestSignature::read(&request)?;
//! presented.check_time(now)?;
//! presented.check_scope("iam")?;
//! let secret = "secret"; // of presented.access_key()
//! let scope = presented.scope();
//! let key = SigningKey::derive(secret, &scope.date, &scope.region, &scope.service);
//! presented.verify(&key)?;
//! # Ok::<(), vmfa_sigv4::SignatureError>(())
//! ```
//!
//! A client signs with a [`Signer`]. The rules are those of "Create a signed AWS API request" in the
//! IAM user guide, in the form that holds for every service but S3: the path is normalised and
//! encoded once more, and the body is always hashed, whatever a header claims about it.
//!
//! Not responsible for: which keys exist, whether a session token is valid or expired, the encoding
//! of a refusal. There is no I/O and no clock here.

mod canonical;
mod error;
mod fields;
mod key;
mod query;
mod sign;
mod signature;
mod timestamp;

pub use error::{ScopeError, SignatureError};
pub use key::{SigningKey, hmac_sha256};
pub use sign::Signer;
pub use signature::{CredentialScope, RequestSignature};
pub use timestamp::SignatureTime;

/// What is signed of an HTTP request, as it is on the wire.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// In capitals: `GET`, `POST`.
    pub method: &'a str,
    /// Raw: neither decoded nor normalised; empty counts as `/`.
    pub path: &'a str,
    /// Raw, without the question mark; empty if there is none.
    pub query: &'a str,
    /// Names in lower case, in order of arrival, repeated names included.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first value of a header, without surrounding white space; bytes that are not UTF-8 are
    /// replaced, which no valid value survives.
    pub(crate) fn header(&self, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        let (_, value) = self.headers.iter().find(|(n, _)| *n == name)?;
        Some(String::from_utf8_lossy(value.trim_ascii()))
    }
}

/// The only algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last element of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";
