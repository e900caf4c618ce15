//! Refusals: what a caller did that the service will not do, in AWS's codes.

use std::{borrow::Cow, fmt};

/// A refusal. It becomes XML, an exit code or a SQLSTATE only in an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which refusal.
    pub kind: FaultKind,
    /// What it says; some of AWS's refusals say nothing.
    pub message: Option<Cow<'static, str>>,
}

impl Fault {
    /// A refusal with a message.
    pub fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: Some(message.into()) }
    }

    /// A refusal without a word.
    pub const fn without_message(kind: FaultKind) -> Self {
        Self { kind, message: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.kind.code()),
            None => f.write_str(&self.kind.code()),
        }
    }
}

impl std::error::Error for Fault {}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident $status:literal),+ $(,)?) => {
        /// The kinds of refusal, each with its code and HTTP status.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum FaultKind {
            $($(#[doc = $doc])* $name,)+
            /// A code that no rule gives: one of the HTTP door's own, or of a foreign endpoint.
            Foreign {
                /// The code as it was sent.
                code: String,
                /// The HTTP status.
                status: u16,
            },
        }

        impl FaultKind {
            /// The code, such as `NoSuchEntity`.
            pub fn code(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed(stringify!($name)),)+
                    Self::Foreign { code, .. } => Cow::Owned(code.clone()),
                }
            }

            /// The HTTP status.
            pub const fn status(&self) -> u16 {
                match self { $(Self::$name => $status,)+ Self::Foreign { status, .. } => *status }
            }

            /// The kind that an endpoint meant.
            pub fn from_wire(code: &str, status: u16) -> Self {
                match code {
                    $(stringify!($name) => Self::$name,)+
                    _ => Self::Foreign { code: code.to_owned(), status },
                }
            }
        }
    };
}

kinds! {
    /// The caller may not do this.
    AccessDenied 403,
    /// The object changed meanwhile.
    ConcurrentModification 409,
    /// Something else must be removed first.
    DeleteConflict 409,
    /// The name is taken.
    EntityAlreadyExists 409,
    /// The object cannot be changed for the moment.
    EntityTemporarilyUnmodifiable 409,
    /// The session has ended.
    ExpiredToken 403,
    /// The signature is not well-formed.
    IncompleteSignature 400,
    /// The service failed.
    InternalFailure 500,
    /// No such action.
    InvalidAction 400,
    /// The code is wrong, used or too old.
    InvalidAuthenticationCode 403,
    /// No such access key, or one that does not work.
    InvalidClientTokenId 403,
    /// A parameter is not acceptable.
    InvalidInput 400,
    /// A quota is used up.
    LimitExceeded 409,
    /// A parameter cannot be read.
    MalformedInput 400,
    /// The body or the query string cannot be read.
    MalformedQueryString 404,
    /// No action is named.
    MissingAction 400,
    /// The request is not signed.
    MissingAuthenticationToken 403,
    /// There is no such thing.
    NoSuchEntity 404,
    /// The report is too old.
    ReportExpired 410,
    /// The report is being made.
    ReportInProgress 404,
    /// There is no report.
    ReportNotPresent 410,
    /// The request is too large.
    RequestEntityTooLarge 413,
    /// The request did not arrive in time.
    RequestTimeout 408,
    /// The service failed.
    ServiceFailure 500,
    /// The service cannot take the request now.
    ServiceUnavailable 503,
    /// The signature does not fit.
    SignatureDoesNotMatch 403,
    /// Too many requests.
    Throttling 400,
    /// A parameter does not satisfy its constraints.
    ValidationError 400,
}
