//! The fields of a signature in the `Authorization` header or the presigned query, unchecked.

use std::borrow::Cow;

use crate::query::Query;
use crate::{ALGORITHM, Request, SignatureError};

pub(crate) struct SignatureFields<'a> {
    pub(crate) credential: Cow<'a, str>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) date: Cow<'a, str>,
    pub(crate) token: Option<Cow<'a, str>>,
    pub(crate) location: SignatureLocation,
}

pub(crate) enum SignatureLocation {
    Header,
    Query,
}

impl<'a> SignatureFields<'a> {
    /// From the first `Authorization` header or the presigned query; exactly one must be present.
    pub(crate) fn read(request: &Request<'a>, query: &Query) -> Result<Self, SignatureError> {
        match (request.header("authorization"), query.get("X-Amz-Algorithm")) {
            (None, None) => Err(SignatureError::MissingToken),
            (Some(_), Some(_)) => Err(SignatureError::TwoSources),
            (Some(header), None) => Self::from_header(request, &header),
            (None, Some(algorithm)) => Self::from_query(query, &algorithm),
        }
    }

    /// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. AWS accepts commas, spaces or
    /// both between the parameters, ignores unknown ones, and uses the last of repeated ones.
    fn from_header(request: &Request<'a>, header: &str) -> Result<Self, SignatureError> {
        let separator = [' ', ','];
        let (algorithm, parameters) = header.split_once(separator).unwrap_or((header, ""));
        if !algorithm.starts_with("AWS4-") {
            return Err(SignatureError::MissingToken);
        }
        if algorithm != ALGORITHM {
            return Err(SignatureError::UnsupportedAlgorithm(algorithm.to_owned()));
        }
        let (mut credential, mut signature, mut signed_headers) = (None, None, None);
        for part in parameters.split(separator).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| SignatureError::NotAPair {
                part: part.to_owned(),
                header: header.to_owned(),
            })?;
            match name {
                "Credential" => credential = Some(value),
                "Signature" => signature = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                _ => {}
            }
        }
        // An empty `SignedHeaders` is present: it is refused later, since it lacks the host.
        let credential = credential.filter(|value| !value.is_empty());
        let signature = signature.filter(|value| !value.is_empty());
        let date = request.header("x-amz-date").or_else(|| request.header("date"));
        match (credential, signature, signed_headers, date) {
            (Some(credential), Some(signature), Some(signed_headers), Some(date)) => Ok(Self {
                credential: Cow::Owned(credential.to_owned()),
                signed_headers: Cow::Owned(signed_headers.to_owned()),
                signature: Cow::Owned(signature.to_owned()),
                date,
                token: request.header("x-amz-security-token"),
                location: SignatureLocation::Header,
            }),
            (credential, signature, signed_headers, date) => {
                Err(SignatureError::IncompleteHeader {
                    missing: absent([
                        ("Credential", credential.is_none()),
                        ("Signature", signature.is_none()),
                        ("SignedHeaders", signed_headers.is_none()),
                    ]),
                    date_missing: date.is_none(),
                    header: header.to_owned(),
                })
            }
        }
    }

    /// AWS uses the first of repeated parameters.
    fn from_query(query: &Query, algorithm: &str) -> Result<Self, SignatureError> {
        if algorithm != ALGORITHM {
            return Err(SignatureError::MissingToken);
        }
        let present = |name| query.get(name).filter(|value| !value.is_empty());
        match (
            present("X-Amz-Credential"),
            present("X-Amz-Signature"),
            present("X-Amz-SignedHeaders"),
            present("X-Amz-Date"),
        ) {
            (Some(credential), Some(signature), Some(signed_headers), Some(date)) => Ok(Self {
                credential: credential.into(),
                signed_headers: signed_headers.into(),
                signature: signature.into(),
                date: date.into(),
                token: query.get("X-Amz-Security-Token").map(Cow::Owned),
                location: SignatureLocation::Query,
            }),
            (credential, signature, signed_headers, date) => {
                Err(SignatureError::IncompleteQuery(absent([
                    ("X-Amz-Credential", credential.is_none()),
                    ("X-Amz-Signature", signature.is_none()),
                    ("X-Amz-SignedHeaders", signed_headers.is_none()),
                    ("X-Amz-Date", date.is_none()),
                ])))
            }
        }
    }
}

fn absent<const N: usize>(names: [(&'static str, bool); N]) -> Vec<&'static str> {
    names.into_iter().filter_map(|(name, absent)| absent.then_some(name)).collect()
}
