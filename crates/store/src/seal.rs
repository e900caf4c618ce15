//! Seals: authenticated encryption of seeds and secret access keys, bound to their rows.
//!
//! XChaCha20-Poly1305 with a random nonce. What the row is (its table, account and identifiers)
//! is authenticated along, so that a seal that was moved to another row, or a row that was
//! altered, does not open.
//!
//! The key ring is a text file, one key a line: `ID HEX`, with an identifier from 1 to 255 and 32
//! bytes in hexadecimal. The last line's key seals; all of them open.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use vmfa_model::Entropy;
use zeroize::Zeroizing;

use crate::Error;

/// A seal: version, key identifier, nonce, ciphertext. Shown by `Debug` only as its length.
#[derive(Clone)]
pub struct Sealed(Vec<u8>);

/// The keys that seal and open.
pub struct KeyRing {
    keys: Vec<(u8, Zeroizing<[u8; 32]>)>,
}

impl KeyRing {
    /// Reads the key file. `None` where there is none.
    pub fn load(path: &Path) -> Result<Option<Self>, Error> {
        let bad = |problem| Error::KeyFile { path: path.to_owned(), problem };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(bad("it is not text"));
            }
            Err(error) => return Err(Error::file(path)(error)),
        };
        let mode = fs::metadata(path).map_err(Error::file(path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::KeyExposed(path.to_owned()));
        }
        let mut keys = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (id, hex) = line.trim().split_once(' ').ok_or(bad("a line is not `ID HEX`"))?;
            let id = id.parse().ok().filter(|id| *id > 0).ok_or(bad("an id is not 1 to 255"))?;
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(bad("an id is given twice"));
            }
            let key = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).map(Zeroizing::new);
            let key = key.map_err(|_| bad("a key is not hexadecimal"))?;
            let key = <[u8; 32]>::try_from(key.as_slice());
            keys.push((id, Zeroizing::new(key.map_err(|_| bad("a key is not 32 bytes"))?)));
        }
        if keys.is_empty() {
            return Err(bad("it is empty"));
        }
        Ok(Some(Self { keys }))
    }

    /// Makes a ring of one new key and writes its file, mode 0600, durably. Refuses to replace a
    /// file: whatever was sealed under it would be lost.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut());
        let line = Zeroizing::new(format!("1 {}\n", HEXLOWER_PERMISSIVE.encode(key.as_ref())));
        // Written whole under another name first: a key file is there in full or not at all, even
        // if the machine stops halfway.
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let draft = Path::new(&draft);
        let written =
            write_private(draft, line.as_bytes()).and_then(|()| fs::hard_link(draft, path));
        // This process's own, or what an earlier one of its number left halfway.
        let _ = fs::remove_file(draft);
        written.map_err(Error::file(path))?;
        Ok(Self { keys: vec![(1, key)] })
    }

    /// Seals `plain` for the row that `context` describes.
    pub fn seal(&self, context: &[&[u8]], plain: &[u8], entropy: &dyn Entropy) -> Sealed {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        // A ring is never empty: neither constructor makes an empty one.
        let Some((id, key)) = self.keys.last() else { return Sealed(Vec::new()) };
        let header = [VERSION, *id];
        let payload = Payload { msg: plain, aad: &associated(header, context) };
        // Encryption fails only for messages of many gigabytes; such a seal never opens.
        let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        Sealed([&header[..], &nonce[..], &ciphertext].concat())
    }

    /// Opens a seal for the row that `context` describes.
    pub fn open(&self, context: &[&[u8]], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (header, rest) = sealed.0.split_first_chunk::<2>().ok_or(Error::Seal)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Error::Seal)?;
        let [version, id] = *header;
        let key = self.keys.iter().find(|(known, _)| *known == id && version == VERSION);
        let (_, key) = key.ok_or(Error::Seal)?;
        let payload = Payload { msg: ciphertext, aad: &associated(*header, context) };
        let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| Error::Seal)
    }

    /// A key for another purpose, such as authenticating markers. Made of the first key of the
    /// ring, and so the same as long as that stays.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let Some((_, key)) = self.keys.first() else { return Zeroizing::new([0; 32]) };
        // HMAC takes keys of any length, so this does not fail.
        let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key.as_ref()) else {
            return Zeroizing::new([0; 32]);
        };
        mac.update(b"vmfa derive\0");
        mac.update(purpose.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl Sealed {
    /// Takes a seal as it was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Writes a new file that only its owner may read, durably.
fn write_private(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

/// Header and context in a form in which no two contexts look the same: each part with its length.
fn associated(header: [u8; 2], context: &[&[u8]]) -> Vec<u8> {
    let mut data = header.to_vec();
    for part in context {
        data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

/// The form of a seal. Another form gets another number.
const VERSION: u8 = 1;
/// Bytes of an `XChaCha20` nonce; long enough to be random.
const NONCE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn fixture() -> (tempfile::TempDir, KeyRing, Counting) {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Counting(1.into());
        let ring = KeyRing::create(&dir.path().join("key"), &entropy).unwrap();
        (dir, ring, entropy)
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let (_dir, ring, entropy) = fixture();
        let sealed = ring.seal(&[b"device", b"1"], b"secret", &entropy);
        assert_eq!(ring.open(&[b"device", b"1"], &sealed).unwrap().as_slice(), b"secret");
        for other in [&[&b"device"[..], b"2"][..], &[b"device1"], &[b"devic", b"e1"], &[]] {
            assert!(ring.open(other, &sealed).is_err());
        }
    }

    #[test]
    fn any_altered_byte_fails_closed() {
        let (_dir, ring, entropy) = fixture();
        let sealed = ring.seal(&[b"x"], b"secret", &entropy);
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(ring.open(&[b"x"], &Sealed::from_bytes(bytes)).is_err(), "byte {at}");
        }
        assert!(ring.open(&[b"x"], &Sealed::from_bytes(Vec::new())).is_err());
    }

    #[test]
    fn the_file_is_private_kept_and_read_back() {
        let (dir, ring, entropy) = fixture();
        let path = dir.path().join("key");
        let sealed = ring.seal(&[b"x"], b"secret", &entropy);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(KeyRing::create(&path, &entropy).is_err(), "a key file is never replaced");

        let again = KeyRing::load(&path).unwrap().unwrap();
        assert_eq!(again.open(&[b"x"], &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(*again.derive("a"), *ring.derive("a"));
        assert_ne!(*again.derive("a"), *again.derive("b"));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyRing::load(&path), Err(Error::KeyExposed(_))));
        assert!(KeyRing::load(&dir.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn a_newer_key_seals_and_older_seals_still_open() {
        let (dir, ring, entropy) = fixture();
        let path = dir.path().join("key");
        let sealed = ring.seal(&[b"x"], b"old", &entropy);
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "2 {}", "ab".repeat(32)).unwrap();
        let newer = KeyRing::load(&path).unwrap().unwrap();
        writeln!(file, "2 {}", "cd".repeat(32)).unwrap();
        assert!(KeyRing::load(&path).is_err(), "what one key 2 seals the other would not open");
        assert_eq!(newer.open(&[b"x"], &sealed).unwrap().as_slice(), b"old");
        assert!(ring.open(&[b"x"], &newer.seal(&[b"x"], b"new", &entropy)).is_err());
    }
}
