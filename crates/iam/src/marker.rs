//! Markers of pages: a position, bound to the list that it was given for by a keyed hash, so that
//! no other list, account or filter takes it and nobody can make one up.

use data_encoding::BASE64URL_NOPAD;
use vmfa_sigv4::hmac_sha256;
use vmfa_store::KeyRing;
use zeroize::Zeroizing;

/// Makes and reads markers.
pub(crate) struct Markers {
    key: Zeroizing<[u8; 32]>,
}

impl Markers {
    pub(crate) fn new(keys: &KeyRing) -> Self {
        Self { key: keys.derive("markers") }
    }

    /// The marker for a position in a list. At most 320 characters, as the API allows, for
    /// positions of up to 224 bytes.
    pub(crate) fn make(&self, list: &[&str], position: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&[position, &self.tag(list, position)].concat())
    }

    /// The position that a marker of this list holds. `None` for any other text.
    pub(crate) fn read(&self, list: &[&str], marker: &str) -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(marker.as_bytes()).ok()?;
        let (position, tag) = bytes.split_last_chunk::<TAG>()?;
        (self.tag(list, position) == *tag).then(|| position.to_vec())
    }

    /// A forger who could time the comparison would gain a wrong page of a list that they may
    /// read anyway, so it need not take constant time.
    fn tag(&self, list: &[&str], position: &[u8]) -> [u8; TAG] {
        let mut message = Vec::new();
        for part in list.iter().map(|part| part.as_bytes()).chain([position]) {
            message.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            message.extend(part);
        }
        let digest = hmac_sha256(self.key.as_ref(), &[&message]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        tag
    }
}

/// Bytes of the hash that a marker carries.
const TAG: usize = 16;
