//! The access keys of a data directory, for a door of this process whose users prove that they know
//! the secret of one, and do not show it.
//!
//! Not here: how they prove it.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::BASE64;
use vmfa_iam::{Call, Caller, Detail, Verifier};
use vmfa_model::{Entropy, Record};
use vmfa_query::{
    request,
    response::{self, ResponseError},
};
use vmfa_socket::{MAX_KEYS, PROVEN_KEY, REVOKED_KEYS, VERIFIER};
use vmfa_store::UserId;
use zeroize::Zeroizing;

use crate::{
    AccessKey, CallError, Calls, HeldDirectory, Socket,
    socket::{Answer, lines},
};

/// The access keys that open a door, and what whoever has proved to have one may do.
pub trait AccessKeys: Send + Sync {
    /// What the secret of a key is checked against. For one that is not there, or is inactive, every
    /// secret is wrong.
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError>;

    /// Calls of the owner of a key whose secret was proved. They are refused once the key is gone or
    /// inactive.
    fn calls(&self, access_key: &str) -> Arc<dyn Calls>;

    /// Calls of whoever needs no key.
    fn open_calls(&self) -> Arc<dyn Calls>;

    /// Those of the keys that were deleted or deactivated. It counts as no use of a key, and does
    /// not take over a data directory whose holder has gone.
    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError>;
}

/// The keys of a data directory that this process holds.
pub struct HeldKeys(Arc<HeldDirectory>);

/// The keys of a data directory that another process holds and serves; and whoever holds it after
/// that one has ended.
pub struct ServedKeys(Arc<Following>);

/// Holds the data directory, where nobody else does any more, or finds who does. Or tells why not.
pub type FindHolder = dyn Fn() -> Result<Result<Arc<HeldDirectory>, Socket>, String> + Send + Sync;

impl HeldKeys {
    /// The keys of the directory.
    pub fn new(held: Arc<HeldDirectory>) -> Self {
        Self(held)
    }
}

impl ServedKeys {
    /// The keys of the directory whose socket that is. Once nobody answers there, it is looked
    /// again, in the middle of a call.
    pub fn new(socket: Socket, again: Box<FindHolder>) -> Self {
        let way = RwLock::new(Way::Served(Arc::new(socket)));
        Self(Arc::new(Following { way, again }))
    }
}

/// The one key that this process makes its calls with, as they go elsewhere.
pub struct SingleKey {
    /// The identifier of the key and its verifier.
    key: Option<(String, Verifier)>,
    /// What the verifiers of all other keys are made of.
    chance: Zeroizing<[u8; 32]>,
    salts: Zeroizing<[u8; 32]>,
    calls: Arc<dyn Calls>,
}

impl SingleKey {
    /// That key opens the door, if there is one, and these calls are made for whoever has it.
    pub fn new(key: Option<AccessKey>, calls: Arc<dyn Calls>, entropy: &dyn Entropy) -> Self {
        let random = || {
            let mut bytes = Zeroizing::new([0; 32]);
            entropy.fill(bytes.as_mut());
            bytes
        };
        let (chance, salts) = (random(), random());
        let key = key.map(|AccessKey { id, secret }| {
            let verifier = Verifier::of_key(secret.expose(), salts.as_ref(), &id);
            (id, verifier)
        });
        Self { key, chance, salts, calls }
    }
}

impl AccessKeys for SingleKey {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        let found = self.key.as_ref().filter(|(id, _)| id == access_key);
        Ok(match found {
            Some((_, verifier)) => verifier.clone(),
            None => Verifier::unsatisfiable(self.chance.as_ref(), self.salts.as_ref(), access_key),
        })
    }

    fn calls(&self, _: &str) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    /// Only the endpoint knows, and refuses the calls of a key that it revoked.
    fn revoked(&self, _: &[String]) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }
}

impl AccessKeys for HeldKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        verifier_held(&self.0, access_key)
    }

    fn calls(&self, access_key: &str) -> Arc<dyn Calls> {
        Arc::new(HeldCalls { held: Arc::clone(&self.0), key: Some(access_key.to_owned()) })
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(HeldCalls { held: Arc::clone(&self.0), key: None })
    }

    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError> {
        revoked_held(&self.0, access_keys)
    }
}

/// Calls on the service in this process, of the owner of that key or of the root.
struct HeldCalls {
    held: Arc<HeldDirectory>,
    key: Option<String>,
}

impl Calls for HeldCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.call_for(call, Detail::Whole)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        call_held(&self.held, self.key.as_deref(), call, detail)
    }

    fn supports_bare(&self) -> bool {
        true
    }
}

fn verifier_held(held: &HeldDirectory, access_key: &str) -> Result<Verifier, CallError> {
    let service = held.service();
    let request = service.request_id();
    Ok(service.verifier(access_key).map_err(|refusal| refusal.into_fault(&request))?)
}

fn revoked_held(held: &HeldDirectory, access_keys: &[String]) -> Result<Vec<String>, CallError> {
    let service = held.service();
    let mut revoked = Vec::new();
    for key in access_keys {
        let active = service.is_active_key(key);
        if !active.map_err(|refusal| refusal.into_fault(&service.request_id()))? {
            revoked.push(key.clone());
        }
    }
    Ok(revoked)
}

fn call_held(
    held: &HeldDirectory,
    key: Option<&str>,
    call: Call,
    detail: Detail,
) -> Result<Record, CallError> {
    let service = held.service();
    let request = service.request_id();
    let caller = match key {
        Some(key) => service.caller_of_proven_key(key),
        None => Ok(Caller::local(held.established().account)),
    };
    let caller = caller.map_err(|refusal| refusal.into_fault(&request))?;
    Ok(service.call_for(&caller, call, detail, &request)?)
}

impl AccessKeys for ServedKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        // No key has a name that would need it; one that has is nobody's, and is asked for as such.
        let plain = access_key.escape_default().to_string();
        let identity = lines(&[(PROVEN_KEY, &plain)]);
        let answer = match self.0.post(VERIFIER, "", &identity)? {
            Err(held) => return verifier_held(&held, access_key),
            Ok(answer) => answer,
        };
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
        text.and_then(read).ok_or_else(|| untold(answer.status))
    }

    fn calls(&self, access_key: &str) -> Arc<dyn Calls> {
        Arc::new(ServedCalls { way: Arc::clone(&self.0), key: Some(access_key.to_owned()) })
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(ServedCalls { way: Arc::clone(&self.0), key: None })
    }

    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError> {
        let way = self.0.way.read().unwrap_or_else(PoisonError::into_inner).clone();
        let socket = match way {
            Way::Held(held) => return revoked_held(&held, access_keys),
            Way::Served(socket) => socket,
        };
        let mut revoked = Vec::new();
        for some in access_keys.chunks(MAX_KEYS) {
            let identity = lines(&[(PROVEN_KEY, &some.join(","))]);
            let answer = socket.post(REVOKED_KEYS, "", &identity);
            let answer = answer.map_err(|error| unanswered(&error))?;
            let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
            let text = text.ok_or_else(|| untold(answer.status))?;
            revoked.extend(text.lines().map(str::to_owned));
        }
        Ok(revoked)
    }
}

/// Calls of whoever has that key, or of the root.
struct ServedCalls {
    way: Arc<Following>,
    key: Option<String>,
}

impl Calls for ServedCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let identity = self.key.as_ref().map(|key| lines(&[(PROVEN_KEY, key)]));
        let identity = identity.as_ref().map(|lines| lines.as_str());
        // Without headers they would be calls of the root.
        if identity.is_some_and(str::is_empty) {
            return Err(vmfa_iam::unknown_token().into());
        }
        let form = Zeroizing::new(request::form(&call));
        let answer = match self.way.post("/", &form, identity.unwrap_or_default())? {
            Err(held) => return call_held(&held, self.key.as_deref(), call, Detail::Whole),
            Ok(answer) => answer,
        };
        response::read(call.action, answer.status, &answer.body).map_err(|unanswered| {
            match unanswered {
                ResponseError::Refused(fault) => CallError::Refused(fault),
                ResponseError::Unreadable(problem) => CallError::Unreachable(problem),
            }
        })
    }
}

/// The way to a data directory that another process held at first.
struct Following {
    way: RwLock<Way>,
    again: Box<FindHolder>,
}

#[derive(Clone)]
enum Way {
    Served(Arc<Socket>),
    Held(Arc<HeldDirectory>),
}

impl Following {
    /// Asks the server that holds the directory, or gives the directory where this process does.
    fn post(
        &self,
        target: &str,
        form: &str,
        identity: &str,
    ) -> Result<Result<Answer, Arc<HeldDirectory>>, CallError> {
        let mut way = self.way.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tries = 0_u8;
        loop {
            let socket = match way {
                Way::Held(held) => return Ok(Err(held)),
                Way::Served(socket) => socket,
            };
            match socket.post(target, form, identity) {
                Ok(answer) => return Ok(Ok(answer)),
                // Nobody listens, so nothing was said.
                Err(error)
                    if tries < TRIES
                        && matches!(
                            error.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                        ) =>
                {
                    tries = tries.saturating_add(1);
                    way = self.look_again(&socket)?;
                }
                Err(error) => return Err(unanswered(&error)),
            }
        }
    }

    /// The way after that one, which leads nowhere any more.
    fn look_again(&self, gone: &Arc<Socket>) -> Result<Way, CallError> {
        let mut way = self.way.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*way, Way::Served(socket) if Arc::ptr_eq(socket, gone)) {
            *way = match (self.again)().map_err(CallError::Unreachable)? {
                Ok(held) => Way::Held(held),
                Err(socket) => Way::Served(Arc::new(socket)),
            };
        }
        Ok(way.clone())
    }
}

fn unanswered(error: &io::Error) -> CallError {
    CallError::Unreachable(format!(
        "the server that holds the data directory did not answer: {error}"
    ))
}

fn untold(status: u16) -> CallError {
    CallError::Unreachable(format!(
        "the server that holds the data directory tells nothing of keys: it answered {status}; it \
         may be an older vmfa, so restart it"
    ))
}

/// Reads the lines of a verifier.
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

/// How often it is looked who holds a directory, for one call.
const TRIES: u8 = 2;
