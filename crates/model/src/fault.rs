//! Faults: requests that the service refuses, with AWS's error codes and HTTP statuses.

use std::{borrow::Cow, fmt};

/// A refused request. Encoders turn it into XML, an exit code or a SQLSTATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The error code and its HTTP status.
    pub kind: FaultKind,
    /// AWS's sentence; some of AWS's errors have none.
    pub message: Option<Cow<'static, str>>,
}

impl Fault {
    /// A fault with a message.
    pub fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: Some(message.into()) }
    }

    /// A fault for which AWS sends no message.
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
        /// AWS's error codes, each with its HTTP status.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum FaultKind {
            $($(#[doc = $doc])* $name,)+
            /// A code that is not in this list: of the HTTP server, or from another endpoint.
            Foreign {
                /// The code as it is on the wire.
                code: String,
                /// The HTTP status of the response.
                status: u16,
            },
        }

        impl FaultKind {
            /// The code on the wire, such as `NoSuchEntity`.
            pub fn code(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed(stringify!($name)),)+
                    Self::Foreign { code, .. } => Cow::Owned(code.clone()),
                }
            }

            /// The HTTP status that the code is sent with.
            pub const fn status(&self) -> u16 {
                match self { $(Self::$name => $status,)+ Self::Foreign { status, .. } => *status }
            }

            /// The kind of a response; [`Foreign`](Self::Foreign) for codes that are not in this list.
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
    /// The caller lacks the permission.
    AccessDenied 403,
    /// Another request changed the entity at the same time.
    ConcurrentModification 409,
    /// The entity has subordinate entities, which must be removed first.
    DeleteConflict 409,
    /// An entity of that name exists.
    EntityAlreadyExists 409,
    /// The entity was created or deleted too recently to be changed.
    EntityTemporarilyUnmodifiable 409,
    /// The session token has expired.
    ExpiredToken 403,
    /// The signature header or query parameters are malformed.
    IncompleteSignature 400,
    /// An internal error, as STS names it.
    InternalFailure 500,
    /// The API has no such action, or not in that version.
    InvalidAction 400,
    /// The code pair does not match, or was used.
    InvalidAuthenticationCode 403,
    /// The access key does not exist or is inactive.
    InvalidClientTokenId 403,
    /// A parameter has a value that the action does not accept.
    InvalidInput 400,
    /// A quota is exceeded.
    LimitExceeded 409,
    /// A parameter cannot be parsed.
    MalformedInput 400,
    /// The body or the query string cannot be parsed.
    MalformedQueryString 404,
    /// The request has no `Action` parameter.
    MissingAction 400,
    /// The request is not signed.
    MissingAuthenticationToken 403,
    /// The entity does not exist.
    NoSuchEntity 404,
    /// The credential report is older than four hours.
    ReportExpired 410,
    /// The credential report is being generated.
    ReportInProgress 404,
    /// No credential report was generated.
    ReportNotPresent 410,
    /// The request is too large.
    RequestEntityTooLarge 413,
    /// The request did not arrive within the timeout.
    RequestTimeout 408,
    /// An internal error, as IAM names it.
    ServiceFailure 500,
    /// The service is overloaded or shutting down.
    ServiceUnavailable 503,
    /// The signature does not match the request.
    SignatureDoesNotMatch 403,
    /// The caller exceeds its rate limit.
    Throttling 400,
    /// A parameter does not satisfy its constraints.
    ValidationError 400,
}
