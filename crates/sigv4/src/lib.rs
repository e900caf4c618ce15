//! AWS Signature Version 4, both directions.
//!
//! A server reads the signature of a request, looks up the secret, and verifies:
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
//! let signature = RequestSignature::read(&request)?;
//! signature.check_time(now)?;
//! signature.check_scope("iam")?;
//! let secret = "secret"; // of signature.access_key()
//! let scope = signature.scope();
//! let key = SigningKey::derive(secret, &scope.date, &scope.region, &scope.service);
//! signature.verify(&key)?;
//! # Ok::<(), vmfa_sigv4::SignatureError>(())
//! ```
//!
//! A client signs with a [`Signer`]. The rules are those of "Create a signed AWS API request" in
//! the IAM user guide, in the variant of all services but S3: the path is normalised and encoded a
//! second time, and the body is always hashed, whatever a header says about it.
//!
//! It is written by hand because a server must refuse in AWS's words and cache derived keys, which
//! no signing library offers; signing then costs little more.
//!
//! Not here: which keys exist, and whether a session token is valid (see `vmfa_iam::credentials`).

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

/// The parts of an HTTP request that are signed, as sent.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// In upper case: `GET`, `POST`.
    pub method: &'a str,
    /// Neither decoded nor normalised; empty means `/`.
    pub path: &'a str,
    /// Not decoded, without the question mark; empty if there is none.
    pub query: &'a str,
    /// Names in lower case, in the order received; names may repeat.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Complete, after any chunked coding is removed.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first value of a header, trimmed. Bytes that are not UTF-8 are replaced, which makes any
    /// value invalid.
    pub(crate) fn header(&self, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        let (_, value) = self.headers.iter().find(|(n, _)| *n == name)?;
        Some(String::from_utf8_lossy(value.trim_ascii()))
    }
}

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

pub(crate) const TERMINATOR: &str = "aws4_request";
