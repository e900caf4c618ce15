//! Calls on the service in this process.

use vmfa_iam::{Call, Caller};
use vmfa_model::Record;

use crate::{AccessKey, Calls, Error, Failed, Held};

/// The service in this process, for one caller.
pub struct Embedded {
    held: Held,
    caller: Caller,
}

impl Embedded {
    /// Acts as the owner of the key where the store has it, otherwise as the account's root: the
    /// key is then one for somewhere else, and whoever may read the directory is its root.
    pub fn new(held: Held, key: Option<&AccessKey>) -> Result<Self, Error> {
        let caller = match key {
            Some(key) => caller(&held, key)?,
            None => None,
        };
        let caller = caller.unwrap_or_else(|| Caller::local(held.established().account));
        Ok(Self { held, caller })
    }
}

impl Calls for Embedded {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let service = self.held.service();
        Ok(service.call(&self.caller, call, &service.request_id())?)
    }
}

fn caller(held: &Held, key: &AccessKey) -> Result<Option<Caller>, Error> {
    let caller = held.service().caller_of_key(&key.id, key.secret.expose())?;
    // Never root for a key that was taken away from somebody.
    if caller.is_none() && held.has_key(&key.id)? {
        return Err(Error::Key(key.id.clone()));
    }
    Ok(caller)
}
