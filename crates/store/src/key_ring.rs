//! Encryption of seeds, secret access keys and session tokens, bound to where they belong.
//!
//! XChaCha20-Poly1305 with a random nonce. The context (table, account and identifiers of the row)
//! is associated data: a ciphertext that was moved to another row, or whose row was modified, does
//! not decrypt.
//!
//! The key file is text with one key a line, `ID HEX`: an identifier from 1 to 255, and 32 bytes in
//! hexadecimal. The last line is the newest key, which encrypts; all keys decrypt.

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
use vmfa_model::Entropy;
use vmfa_sigv4::hmac_sha256;
use zeroize::Zeroizing;

use crate::Error;

/// An encrypted secret: version, key identifier, nonce, ciphertext with tag. `Debug` shows its length.
#[derive(Clone)]
pub struct Sealed(Vec<u8>);

/// The keys of the key file: at least one.
pub struct KeyRing {
    newest: RingKey,
    /// In the order of the key file.
    older: Vec<RingKey>,
}

struct RingKey {
    id: u8,
    key: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// Reads the key file. `None` if it does not exist.
    pub fn load(path: &Path) -> Result<Option<Self>, Error> {
        let bad = |problem| Error::KeyFile { path: path.to_owned(), problem };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(bad("not UTF-8"));
            }
            Err(error) => return Err(Error::file(path)(error)),
        };
        let mode = fs::metadata(path).map_err(Error::file(path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::KeyExposed(path.to_owned()));
        }
        let mut keys: Vec<RingKey> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (id, hex) =
                line.trim().split_once(' ').ok_or(bad("a line does not have the form `ID HEX`"))?;
            let id = id
                .parse()
                .ok()
                .filter(|id| *id > 0)
                .ok_or(bad("a key's id is not a number from 1 to 255"))?;
            if keys.iter().any(|known| known.id == id) {
                return Err(bad("two keys have the same id"));
            }
            let key = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).map(Zeroizing::new);
            let key = key.map_err(|_| bad("a key is not hexadecimal"))?;
            let key = <[u8; 32]>::try_from(key.as_slice());
            let key = Zeroizing::new(key.map_err(|_| bad("a key does not have 32 bytes"))?);
            keys.push(RingKey { id, key });
        }
        let newest = keys.pop().ok_or(bad("it has no key"))?;
        Ok(Some(Self { newest, older: keys }))
    }

    /// Generates a key and writes its file durably, with mode 0600. Fails if the file exists:
    /// what was encrypted with its keys would be lost.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut());
        let line = Zeroizing::new(format!("1 {}\n", HEXLOWER_PERMISSIVE.encode(key.as_ref())));
        // Written under another name first, so that the key file is never incomplete, even after
        // a power failure.
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let draft = Path::new(&draft);
        let written =
            write_private(draft, line.as_bytes()).and_then(|()| fs::hard_link(draft, path));
        // This process's, or one that an earlier process of the same number did not finish.
        let _ = fs::remove_file(draft);
        written.map_err(Error::file(path))?;
        Ok(Self { newest: RingKey { id: 1, key }, older: Vec::new() })
    }

    /// Encrypts with the newest key, bound to `context`.
    pub fn encrypt(&self, context: &[&[u8]], plain: &[u8], entropy: &dyn Entropy) -> Sealed {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let RingKey { id, key } = &self.newest;
        let header = [VERSION, *id];
        let payload = Payload { msg: plain, aad: &associated(header, context) };
        // Encryption fails only for messages of many gigabytes; the result then never decrypts.
        let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        Sealed([&header[..], &nonce[..], &ciphertext].concat())
    }

    /// Decrypts what [`encrypt`](Self::encrypt) returned for the same `context`.
    ///
    /// # Errors
    /// [`Error::Seal`], for whatever reason.
    pub fn decrypt(&self, context: &[&[u8]], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (header, rest) = sealed.0.split_first_chunk::<2>().ok_or(Error::Seal)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Error::Seal)?;
        let [version, id] = *header;
        let mut keys = std::iter::once(&self.newest).chain(&self.older);
        let key = keys.find(|key| key.id == id && version == VERSION).ok_or(Error::Seal)?;
        let payload = Payload { msg: ciphertext, aad: &associated(*header, context) };
        let plain = cipher(&key.key).decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| Error::Seal)
    }

    /// Derives a key for `purpose`, such as authenticating markers, from the oldest key: it stays
    /// the same when a newer key is added to the file.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let oldest = self.older.first().unwrap_or(&self.newest);
        hmac_sha256(oldest.key.as_ref(), &[b"vmfa derive\0", purpose.as_bytes()])
    }
}

impl Sealed {
    /// Reads the stored form.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Writes a new file durably, with mode 0600.
fn write_private(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

/// The associated data: the header, and each part of the context after its length, so that no two
/// contexts have the same encoding.
fn associated(header: [u8; 2], context: &[&[u8]]) -> Vec<u8> {
    let mut data = header.to_vec();
    for part in context {
        data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

/// The version of the encoding of [`Sealed`].
const VERSION: u8 = 1;
/// Bytes of an `XChaCha20` nonce: long enough to be chosen at random.
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

    #[test]
    fn a_key_file_without_keys_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_private(&path, b"\n \n").unwrap();
        assert!(matches!(
            KeyRing::load(&path),
            Err(Error::KeyFile { problem: "it has no key", .. })
        ));
    }

    fn fixture() -> (tempfile::TempDir, KeyRing, Counting) {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Counting(1.into());
        let ring = KeyRing::create(&dir.path().join("key"), &entropy).unwrap();
        (dir, ring, entropy)
    }

    #[test]
    fn decrypts_only_in_its_own_context() {
        let (_dir, ring, entropy) = fixture();
        let sealed = ring.encrypt(&[b"device", b"1"], b"secret", &entropy);
        assert_eq!(ring.decrypt(&[b"device", b"1"], &sealed).unwrap().as_slice(), b"secret");
        for other in [&[&b"device"[..], b"2"][..], &[b"device1"], &[b"devic", b"e1"], &[]] {
            assert!(ring.decrypt(other, &sealed).is_err());
        }
    }

    #[test]
    fn any_modified_byte_makes_decryption_fail() {
        let (_dir, ring, entropy) = fixture();
        let sealed = ring.encrypt(&[b"x"], b"secret", &entropy);
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(ring.decrypt(&[b"x"], &Sealed::from_bytes(bytes)).is_err(), "byte {at}");
        }
        assert!(ring.decrypt(&[b"x"], &Sealed::from_bytes(Vec::new())).is_err());
    }

    #[test]
    fn the_key_file_has_mode_0600_and_is_never_replaced() {
        let (dir, ring, entropy) = fixture();
        let path = dir.path().join("key");
        let sealed = ring.encrypt(&[b"x"], b"secret", &entropy);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(KeyRing::create(&path, &entropy).is_err(), "a key file is never replaced");

        let again = KeyRing::load(&path).unwrap().unwrap();
        assert_eq!(again.decrypt(&[b"x"], &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(*again.derive("a"), *ring.derive("a"));
        assert_ne!(*again.derive("a"), *again.derive("b"));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyRing::load(&path), Err(Error::KeyExposed(_))));
        assert!(KeyRing::load(&dir.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn the_newest_key_encrypts_and_older_ones_still_decrypt() {
        let (dir, ring, entropy) = fixture();
        let path = dir.path().join("key");
        let sealed = ring.encrypt(&[b"x"], b"old", &entropy);
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "2 {}", "ab".repeat(32)).unwrap();
        let newer = KeyRing::load(&path).unwrap().unwrap();
        writeln!(file, "2 {}", "cd".repeat(32)).unwrap();
        assert!(KeyRing::load(&path).is_err(), "two keys have id 2");
        assert_eq!(newer.decrypt(&[b"x"], &sealed).unwrap().as_slice(), b"old");
        assert_eq!(*newer.derive("a"), *ring.derive("a"));
        assert!(ring.decrypt(&[b"x"], &newer.encrypt(&[b"x"], b"new", &entropy)).is_err());
    }
}
