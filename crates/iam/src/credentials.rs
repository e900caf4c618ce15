//! Authentication: from a request's signature to the caller.
//!
//! Access keys are cached with their decrypted secrets and signing keys. An entry is valid while the
//! store's revision of credentials is the one with which it was read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use vmfa_model::{AccountId, Fault, FaultKind, Secret};
use vmfa_sigv4::{CredentialScope, RequestSignature, SigningKey};
use vmfa_store::{AccessKey, KeyId, KeyOwner, KeyRing, LastUse};
use zeroize::Zeroizing;

use crate::{
    Api, Caller, CallerCredentials, Principal, Refusal, Service, context::Reader,
    refusal::InternalError, refuse, session::Session,
};

/// The cache of access keys.
#[derive(Default)]
pub(crate) struct CredentialCache {
    keys: Mutex<HashMap<KeyId, Arc<CachedKey>>>,
}

/// The last uses of access keys that are not stored yet.
#[derive(Default)]
pub(crate) struct LastUses {
    pending: Mutex<PendingUses>,
}

/// The last use of each key, with the key's account.
type PendingUses = HashMap<KeyId, (AccountId, LastUse)>;

/// An access key as of a revision of the store's credentials.
struct CachedKey {
    revision: u64,
    account: AccountId,
    principal: Principal,
    active: bool,
    secret: Zeroizing<String>,
    signing: Mutex<Option<(CredentialScope, Arc<SigningKey>)>>,
}

impl Service {
    /// Authenticates the caller of a signed request to `api`. The order of refusals is AWS's: time,
    /// scope, key, session, signature. `request` identifies the request in the log.
    pub fn authenticate(
        &self,
        presented: &RequestSignature,
        api: Api,
        request: &str,
    ) -> Result<Caller, Fault> {
        self.identify(presented, api).map_err(|refusal| refusal.into_fault(request))
    }

    /// Authenticates by an access key and its secret, for commands that act on the embedded store
    /// without a signature. `None` if the store has no such key; an inactive key and a wrong secret
    /// are refused.
    pub fn caller_of_key(&self, id: &str, secret: &str) -> Result<Option<Caller>, Refusal> {
        let Some(key) = self.cached_key(&KeyId(id.to_owned()))? else { return Ok(None) };
        // Not in constant time: the caller can read the data directory anyway.
        if !key.active || *key.secret != *secret {
            return Err(refuse::unusable_key(id).into());
        }
        Ok(Some(key.caller(CallerCredentials::Key(KeyId(id.to_owned())))))
    }

    /// Authenticates by a session, for commands that act on the embedded store without a signature.
    /// The refusals are those of [`authenticate`](Self::authenticate), except for a wrong secret.
    pub fn caller_of_session(
        &self,
        key: &str,
        secret: &str,
        token: &str,
        api: Api,
    ) -> Result<Caller, Refusal> {
        let session = self.session(token, key)?;
        self.by_session(&session, api, |session| {
            // Not in constant time, as in `caller_of_key`.
            if session.secret.expose() == secret {
                Ok(())
            } else {
                Err(refuse::unusable_key(key).into())
            }
        })
    }

    /// The secret of an active access key, and the caller whom it authenticates.
    pub(crate) fn active_secret(
        &self,
        id: &KeyId,
    ) -> Result<Option<(Zeroizing<String>, Caller)>, Refusal> {
        let key = self.cached_key(id)?.filter(|key| key.active);
        Ok(key.map(|key| {
            let credentials = CallerCredentials::Key(id.clone());
            (key.secret.clone(), key.caller(credentials))
        }))
    }

    /// Writes the last uses of keys to the store. The server calls it periodically and at shutdown.
    pub fn flush_uses(&self) -> Result<(), vmfa_store::Error> {
        let written = self.uses.lock().clone();
        let mut accounts: BTreeMap<AccountId, Vec<(KeyId, LastUse)>> = BTreeMap::new();
        for (key, (account, last_use)) in &written {
            accounts.entry(*account).or_default().push((key.clone(), last_use.clone()));
        }
        for (account, uses) in accounts {
            self.store.note_use(account, uses)?;
            // Removed after the commit, so that readers find them meanwhile and a failed write
            // loses nothing. Later uses stay.
            self.uses.lock().retain(|key, (of, last_use)| {
                *of != account || written.get(key).is_none_or(|(_, written)| written != last_use)
            });
        }
        Ok(())
    }

    fn identify(&self, presented: &RequestSignature, api: Api) -> Result<Caller, Refusal> {
        let now = self.clock.now();
        presented.check_time(now.unix()).map_err(|refusal| signature_fault(&refusal))?;
        presented.check_scope(api.name()).map_err(|refusal| signature_fault(&refusal))?;
        let caller = match presented.security_token() {
            None => self.by_key(presented)?,
            Some(token) => {
                let session = self.session(token, presented.access_key())?;
                self.by_session(&session, api, |session| {
                    let key = derive(session.secret.expose(), presented);
                    Ok(presented.verify(&key).map_err(|refusal| signature_fault(&refusal))?)
                })?
            }
        };
        if let CallerCredentials::Key(key) = &caller.credentials {
            let region = &presented.scope().region;
            self.uses.note(
                caller.account,
                key,
                LastUse { at: now, service: api.name().to_owned(), region: region.to_owned() },
            );
        }
        Ok(caller)
    }

    fn by_key(&self, presented: &RequestSignature) -> Result<Caller, Refusal> {
        let id = KeyId(presented.access_key().to_owned());
        let key = self.cached_key(&id)?.filter(|key| key.active);
        let key = key.ok_or_else(refuse::unknown_token)?;
        presented
            .verify(&key.signing_key(presented))
            .map_err(|refusal| signature_fault(&refusal))?;
        Ok(key.caller(CallerCredentials::Key(id)))
    }

    fn session(&self, token: &str, key: &str) -> Result<Session, Refusal> {
        let session = Session::open(token, &self.keys).filter(|session| session.key.0 == key);
        Ok(session.ok_or_else(refuse::unknown_token)?)
    }

    /// `verify` checks that the client knows the session's secret.
    fn by_session(
        &self,
        session: &Session,
        api: Api,
        verify: impl FnOnce(&Session) -> Result<(), Refusal>,
    ) -> Result<Caller, Refusal> {
        let parent = match &session.parent {
            Some(id) => self.cached_key(id)?.filter(|key| key.active),
            None => None,
        };
        if session.parent.is_some() && parent.is_none() {
            return Err(refuse::unknown_token().into());
        }
        if session.expires <= self.clock.now() {
            return Err(refuse::expired_token().into());
        }
        verify(session)?;
        // Sessions without MFA may call STS only.
        if api != Api::Sts && session.mfa.is_none() {
            return Err(refuse::unknown_token().into());
        }
        let credentials = CallerCredentials::Session { mfa: session.mfa };
        Ok(match parent {
            Some(key) => key.caller(credentials),
            None => Caller { account: session.account, principal: Principal::Root, credentials },
        })
    }

    fn cached_key(&self, id: &KeyId) -> Result<Option<Arc<CachedKey>>, Refusal> {
        // Loaded before the rows are read, so that a change in between invalidates the entry.
        let revision = self.store.credentials_revision();
        if let Some(key) = self.credentials.get(id, revision) {
            return Ok(Some(key));
        }
        let row = Reader::of(&*self.store).read(|view| {
            let Some(key) = view.access_key(id)? else { return Ok(None) };
            let principal = match &key.owner {
                KeyOwner::Root => Principal::Root,
                KeyOwner::User(user) => match view.user_by_id(key.account, user)? {
                    Some(user) => Principal::User((&user).into()),
                    None => return Ok(None),
                },
            };
            Ok(Some((key, principal)))
        })?;
        let Some((key, principal)) = row else { return Ok(None) };
        let key = Arc::new(CachedKey {
            revision,
            account: key.account,
            principal,
            active: key.active,
            secret: decrypt_secret(&key, &self.keys)?,
            signing: Mutex::new(None),
        });
        self.credentials.put(id, &key);
        Ok(Some(key))
    }
}

/// Encrypts a secret access key, bound to its row.
pub(crate) fn encrypt_secret(
    key: (&str, AccountId),
    secret: &Secret,
    keys: &KeyRing,
    entropy: &dyn vmfa_model::Entropy,
) -> vmfa_store::Sealed {
    let account = key.1.to_string();
    keys.encrypt(&secret_context(key.0, &account), secret.expose().as_bytes(), entropy)
}

fn decrypt_secret(key: &AccessKey, keys: &KeyRing) -> Result<Zeroizing<String>, Refusal> {
    let account = key.account.to_string();
    let plain = keys.decrypt(&secret_context(&key.id.0, &account), &key.secret)?;
    let text = std::str::from_utf8(&plain).map(str::to_owned).map(Zeroizing::new);
    text.map_err(|_| {
        Refusal::Internal(InternalError::Impossible("a secret access key is not text"))
    })
}

fn secret_context<'a>(id: &'a str, account: &'a str) -> [&'a [u8]; 3] {
    [b"access key", account.as_bytes(), id.as_bytes()]
}

impl CachedKey {
    fn caller(&self, credentials: CallerCredentials) -> Caller {
        Caller { account: self.account, principal: self.principal.clone(), credentials }
    }

    /// The signing key for the scope of a request. The latest is cached: clients rarely change it.
    fn signing_key(&self, presented: &RequestSignature) -> Arc<SigningKey> {
        let mut last = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((scope, key)) = &*last
            && scope == presented.scope()
        {
            return Arc::clone(key);
        }
        let key = Arc::new(derive(&self.secret, presented));
        *last = Some((presented.scope().clone(), Arc::clone(&key)));
        key
    }
}

impl CredentialCache {
    fn get(&self, id: &KeyId, revision: u64) -> Option<Arc<CachedKey>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(id).filter(|key| key.revision == revision).map(Arc::clone)
    }

    fn put(&self, id: &KeyId, key: &Arc<CachedKey>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= CACHE_LIMIT {
            keys.clear();
        }
        keys.insert(id.clone(), Arc::clone(key));
    }
}

impl LastUses {
    /// The last use of a key, if it is not yet in the store.
    pub(crate) fn of(&self, key: &KeyId) -> Option<LastUse> {
        self.lock().get(key).map(|(_, last_use)| last_use.clone())
    }

    fn note(&self, account: AccountId, key: &KeyId, last_use: LastUse) {
        let mut pending = self.lock();
        match pending.get_mut(key) {
            Some((_, noted)) => *noted = last_use,
            None => {
                pending.insert(key.clone(), (account, last_use));
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PendingUses> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn derive(secret: &str, presented: &RequestSignature) -> SigningKey {
    let CredentialScope { date, region, service } = presented.scope();
    SigningKey::derive(secret, date, region, service)
}

/// The API's error for a refused signature.
pub fn signature_fault(refusal: &vmfa_sigv4::SignatureError) -> Fault {
    Fault::new(FaultKind::from_wire(refusal.code(), refusal.status()), refusal.to_string())
}

/// The most cached keys; at this number the cache is emptied.
const CACHE_LIMIT: usize = 10_000;
