//! Sessions, which are not stored: a session token is the encrypted session.
//!
//! So a session costs no write and survives a restart. It is valid while the access key that
//! created it exists and is active.

use data_encoding::BASE64;
use vmfa_model::{AccountId, Entropy, Secret, Timestamp};
use vmfa_store::{KeyId, KeyRing, Sealed};
use zeroize::Zeroizing;

use crate::identifiers;

/// A session of temporary credentials.
pub(crate) struct Session {
    pub(crate) account: AccountId,
    /// Such as `ASIA…`.
    pub(crate) key: KeyId,
    pub(crate) secret: Secret,
    /// The access key that created it; `None` if a process with access to the data directory did.
    pub(crate) parent: Option<KeyId>,
    pub(crate) expires: Timestamp,
    /// The time at which a code was used for it; `None` for a session without MFA.
    pub(crate) mfa: Option<Timestamp>,
}

impl Session {
    /// A session with a random key.
    pub(crate) fn new(
        account: AccountId,
        parent: Option<KeyId>,
        expires: Timestamp,
        mfa: Option<Timestamp>,
        entropy: &dyn Entropy,
    ) -> Self {
        let key = identifiers::access_key_id(PREFIX, account, entropy);
        let secret = identifiers::secret_access_key(entropy);
        Self { account, key, secret, parent, expires, mfa }
    }

    pub(crate) fn token(&self, keys: &KeyRing, entropy: &dyn Entropy) -> Secret {
        let plain = Zeroizing::new(format!(
            "{}\n{}\n{}\n{}\n{}\n{}",
            self.account,
            self.key.0,
            self.secret.expose(),
            self.parent.as_ref().map_or("", |key| &key.0),
            self.expires.unix(),
            self.mfa.map(|time| time.unix().to_string()).unwrap_or_default(),
        ));
        let sealed = keys.encrypt(CONTEXT, plain.as_bytes(), entropy);
        Secret::new(BASE64.encode(sealed.as_bytes()))
    }

    /// Decrypts a token. `None` if this service did not create it.
    pub(crate) fn open(token: &str, keys: &KeyRing) -> Option<Self> {
        let sealed = Sealed::from_bytes(BASE64.decode(token.as_bytes()).ok()?);
        let plain = keys.decrypt(CONTEXT, &sealed).ok()?;
        let mut lines = std::str::from_utf8(&plain).ok()?.split('\n');
        let mut next = || lines.next();
        let (account, key, secret) = (next()?, next()?, next()?);
        let (parent, expires, mfa) = (next()?, next()?, next()?);
        let time = |text: &str| text.parse().map(Timestamp::from_unix).ok();
        Some(Self {
            account: AccountId::parse(account)?,
            key: KeyId(key.to_owned()),
            secret: Secret::new(secret.to_owned()),
            parent: (!parent.is_empty()).then(|| KeyId(parent.to_owned())),
            expires: time(expires)?,
            mfa: if mfa.is_empty() { None } else { Some(time(mfa)?) },
        })
    }
}

/// The prefix of identifiers of temporary keys.
const PREFIX: &str = "ASIA";
/// What the encryption of sessions is bound to.
const CONTEXT: &[&[u8]] = &[b"session"];
