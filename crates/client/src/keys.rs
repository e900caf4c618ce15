//! The access keys of a data directory, for a door of this process whose users prove that they know
//! the secret of one, and do not show it.
//!
//! Not here: how they prove it.

use std::sync::Arc;

use data_encoding::BASE64;
use vmfa_iam::{Call, Caller, Verifier};
use vmfa_model::{Entropy, Record, Secret};
use vmfa_query::{request, response::Unanswered};
use vmfa_store::UserId;
use zeroize::Zeroizing;

use crate::{AccessKey, Calls, Failed, Held, Socket, socket::lines};

/// The access keys that open a door, and what whoever has proved to have one may do.
pub trait Keys: Send + Sync {
    /// What the secret of a key is checked against. For one that is not there, or is inactive, every
    /// secret is wrong.
    fn verifier(&self, access_key: &str) -> Result<Verifier, Failed>;

    /// Calls of the owner of a key whose secret was proved. They are refused once the key is gone or
    /// inactive.
    fn calls(&self, access_key: &str) -> Arc<dyn Calls>;

    /// Calls of whoever needs no key.
    fn open_calls(&self) -> Arc<dyn Calls>;
}

/// The keys of a data directory that this process holds.
pub struct HeldKeys(Arc<Held>);

/// The keys of a data directory that another process holds and serves.
pub struct ServedKeys(Arc<Socket>);

impl HeldKeys {
    /// The keys of the directory.
    pub fn new(held: Arc<Held>) -> Self {
        Self(held)
    }
}

impl ServedKeys {
    /// The keys of the directory whose socket that is.
    pub fn new(socket: Socket) -> Self {
        Self(Arc::new(socket))
    }
}

/// The one key that this process makes its calls with, as they go elsewhere.
pub struct OneKey {
    key: Option<AccessKey>,
    /// What nobody has.
    nobody: Secret,
    salts: Zeroizing<[u8; 32]>,
    calls: Arc<dyn Calls>,
}

impl OneKey {
    /// That key opens the door, if there is one, and these calls are made for whoever has it.
    pub fn new(key: Option<AccessKey>, calls: Arc<dyn Calls>, entropy: &dyn Entropy) -> Self {
        let random = || {
            let mut bytes = Zeroizing::new([0; 32]);
            entropy.fill(bytes.as_mut());
            bytes
        };
        let nobody = Secret::new(BASE64.encode(random().as_ref()));
        Self { key, nobody, salts: random(), calls }
    }
}

impl Keys for OneKey {
    fn verifier(&self, access_key: &str) -> Result<Verifier, Failed> {
        let key = self.key.as_ref().filter(|key| key.id == access_key);
        let secret = key.map_or(&self.nobody, |key| &key.secret);
        Ok(Verifier::of_key(secret.expose(), self.salts.as_ref(), access_key))
    }

    fn calls(&self, _: &str) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }
}

impl Keys for HeldKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, Failed> {
        let service = self.0.service();
        let request = service.request_id();
        Ok(service.verifier(access_key).map_err(|refusal| refusal.into_fault(&request))?)
    }

    fn calls(&self, access_key: &str) -> Arc<dyn Calls> {
        Arc::new(HeldCalls { held: Arc::clone(&self.0), key: Some(access_key.to_owned()) })
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(HeldCalls { held: Arc::clone(&self.0), key: None })
    }
}

/// Calls on the service in this process, of the owner of that key or of the root.
struct HeldCalls {
    held: Arc<Held>,
    key: Option<String>,
}

impl Calls for HeldCalls {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let service = self.held.service();
        let request = service.request_id();
        let caller = match &self.key {
            Some(key) => service.caller_of_proven_key(key),
            None => Ok(Caller::local(self.held.established().account)),
        };
        let caller = caller.map_err(|refusal| refusal.into_fault(&request))?;
        Ok(service.call(&caller, call, &request)?)
    }
}

impl Keys for ServedKeys {
    fn verifier(&self, access_key: &str) -> Result<Verifier, Failed> {
        let answer = self.0.post("/vmfa/verifier", "", &lines(&[(PROVEN_KEY, access_key)]));
        let answer = answer.map_err(|error| {
            Failed::Unreachable(format!(
                "the server that holds the data directory did not answer: {error}"
            ))
        })?;
        let text = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
        text.and_then(read).ok_or_else(|| {
            let status = answer.status;
            Failed::Unreachable(format!(
                "the server that holds the data directory tells nothing of keys: it answered \
                 {status}; it may be an older vmfa, so start it anew"
            ))
        })
    }

    fn calls(&self, access_key: &str) -> Arc<dyn Calls> {
        let identity = Some(lines(&[(PROVEN_KEY, access_key)]));
        Arc::new(ServedCalls { socket: Arc::clone(&self.0), identity })
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::new(ServedCalls { socket: Arc::clone(&self.0), identity: None })
    }
}

/// Calls through the socket, of whoever the headers tell, or of the root.
struct ServedCalls {
    socket: Arc<Socket>,
    identity: Option<Zeroizing<String>>,
}

impl Calls for ServedCalls {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let identity = self.identity.as_ref().map(|lines| lines.as_str());
        // Without headers they would be calls of the root.
        if identity.is_some_and(str::is_empty) {
            return Err(vmfa_iam::unknown_token().into());
        }
        let form = Zeroizing::new(request::form(&call));
        self.socket.ask(&call, &form, identity.unwrap_or_default()).map_err(|unanswered| {
            match unanswered {
                Unanswered::Refused(fault) => Failed::Refused(fault),
                Unanswered::Unreadable(problem) => Failed::Unreachable(problem),
            }
        })
    }
}

/// Reads the lines of a verifier.
fn read(text: &str) -> Option<Verifier> {
    let mut lines = text.lines();
    let mut next = || lines.next();
    let bytes = |line: &str| BASE64.decode(line.as_bytes()).ok();
    Some(Verifier {
        salt: bytes(next()?)?.try_into().ok()?,
        iterations: next()?.parse().ok()?,
        stored_key: bytes(next()?)?.try_into().ok()?,
        server_key: bytes(next()?)?.try_into().ok()?,
        owner: next().filter(|owner| !owner.is_empty()).map(|owner| UserId(owner.to_owned())),
    })
}

/// Names the key to the server.
const PROVEN_KEY: &str = "x-vmfa-proven-key";
