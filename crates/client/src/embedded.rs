//! Calls on the service in this process.

use std::sync::Arc;

use vmfa_iam::{Api, Call, Caller, Detail, Refusal, Service};
use vmfa_model::{Fault, FaultKind, Record, Secret};

use crate::{ActAs, CallError, Calls, Credentials, DirectoryError, HeldDirectory};

/// The service of a data directory that this process holds, for one caller.
pub struct Embedded {
    held: Arc<HeldDirectory>,
    caller: EmbeddedCaller,
}

enum EmbeddedCaller {
    Known(Caller),
    /// Every call is refused with this, as a server would.
    Refused(Fault),
    /// Checked at each call: a session expires, and may be allowed to call one API and not the
    /// other.
    Session(Credentials),
}

impl Embedded {
    /// An access key of the store that is inactive, or has another secret, is not an error: every
    /// call is then refused, as by a server.
    ///
    /// # Errors
    /// `NotOurs`, for credentials that must be of the store and are not.
    pub fn new(held: impl Into<Arc<HeldDirectory>>, act_as: ActAs) -> Result<Self, DirectoryError> {
        let held = held.into();
        let root = || EmbeddedCaller::Known(Caller::local(held.established().account));
        let (credentials, required) = match act_as {
            ActAs::Root => {
                let caller = root();
                return Ok(Self { held, caller });
            }
            ActAs::IfKnown(credentials) => (credentials, false),
            ActAs::Only(credentials) => (credentials, true),
        };
        let id = credentials.key.id.clone();
        let caller = match identify(held.service(), credentials)? {
            Some(caller) => caller,
            None if required => return Err(DirectoryError::NotOurs(id)),
            None => root(),
        };
        Ok(Self { held, caller })
    }
}

/// The owner of credentials; `None` where they are not of the store.
fn identify(
    service: &Service,
    credentials: Credentials,
) -> Result<Option<EmbeddedCaller>, DirectoryError> {
    if credentials.token.is_some() {
        // STS accepts every session of this account, so one that it does not know is foreign.
        let caller = session(service, &credentials, Api::Sts, &service.request_id());
        let foreign = caller.is_err_and(|fault| fault.kind == FaultKind::InvalidClientTokenId);
        return Ok((!foreign).then_some(EmbeddedCaller::Session(credentials)));
    }
    match service.caller_of_key(&credentials.key.id, credentials.key.secret.expose()) {
        Ok(caller) => Ok(caller.map(EmbeddedCaller::Known)),
        Err(Refusal::Fault(fault)) => Ok(Some(EmbeddedCaller::Refused(fault))),
        Err(error) => Err(error.into()),
    }
}

fn session(
    service: &Service,
    credentials: &Credentials,
    api: Api,
    request: &str,
) -> Result<Caller, Fault> {
    let token = credentials.token.as_ref().map(Secret::expose).unwrap_or_default();
    let (id, secret) = (&credentials.key.id, credentials.key.secret.expose());
    let caller = service.caller_of_session(id, secret, token, api);
    caller.map_err(|refusal| refusal.into_fault(request))
}

impl Calls for Embedded {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.call_for(call, Detail::Whole)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        let service = self.held.service();
        let request = service.request_id();
        let of_session;
        let caller = match &self.caller {
            EmbeddedCaller::Known(caller) => caller,
            EmbeddedCaller::Refused(fault) => return Err(fault.clone().into()),
            EmbeddedCaller::Session(credentials) => {
                of_session = session(service, credentials, call.action.api, &request)?;
                &of_session
            }
        };
        Ok(service.call_for(caller, call, detail, &request)?)
    }

    fn supports_bare(&self) -> bool {
        true
    }
}
