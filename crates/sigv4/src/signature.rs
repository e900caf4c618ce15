//! The signature of a request, and its checks.
//!
//! AWS checks in this order, and so should a server: [`read`](RequestSignature::read),
//! [`check_time`](RequestSignature::check_time), [`check_scope`](RequestSignature::check_scope),
//! the access key (which the server looks up), [`verify`](RequestSignature::verify). One difference
//! remains: a credential of fewer than five elements is refused before an expired date is.

use std::fmt;

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::canonical::string_to_sign;
use crate::error::ScopeError;
use crate::fields::{SignatureFields, SignatureLocation};
use crate::query::Query;
use crate::{Request, SignatureError, SignatureTime, SigningKey, TERMINATOR};

/// A well-formed signature, not yet verified.
pub struct RequestSignature {
    access_key: String,
    scope: CredentialScope,
    terminator: String,
    signed: SignatureTime,
    /// `signed` in ISO 8601 basic format; it begins with the day.
    stamp: String,
    lifetime: i64,
    token: Option<String>,
    string_to_sign: String,
    /// `None` if it is not 64 lower-case hexadecimal digits, and so never matches.
    signature: Option<[u8; 32]>,
}

/// What a signing key is derived from, besides the secret. A cache of signing keys is keyed by
/// access key and scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialScope {
    /// `YYYYMMDD`.
    pub date: String,
    /// At most 63 characters once [`RequestSignature::check_scope`] has passed.
    pub region: String,
    /// `iam`, `sts`.
    pub service: String,
}

impl RequestSignature {
    /// Reads the `Authorization` header or the presigned query of a request, and computes the
    /// string to sign.
    pub fn read(request: &Request<'_>) -> Result<Self, SignatureError> {
        let query = Query::parse(request.query)?;
        let fields = SignatureFields::read(request, &query)?;
        let names = fields.signed_headers.to_ascii_lowercase();
        let signed_headers = signed_headers(request, &names)?;
        let signed = SignatureTime::parse(&fields.date)
            .ok_or_else(|| SignatureError::MalformedDate(fields.date.to_string()))?;
        let (lifetime, without) = match &fields.location {
            SignatureLocation::Header => (TOLERANCE, None),
            SignatureLocation::Query => (PRESIGNED_LIFETIME, Some("X-Amz-Signature")),
        };
        let [access_key, date, region, service, terminator] = credential(&fields.credential)?;
        let scope = fields.credential.split_once('/').map_or("", |(_, scope)| scope);
        let stamp = signed.to_string();
        let string_to_sign =
            string_to_sign(request, &query.canonical(without), &signed_headers, &stamp, scope);
        Ok(Self {
            access_key: access_key.to_owned(),
            scope: CredentialScope {
                date: date.to_owned(),
                region: region.to_owned(),
                service: service.to_owned(),
            },
            terminator: terminator.to_owned(),
            signed,
            stamp,
            lifetime,
            token: fields.token.map(std::borrow::Cow::into_owned),
            string_to_sign,
            signature: signature(&fields.signature),
        })
    }

    /// Checks that the request was signed at most five minutes before or after now; a presigned one
    /// may be fifteen minutes old. `X-Amz-Expires` is signed but otherwise ignored, as STS does: of
    /// AWS's services, only S3 honours it.
    pub fn check_time(&self, now_unix: i64) -> Result<(), SignatureError> {
        let now = SignatureTime::from_unix(now_unix);
        let (earliest, latest) = (now.plus(-self.lifetime), now.plus(TOLERANCE));
        if self.signed < earliest {
            return Err(SignatureError::Expired {
                signed: self.signed,
                limit: earliest,
                now,
                seconds: self.lifetime,
            });
        }
        if self.signed > latest {
            return Err(SignatureError::NotYetCurrent {
                signed: self.signed,
                limit: latest,
                now,
                seconds: TOLERANCE,
            });
        }
        Ok(())
    }

    /// Checks that the scope has this service, any region, and the day of the request.
    ///
    /// Any region is accepted: a client with a custom endpoint signs for the region of its
    /// configuration.
    pub fn check_scope(&self, service: &str) -> Result<(), SignatureError> {
        let mut errors = Vec::new();
        if !is_region(&self.scope.region) {
            errors.push(ScopeError::Region(self.scope.region.clone()));
        }
        if self.scope.service != service {
            errors.push(ScopeError::Service(service.to_owned()));
        }
        if self.terminator != TERMINATOR {
            errors.push(ScopeError::Terminator(self.terminator.clone()));
        }
        let day = self.stamp.split_once('T').map_or("", |(day, _)| day);
        if self.scope.date != day {
            errors.push(ScopeError::Date {
                scope: self.scope.date.clone(),
                day: day.to_owned(),
                signed: self.signed,
            });
        }
        if errors.is_empty() { Ok(()) } else { Err(SignatureError::WrongScope(errors)) }
    }

    /// Checks the signature in constant time. The key must be derived for [`Self::scope`].
    ///
    /// This alone proves neither that the request is recent nor that it is meant for this service.
    pub fn verify(&self, key: &SigningKey) -> Result<(), SignatureError> {
        let expected = key.mac(self.string_to_sign.as_bytes());
        match &self.signature {
            Some(signature) if bool::from(signature.ct_eq(&*expected)) => Ok(()),
            _ => Err(SignatureError::Mismatch),
        }
    }

    /// The access key id in the credential; not empty.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The scope without the terminator `aws4_request`.
    pub fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// `X-Amz-Date`, or the `Date` header.
    pub fn signed_at(&self) -> SignatureTime {
        self.signed
    }

    /// The session token, from the same place as the signature: header or query.
    pub fn security_token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// Omits token and signature.
impl fmt::Debug for RequestSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSignature")
            .field("access_key", &self.access_key)
            .field("scope", &self.scope)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

/// The names of the signed headers, sorted. They must include the host and every `x-amz-` header of
/// the request, which else could be changed in transit.
fn signed_headers<'a>(
    request: &Request<'_>,
    names: &'a str,
) -> Result<Vec<&'a str>, SignatureError> {
    let mut signed: Vec<&str> = names.split(';').filter(|name| !name.is_empty()).collect();
    signed.sort_unstable();
    signed.dedup();
    let is_signed = |name: &&str| signed.binary_search(name).is_ok();
    if !is_signed(&"host") && !is_signed(&":authority") {
        return Err(SignatureError::HostNotSigned);
    }
    let mut amz =
        request.headers.iter().map(|(name, _)| name).filter(|name| name.starts_with("x-amz-"));
    match amz.find(|name| !is_signed(name)) {
        Some(name) => Err(SignatureError::HeaderNotSigned((*name).to_owned())),
        None => Ok(signed),
    }
}

fn credential(text: &str) -> Result<[&str; 5], SignatureError> {
    let mut parts = text.split('/');
    match std::array::from_fn(|_| parts.next()) {
        [Some(key), Some(date), Some(region), Some(service), Some(terminator)]
            if !key.is_empty() && parts.next().is_none() =>
        {
            Ok([key, date, region, service, terminator])
        }
        _ => Err(SignatureError::MalformedCredential(text.to_owned())),
    }
}

/// A host name label, which is what AWS's clients accept as a region.
fn is_region(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn signature(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Allowed clock difference of client and server in seconds, as of IAM and STS.
const TOLERANCE: i64 = 300;
/// How long STS accepts a presigned request, in seconds.
const PRESIGNED_LIFETIME: i64 = 900;
