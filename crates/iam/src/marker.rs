//! Markers (pagination tokens): a position in a list, and an HMAC that binds it to the list.
//!
//! A list is an account, an action and every member of its input except those that page, so that no
//! marker is valid with another filter, and none can be forged. A user is bound by its name: a marker
//! of the list of a user's devices is refused once the user is renamed.

use data_encoding::BASE64URL_NOPAD;
use vmfa_model::{AccountId, MemberName, Record, Value};
use vmfa_sigv4::hmac_sha256;
use vmfa_store::KeyRing;
use zeroize::Zeroizing;

use crate::{Action, PagedReply};

/// The key of the HMACs.
pub(crate) struct MarkerKey(Zeroizing<[u8; 32]>);

/// What identifies a list, as the bytes that its markers are bound to.
pub(crate) struct ListId(Vec<u8>);

impl MarkerKey {
    pub(crate) fn of(keys: &KeyRing) -> Self {
        Self(keys.derive("markers"))
    }

    /// The marker of a position. At most 320 characters, as the API allows, for positions of up to
    /// 224 bytes.
    pub(crate) fn make(&self, list: &ListId, position: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&[position, &self.tag(list, position)].concat())
    }

    /// The position that a marker of this list holds. `None` for any other text.
    pub(crate) fn read(&self, list: &ListId, marker: &str) -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(marker.as_bytes()).ok()?;
        let (position, tag) = bytes.split_last_chunk::<TAG>()?;
        (self.tag(list, position) == *tag).then(|| position.to_vec())
    }

    /// A forger who could time the comparison would gain a wrong page of a list that they may
    /// read anyway, so it need not take constant time.
    fn tag(&self, list: &ListId, position: &[u8]) -> [u8; TAG] {
        let mut message = list.0.clone();
        put(&mut message, position);
        let digest = hmac_sha256(self.0.as_ref(), &[&message]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        tag
    }
}

impl ListId {
    /// The list that a call asks for. `user` is the member that names the user whom it is about, and
    /// the name without regard to case.
    pub(crate) fn of(
        account: AccountId,
        action: &Action,
        input: &Record,
        user: Option<(MemberName, String)>,
    ) -> Self {
        let (user_member, user) =
            user.map(|(member, user)| (member.as_str(), user)).unwrap_or_default();
        let mut bytes = Vec::new();
        put(&mut bytes, account.to_string().as_bytes());
        put(&mut bytes, action.api.name().as_bytes());
        put(&mut bytes, action.name.as_bytes());
        put(&mut bytes, user.as_bytes());
        let apart = [PagedReply::MARKER, PagedReply::LIMIT, user_member];
        for member in action.input.members.iter().filter(|member| !apart.contains(&member.name)) {
            if let Some(value) = input.get(member.name) {
                put(&mut bytes, member.name.as_bytes());
                put_value(&mut bytes, value);
            }
        }
        Self(bytes)
    }
}

/// Adds a part with its length, so that parts do not run into one another.
fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
    bytes.extend(part);
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        // Actions with markers take no secrets (`Action::assert_members`).
        Value::Null | Value::Secret(_) | Value::Blob(_) => bytes.push(0),
        Value::Text(text) => put(bytes, text.as_bytes()),
        Value::Integer(number) => bytes.extend(number.to_be_bytes()),
        Value::Boolean(truth) => bytes.push(u8::from(*truth)),
        Value::Time(time) => bytes.extend(time.unix().to_be_bytes()),
        Value::List(values) => {
            put(bytes, &values.len().to_be_bytes());
            for value in values {
                put_value(bytes, value);
            }
        }
        Value::Structure(record) => record.iter().for_each(|(name, value)| {
            put(bytes, name.as_bytes());
            put_value(bytes, value);
        }),
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            put(bytes, key.as_bytes());
            put_value(bytes, value);
        }),
    }
}

/// Bytes of the hash that a marker carries.
const TAG: usize = 16;
