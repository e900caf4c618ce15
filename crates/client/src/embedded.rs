//! Calls on the service in this process.

use vmfa_iam::{Api, Call, Caller, Detail, Refusal, Service};
use vmfa_model::{Fault, FaultKind, Record};
use vmfa_sigv4::{Request, RequestSignature};

use crate::{ActAs, CallError, Calls, Credentials, DirectoryError, HeldDirectory};

/// The service in this process, for one caller.
pub struct Embedded {
    held: HeldDirectory,
    who: Who,
}

/// How the caller of each call is known.
enum Who {
    /// It is the same one throughout.
    Always(Caller),
    /// Every call is refused, as by a server.
    Nobody(Fault),
    /// By a session, which may end, and may call one API and not the other.
    Session(Credentials),
}

impl Embedded {
    /// With a key of the store that does not work every call is refused, as by a server.
    ///
    /// # Errors
    /// `NotOurs`, for a key that the store must have and has not.
    pub fn new(held: HeldDirectory, acting: ActAs) -> Result<Self, DirectoryError> {
        let root = || Caller::local(held.established().account);
        let (credentials, demanded) = match acting {
            ActAs::Root => {
                let who = Who::Always(root());
                return Ok(Self { held, who });
            }
            ActAs::IfKnown(credentials) => (credentials, false),
            ActAs::Only(credentials) => (credentials, true),
        };
        if credentials.token.is_some() {
            let service = held.service();
            // STS takes every session of this account, so that what it does not know is none.
            let caller = session(service, &credentials, Api::Sts, &service.request_id());
            let foreign = caller.is_err_and(|fault| fault.kind == FaultKind::InvalidClientTokenId);
            let who = match (foreign, demanded) {
                (true, true) => return Err(DirectoryError::NotOurs(credentials.key.id)),
                (true, false) => Who::Always(root()),
                (false, _) => Who::Session(credentials),
            };
            return Ok(Self { held, who });
        }
        let key = &credentials.key;
        let who = match held.service().caller_of_key(&key.id, key.secret.expose()) {
            Ok(Some(caller)) => Who::Always(caller),
            Ok(None) if demanded => return Err(DirectoryError::NotOurs(key.id.clone())),
            Ok(None) => Who::Always(root()),
            Err(Refusal::Fault(fault)) => Who::Nobody(fault),
            Err(broken) => return Err(broken.into()),
        };
        Ok(Self { held, who })
    }
}

impl Calls for Embedded {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.call_for(call, Detail::Whole)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        let service = self.held.service();
        let request = service.request_id();
        let known;
        let caller = match &self.who {
            Who::Always(caller) => caller,
            Who::Nobody(fault) => return Err(fault.clone().into()),
            Who::Session(credentials) => {
                known = session(service, credentials, call.action.api, &request)?;
                &known
            }
        };
        Ok(service.call_for(caller, call, detail, &request)?)
    }

    fn supports_bare(&self) -> bool {
        true
    }
}

/// The caller of a session. The service knows sessions by their signatures alone, so one is made,
/// of nothing in particular.
fn session(
    service: &Service,
    credentials: &Credentials,
    api: Api,
    request: &str,
) -> Result<Caller, Fault> {
    let signer = credentials.signer("us-east-1", api);
    let host: (&str, &[u8]) = ("host", b"localhost");
    let bare = Request { method: "POST", path: "/", query: "", headers: &[host], body: b"" };
    let added = signer.sign(&bare, service.now().unix());
    let added = added.map_err(|refusal| vmfa_iam::signature_fault(&refusal))?;
    let mut headers = vec![host];
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let presented = RequestSignature::read(&Request { headers: &headers, ..bare });
    let presented = presented.map_err(|refusal| vmfa_iam::signature_fault(&refusal))?;
    service.authenticate(&presented, api, request)
}
