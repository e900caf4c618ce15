//! Why a request is not authentic, in AWS's words.
//!
//! The messages are recorded from AWS's endpoints; where none is recorded, the variant says so.
//! They quote what the client sent in `Authorization` or in its query, as AWS's do, but never a
//! session token.
//!
//! Not here: refusals that need the stored keys, such as `InvalidClientTokenId` and `ExpiredToken`
//! (see `vmfa_iam::credentials`).

use std::fmt;

use thiserror::Error;

use crate::SignatureTime;

/// Its `Display` is the message for the client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are those of the messages")]
pub enum SignatureError {
    /// Neither an `Authorization` header of the `AWS4-` family nor a presigned query.
    #[error("Request is missing Authentication Token")]
    MissingToken,
    /// Both a header and a presigned query (the message is that of AWS's JSON services; its XML
    /// services send none).
    #[error(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )]
    TwoSources,
    /// A percent sign at the end of the query, followed by fewer than two characters.
    #[error("Incomplete trailing escape % sequence")]
    TrailingEscape,
    /// A percent sign in the query that is not followed by two hexadecimal digits.
    #[error("Illegal hex character in escape % pattern: %{0}")]
    IllegalEscape(String),
    /// An algorithm of the `AWS4-` family that is not `AWS4-HMAC-SHA256`.
    #[error("Unsupported AWS 'algorithm': '{0}'.")]
    UnsupportedAlgorithm(String),
    /// A part of the `Authorization` header has no equal sign.
    #[error(
        "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
    )]
    NotAPair { part: String, header: String },
    /// The `Authorization` header lacks parameters, or there is no date.
    #[error("{}Authorization={header}", HeaderLacks { parameters: missing, date: *date_missing })]
    IncompleteHeader { missing: Vec<&'static str>, date_missing: bool, header: String },
    /// The presigned query lacks parameters.
    #[error("{}Re-examine the query-string parameters.", QueryLacks(.0))]
    IncompleteQuery(Vec<&'static str>),
    /// A date in no known format.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    MalformedDate(String),
    /// The credential has not five elements, or an empty access key.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'"
    )]
    MalformedCredential(String),
    /// `host` is not among the signed headers.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// The request has this header, which must be signed if present, and it is not.
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned(String),
    /// Signed before the earliest accepted time.
    #[error("Signature expired: {signed} is now earlier than {limit} ({now} - {})", Span(*seconds))]
    Expired {
        signed: SignatureTime,
        limit: SignatureTime,
        now: SignatureTime,
        /// Between `now` and `limit`.
        seconds: i64,
    },
    /// Signed after the latest accepted time.
    #[error("Signature not yet current: {signed} is still later than {limit} ({now} + {})", Span(*seconds))]
    NotYetCurrent {
        signed: SignatureTime,
        limit: SignatureTime,
        now: SignatureTime,
        /// Between `now` and `limit`.
        seconds: i64,
    },
    /// The credential scope is not one for this service and this request.
    #[error("{}", Sentences(.0))]
    WrongScope(Vec<ScopeError>),
    /// The signature was made with another secret or of another request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

/// What is wrong with a credential scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are those of the messages")]
pub enum ScopeError {
    /// Empty, or not the form of a region's name.
    #[error("Credential should be scoped to a valid region, not '{0}'. ")]
    Region(String),
    /// Not this service; holds the right one.
    #[error("Credential should be scoped to correct service: '{0}'. ")]
    Service(String),
    /// Not `aws4_request`.
    #[error("Credential should be scoped with a valid terminator: 'aws4_request', not '{0}'. ")]
    Terminator(String),
    /// Not the day of the request.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{day}', from '{signed}'."
    )]
    Date { scope: String, day: String, signed: SignatureTime },
}

impl SignatureError {
    /// AWS's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken => "MissingAuthenticationToken",
            Self::TrailingEscape | Self::IllegalEscape(_) => "MalformedQueryString",
            Self::UnsupportedAlgorithm(_)
            | Self::NotAPair { .. }
            | Self::IncompleteHeader { .. }
            | Self::IncompleteQuery(_)
            | Self::MalformedDate(_)
            | Self::MalformedCredential(_) => "IncompleteSignature",
            Self::TwoSources
            | Self::HostNotSigned
            | Self::HeaderNotSigned(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::WrongScope(_)
            | Self::Mismatch => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status of the code, from IAM's list of common errors.
    pub fn status(&self) -> u16 {
        match self.code() {
            "IncompleteSignature" => 400,
            "MalformedQueryString" => 404,
            _ => 403,
        }
    }
}

struct HeaderLacks<'a> {
    parameters: &'a [&'static str],
    date: bool,
}

impl fmt::Display for HeaderLacks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parameter in self.parameters {
            write!(f, "Authorization header requires '{parameter}' parameter. ")?;
        }
        if self.date {
            f.write_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            )?;
        }
        Ok(())
    }
}

struct QueryLacks<'a>(&'a [&'static str]);

impl fmt::Display for QueryLacks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parameter in self.0 {
            write!(f, "AWS query-string parameters must include '{parameter}'. ")?;
        }
        Ok(())
    }
}

struct Sentences<'a>(&'a [ScopeError]);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| fault.fmt(f))
    }
}

/// Seconds, in minutes where that is exact: AWS's tolerances are.
struct Span(i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds % 60 == 0 => write!(f, "{} min.", seconds / 60),
            seconds => write!(f, "{seconds} sec."),
        }
    }
}
