//! Session tokens: everything that a session is, sealed into the token that its holder presents.
//!
//! Nothing is stored, so a session costs no write and survives a restart. It dies with the access
//! key that made it: that key must still be there and active whenever the session is used.

use data_encoding::BASE64;
use vmfa_model::{AccountId, Entropy, Secret, Timestamp};
use vmfa_store::{KeyId, KeyRing, Sealed};
use zeroize::Zeroizing;

use crate::identifiers;

/// A session.
pub(crate) struct Session {
    /// The account.
    pub(crate) account: AccountId,
    /// The temporary key's identifier.
    pub(crate) key: KeyId,
    /// The temporary key's secret.
    pub(crate) secret: Secret,
    /// The key that made it; `None` where the machine itself vouched for the root.
    pub(crate) parent: Option<KeyId>,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// When a code was given for it, if one was.
    pub(crate) mfa: Option<Timestamp>,
}

impl Session {
    /// A session with a new key.
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

    /// The token that stands for it.
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

    /// The session that a token stands for; `None` for any text that this service did not make.
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

/// What the identifiers of temporary keys begin with.
const PREFIX: &str = "ASIA";
/// What seals of sessions are bound to.
const CONTEXT: &[&[u8]] = &[b"session"];
