//! Session tokens: the whole session, encrypted into the token that the client presents.
//!
//! Nothing is stored, so creating a session needs no write, and sessions survive a restart. The
//! access key that created a session must exist and be active whenever the session is used.

use data_encoding::BASE64;
use vmfa_model::{AccountId, Entropy, Secret, Timestamp};
use vmfa_store::{KeyId, KeyRing, Sealed};
use zeroize::Zeroizing;

use crate::identifiers;

/// A session.
pub(crate) struct Session {
    /// The account.
    pub(crate) account: AccountId,
    /// The id of the temporary access key, `ASIA…`.
    pub(crate) key: KeyId,
    /// The secret of the temporary access key.
    pub(crate) secret: Secret,
    /// The access key that created it; `None` for a local call of the root user.
    pub(crate) parent: Option<KeyId>,
    /// When it expires.
    pub(crate) expires: Timestamp,
    /// When MFA was used to create it; `None` without MFA.
    pub(crate) mfa: Option<Timestamp>,
}

impl Session {
    /// A session with a new temporary access key.
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

    /// Encrypts the session into a token.
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

    /// Decrypts a token; `None` unless it was made with a key of this key ring.
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

/// The prefix of ids of temporary access keys.
const PREFIX: &str = "ASIA";
/// The associated data of encrypted sessions.
const CONTEXT: &[&[u8]] = &[b"session"];
