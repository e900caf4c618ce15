//! The signature that a request presents, and its checks.
//!
//! AWS checks in this order, and so should a server: [`RequestSignature::read`], [`RequestSignature::check_time`],
//! [`RequestSignature::check_scope`], the access key (the server's own look-up), [`RequestSignature::verify`]. One
//! difference remains: a credential of fewer than five elements is refused before an expired date is.
//!
//! Not responsible for: the key and the session token, which the server looks up in between.

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
    /// `signed`, written; it begins with the day.
    stamp: String,
    lifetime: i64,
    token: Option<String>,
    string_to_sign: String,
    /// `None` if it was not 64 lower-case hexadecimal digits: it matches nothing.
    signature: Option<[u8; 32]>,
}

/// What a signing key is derived for, besides the secret; the access key and this make the key of a
/// cache.
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
    /// Reads the `Authorization` header or the presigned query of a request, and computes what the
    /// signature must be a signature of.
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

    /// Checks that the request was signed no more than five minutes from now, either way; a presigned
    /// one may be fifteen minutes old. `X-Amz-Expires` is covered by the signature and otherwise
    /// ignored, as STS does: of AWS's services, only S3 honours it.
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

    /// Checks that the credential is for this service, for some region, for the day of the request.
    ///
    /// Any region will do: a client that is told its endpoint signs for the region it is configured
    /// with, and a signature for one region is as good here as one for another.
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

    /// Checks the signature, in constant time. The key must have been derived for [`Self::scope`].
    ///
    /// Alone it proves neither that the request is recent nor that it is meant for this service.
    pub fn verify(&self, key: &SigningKey) -> Result<(), SignatureError> {
        let expected = key.mac(self.string_to_sign.as_bytes());
        match &self.signature {
            Some(signature) if bool::from(signature.ct_eq(&*expected)) => Ok(()),
            _ => Err(SignatureError::Mismatch),
        }
    }

    /// The access key that the request fields; not empty.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// What the signing key is derived for.
    pub fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// The day of the scope, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.scope.date
    }

    /// The region of the scope.
    pub fn region(&self) -> &str {
        &self.scope.region
    }

    /// The service of the scope.
    pub fn service(&self) -> &str {
        &self.scope.service
    }

    /// When the client says it signed the request.
    pub fn signed_at(&self) -> SignatureTime {
        self.signed
    }

    /// The session token, which the signature covers; from where the signature is, header or query.
    pub fn security_token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// Shows neither token nor signature.
impl fmt::Debug for RequestSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSignature")
            .field("access_key", &self.access_key)
            .field("scope", &self.scope)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

/// The signed names, sorted. The host must be among them, and every `x-amz-` header that the request
/// has: what these say must not be changed on the way.
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

/// The form that AWS's clients hold a region's name to: that of a host name's label.
fn is_region(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn signature(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// How far the clocks of client and server may be apart, in seconds; IAM's and STS's is five minutes.
const TOLERANCE: i64 = 300;
/// For how long STS accepts a presigned request, in seconds.
const PRESIGNED_LIFETIME: i64 = 900;
