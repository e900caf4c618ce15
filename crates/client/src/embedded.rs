//! Calls on the service in this process.

use vmfa_iam::{Call, Caller, Refusal};
use vmfa_model::{Fault, Record};

use crate::{AccessKey, Calls, Error, Failed, Held};

/// The service in this process, for one caller.
pub struct Embedded {
    held: Held,
    caller: Result<Caller, Fault>,
}

impl Embedded {
    /// Acts as the owner of the key where the store has it, otherwise as the account's root: the
    /// key is then one for somewhere else, and whoever may read the directory is its root. With a
    /// key of the store that does not work, every call is refused, as by a server.
    pub fn new(held: Held, key: Option<&AccessKey>) -> Result<Self, Error> {
        let known = match key {
            Some(key) => held.service().caller_of_key(&key.id, key.secret.expose()),
            None => Ok(None),
        };
        let caller = match known {
            Ok(known) => Ok(known.unwrap_or_else(|| Caller::local(held.established().account))),
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(broken) => return Err(broken.into()),
        };
        Ok(Self { held, caller })
    }
}

impl Calls for Embedded {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let service = self.held.service();
        Ok(service.call(
            self.caller.as_ref().map_err(Clone::clone)?,
            call,
            &service.request_id(),
        )?)
    }
}
