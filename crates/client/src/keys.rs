//! The access keys that clients log in with to the PostgreSQL server, which verifies passwords
//! itself (SCRAM) and never sees a secret.
//!
//! Not here: the protocol by which a client proves that it knows a secret (see `vmfa_sql::wire`).

mod served;

use std::sync::Arc;

use vmfa_iam::{Call, Caller, Detail, Verifier};
use vmfa_model::{Entropy, Record};
use zeroize::Zeroizing;

pub use self::served::{FindHolder, ServedKeys};
use crate::{AccessKeyPair, CallError, Calls, HeldDirectory};

/// Access keys that clients log in with, and the calls that they may then make.
pub trait AccessKeys: Send + Sync {
    /// The SCRAM verifier of a key's secret. For an unknown or inactive key it is one that no
    /// password satisfies.
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError>;

    /// Calls of the owner of a key whose secret the client has proved. They are refused once the
    /// key is deleted or inactive.
    fn calls(&self, access_key: &str) -> Arc<dyn Calls>;

    /// Calls of clients that need not log in.
    fn open_calls(&self) -> Arc<dyn Calls>;

    /// Those of the keys that were deleted or deactivated. It does not count as a use of a key, and
    /// does not take over a data directory whose holder has ended.
    fn revoked(&self, access_keys: &[String]) -> Result<Vec<String>, CallError>;
}

/// The keys of a data directory that this process holds.
pub struct HeldKeys(Arc<HeldDirectory>);

impl HeldKeys {
    /// Calls without a log-in act as the root user.
    pub fn new(held: Arc<HeldDirectory>) -> Self {
        Self(held)
    }
}

/// The one access key that is configured for an endpoint.
pub struct SingleKey {
    /// The key's id and verifier.
    key: Option<(String, Verifier)>,
    /// Secrets of the verifiers of all other ids.
    seed: Zeroizing<[u8; 32]>,
    salts: Zeroizing<[u8; 32]>,
    calls: Arc<dyn Calls>,
}

impl SingleKey {
    /// Clients log in with `key`, if there is one, and make `calls`.
    pub fn new(key: Option<AccessKeyPair>, calls: Arc<dyn Calls>, entropy: &dyn Entropy) -> Self {
        let random = || {
            let mut bytes = Zeroizing::new([0; 32]);
            entropy.fill(bytes.as_mut());
            bytes
        };
        let (seed, salts) = (random(), random());
        let key = key.map(|AccessKeyPair { id, secret }| {
            let verifier = Verifier::of_key(secret.expose(), salts.as_ref(), &id);
            (id, verifier)
        });
        Self { key, seed, salts, calls }
    }
}

impl AccessKeys for SingleKey {
    fn verifier(&self, access_key: &str) -> Result<Verifier, CallError> {
        let found = self.key.as_ref().filter(|(id, _)| id == access_key);
        Ok(match found {
            Some((_, verifier)) => verifier.clone(),
            None => Verifier::unsatisfiable(self.seed.as_ref(), self.salts.as_ref(), access_key),
        })
    }

    fn calls(&self, _: &str) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    fn open_calls(&self) -> Arc<dyn Calls> {
        Arc::clone(&self.calls)
    }

    /// Only the endpoint knows; it refuses the calls of a revoked key.
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

/// Calls on the service in this process, of the owner of a key, or of the root user without one.
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
