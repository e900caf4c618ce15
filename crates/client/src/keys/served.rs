//! The access keys of a data directory that another process holds and serves. If that process ends,
//! the next call holds the directory in this process, or finds the next holder.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::BASE64;
use vmfa_iam::{Call, Detail, Verifier};
use vmfa_model::Record;
use vmfa_query::request;
use vmfa_socket::{MAX_KEY_IDS_PER_REQUEST, PROVEN_KEY_HEADER, REVOKED_KEYS_PATH, VERIFIER_PATH};
use vmfa_store::UserId;
use zeroize::Zeroizing;

use super::{AccessKeys, call_held, revoked_held, verifier_held};
use crate::{
    CallError, Calls, HeldDirectory, Holding, SocketClient,
    http::HttpResponse,
    socket::{self, Headers, header},
};

/// The access keys of a data directory that another process held at first.
pub struct ServedKeys(Arc<DirectoryFollower>);

/// Holds the data directory, or finds the process that does. The error is a message.
pub type FindHolder = dyn Fn() -> Result<Holding, String> + Send + Sync;

impl ServedKeys {
    /// The keys of the directory that is served on this socket. Once no process listens there,
    /// `find_holder` is called, in the middle of a call.
    pub fn new(socket: SocketClient, find_holder: Box<FindHolder>) -> Self {
        let holder = RwLock::new(CurrentHolder::Theirs(Arc::new(socket)));
        Self(Arc::new(DirectoryFollower { holder, find_holder }))
    }
}

impl AccessKeys for ServedKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        // The id of a key has no character that is escaped; others name no key.
        let id = access_key.escape_default().to_string();
        match self.0.post(VERIFIER_PATH, "", &proven_key(&id)?)? {
            PostOutcome::Ours(held) => verifier_held(&held, access_key),
            PostOutcome::Theirs(response) => {
                let text = text(&response)?;
                read(text).ok_or_else(|| unsupported(&response))
            }
        }
    }

    fn calls(&self, access_key: &str) -> Arc<dyn Calls> {
        let key = Some(access_key.to_owned());
        Arc::new(ServedCalls { following: Arc::clone(&self.0), key })
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(ServedCalls { following: Arc::clone(&self.0), key: None })
    }

    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError> {
        let holder = self.0.holder.read().unwrap_or_else(PoisonError::into_inner).clone();
        let socket = match holder {
            CurrentHolder::Ours(held) => return revoked_held(&held, access_keys),
            CurrentHolder::Theirs(socket) => socket,
        };
        let mut revoked = Vec::new();
        for some in access_keys.chunks(MAX_KEY_IDS_PER_REQUEST) {
            let response = socket.post(REVOKED_KEYS_PATH, &proven_key(&some.join(","))?, "");
            let response = response.map_err(|error| unanswered(&error))?;
            revoked.extend(text(&response)?.lines().map(str::to_owned));
        }
        Ok(revoked)
    }
}

/// Calls of the owner of a key, or of the root user without one.
struct ServedCalls {
    following: Arc<DirectoryFollower>,
    key: Option<String>,
}

impl Calls for ServedCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let headers = self.key.as_deref().map(proven_key).transpose()?.unwrap_or_default();
        let form = Zeroizing::new(request::form(&call));
        match self.following.post("/", &form, &headers)? {
            PostOutcome::Ours(held) => call_held(&held, self.key.as_deref(), call, Detail::Whole),
            PostOutcome::Theirs(response) => socket::read(&call, &response),
        }
    }
}

/// Follows the data directory from one holder to the next.
struct DirectoryFollower {
    holder: RwLock<CurrentHolder>,
    find_holder: Box<FindHolder>,
}

#[derive(Clone)]
enum CurrentHolder {
    Ours(Arc<HeldDirectory>),
    Theirs(Arc<SocketClient>),
}

/// What became of a request.
enum PostOutcome {
    /// It was not sent, since this process holds the directory.
    Ours(Arc<HeldDirectory>),
    Theirs(HttpResponse),
}

impl DirectoryFollower {
    /// Sends a request to the process that holds the directory, if it is not this one.
    fn post(&self, target: &str, form: &str, headers: &Headers) -> Result<PostOutcome, CallError> {
        let mut holder = self.holder.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut attempts = 0_u8;
        loop {
            let socket = match holder {
                CurrentHolder::Ours(held) => return Ok(PostOutcome::Ours(held)),
                CurrentHolder::Theirs(socket) => socket,
            };
            match socket.post(target, headers, form) {
                Ok(response) => return Ok(PostOutcome::Theirs(response)),
                // No process listens, so the request was not sent.
                Err(error)
                    if attempts < MAX_ATTEMPTS
                        && matches!(
                            error.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                        ) =>
                {
                    attempts = attempts.saturating_add(1);
                    holder = self.next_holder(&socket)?;
                }
                Err(error) => return Err(unanswered(&error)),
            }
        }
    }

    /// The holder after the one whose socket this is. One thread looks for it, and others wait.
    fn next_holder(&self, gone: &Arc<SocketClient>) -> Result<CurrentHolder, CallError> {
        let mut holder = self.holder.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*holder, CurrentHolder::Theirs(socket) if Arc::ptr_eq(socket, gone)) {
            *holder = match (self.find_holder)().map_err(CallError::Unreachable)? {
                Holding::Ours(held) => CurrentHolder::Ours(held),
                Holding::Theirs(socket) => CurrentHolder::Theirs(Arc::new(socket)),
            };
        }
        Ok(holder.clone())
    }
}

/// The header that names keys. Refused if the ids are no valid header value: without it, the
/// request would act as the root user.
fn proven_key(ids: &str) -> Result<Headers, CallError> {
    let header = header(PROVEN_KEY_HEADER, ids).ok_or_else(vmfa_iam::unknown_token)?;
    Ok(vec![header])
}

/// The text of a response to a request that only vmfa's own servers know.
fn text(response: &HttpResponse) -> Result<&str, CallError> {
    let text = std::str::from_utf8(&response.body).ok().filter(|_| response.status == 200);
    text.ok_or_else(|| unsupported(response))
}

fn unanswered(error: &io::Error) -> CallError {
    CallError::Unreachable(format!(
        "the server that holds the data directory did not respond: {error}"
    ))
}

fn unsupported(response: &HttpResponse) -> CallError {
    let status = response.status;
    CallError::Unreachable(format!(
        "the server that holds the data directory did not report its access keys: HTTP status \
         {status}; if it is an older vmfa, restart it"
    ))
}

/// Reads the response to [`VERIFIER_PATH`].
fn read(text: &str) -> Option<Verifier> {
    let mut lines = text.lines();
    let mut next = || lines.next();
    let bytes = |line: &str| BASE64.decode(line.as_bytes()).ok();
    Some(Verifier {
        salt: bytes(next()?)?.try_into().ok()?,
        iterations: next()?.parse().ok()?,
        stored_key: Zeroizing::new(bytes(next()?)?.try_into().ok()?),
        server_key: Zeroizing::new(bytes(next()?)?.try_into().ok()?),
        owner: next().filter(|owner| !owner.is_empty()).map(|owner| UserId(owner.to_owned())),
    })
}

/// How often a new holder is looked for, for one call.
const MAX_ATTEMPTS: u8 = 2;
