//! SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's part: a client proves that it knows a password,
//! and the server that it knows what belongs to it. Under TLS the proof can be bound to the server's
//! certificate (RFC 5929, `tls-server-end-point`), so that nobody in between can pass it on.
//!
//! Not here: what a password is checked against, and the messages around.

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;
use vmfa_iam::Verifier;
use vmfa_sigv4::hmac_sha256;

/// A proof in the making, after the challenge.
pub(super) struct Challenged {
    /// What the server says first.
    pub(super) challenge: String,
    header: String,
    bare: String,
    nonce: String,
    bound: Vec<u8>,
}

/// That something in it is wrong; what, nobody is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong;

/// The ways that are offered, to clients that may be bound to a certificate.
pub(super) fn mechanisms(binding: Option<&[u8]>) -> &'static [&'static str] {
    if binding.is_some() { &[PLUS, PLAIN] } else { &[PLAIN] }
}

/// Reads what the client says first, and makes the challenge.
pub(super) fn challenge(
    mechanism: &str,
    first: &[u8],
    binding: Option<&[u8]>,
    verifier: &Verifier,
    chance: &[u8; 18],
) -> Result<Challenged, Wrong> {
    let first = std::str::from_utf8(first).map_err(|_| Wrong)?;
    let (flag, rest) = first.split_once(',').ok_or(Wrong)?;
    let (_identity, bare) = rest.split_once(',').filter(|(id, _)| id.is_empty()).ok_or(Wrong)?;
    let bound = match (mechanism, flag, binding) {
        (PLUS, "p=tls-server-end-point", Some(binding)) => binding.to_vec(),
        // `y` says that the client could be bound and was not offered it: somebody took it out.
        (PLAIN, "n", _) | (PLAIN, "y", None) => Vec::new(),
        _ => return Err(Wrong),
    };
    // The name in it is empty, or repeats the one that was given before.
    let nonce = bare.split(',').nth(1).and_then(|part| part.strip_prefix("r=")).ok_or(Wrong)?;
    if !bare.starts_with("n=") || nonce.is_empty() || !nonce.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Wrong);
    }
    let nonce = format!("{nonce}{}", BASE64.encode(chance));
    let challenge =
        format!("r={nonce},s={},i={}", BASE64.encode(&verifier.salt), verifier.iterations);
    Ok(Challenged { challenge, header: format!("{flag},,"), bare: bare.to_owned(), nonce, bound })
}

impl Challenged {
    /// Checks the client's proof, and gives the server's.
    pub(super) fn check(&self, last: &[u8], verifier: &Verifier) -> Result<String, Wrong> {
        let last = std::str::from_utf8(last).map_err(|_| Wrong)?;
        let (said, proof) = last.rsplit_once(",p=").ok_or(Wrong)?;
        let bound = BASE64.encode(&[self.header.as_bytes(), &self.bound].concat());
        if said != format!("c={bound},r={}", self.nonce) {
            return Err(Wrong);
        }
        let proof = BASE64.decode(proof.as_bytes()).map_err(|_| Wrong)?;
        let proof = <[u8; 32]>::try_from(proof).map_err(|_| Wrong)?;
        let message = format!("{},{},{said}", self.bare, self.challenge);
        let signature = hmac_sha256(verifier.stored_key.as_ref(), &[message.as_bytes()]);
        let mut key = proof;
        key.iter_mut().zip(signature.iter()).for_each(|(byte, other)| *byte ^= other);
        let stored: [u8; 32] = Sha256::digest(key).into();
        if !bool::from(stored.ct_eq(verifier.stored_key.as_ref())) {
            return Err(Wrong);
        }
        let own = hmac_sha256(verifier.server_key.as_ref(), &[message.as_bytes()]);
        Ok(format!("v={}", BASE64.encode(own.as_ref())))
    }
}

/// What proofs are bound to: the hash of a certificate, by the hash that it is signed with. `None`
/// where that has none of its own, as Ed25519.
pub(super) fn binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let (whole, _) = element(certificate)?;
    let (_, after) = element(whole)?;
    let (algorithm, _) = element(after)?;
    let (name, _) = element(algorithm)?;
    match name {
        // MD5 and SHA-1 are replaced by SHA-256.
        [.., 0x01, 0x01, 4 | 5 | 11] | [.., 0x04, 0x01] | [.., 0x04, 0x03, 2] => {
            Some(Sha256::digest(certificate).to_vec())
        }
        [.., 0x01, 0x01, 12] | [.., 0x04, 0x03, 3] => Some(Sha384::digest(certificate).to_vec()),
        [.., 0x01, 0x01, 13] | [.., 0x04, 0x03, 4] => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// The content of the first element of DER, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_tag, short], rest) = der.split_first_chunk()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            });
            (length?, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

const PLAIN: &str = "SCRAM-SHA-256";
const PLUS: &str = "SCRAM-SHA-256-PLUS";

#[cfg(test)]
mod tests {
    use super::*;

    /// The server's part of the example of RFC 7677, whose nonce is not base64.
    fn example() -> (Challenged, Verifier) {
        let key = |text: &str| {
            BASE64.decode(text.as_bytes()).unwrap().try_into().map(<[u8; 32]>::into).unwrap()
        };
        let verifier = Verifier {
            salt: BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap(),
            iterations: 4096,
            stored_key: key("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="),
            server_key: key("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="),
            owner: None,
        };
        let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
        let mut begun = challenge(PLAIN, first, None, &verifier, &[0; 18]).unwrap();
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        begun.challenge = begun.challenge.replace(&begun.nonce, nonce);
        begun.nonce = nonce.to_owned();
        (begun, verifier)
    }

    const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    #[test]
    fn the_example_of_rfc_7677_is_proved() {
        let (begun, verifier) = example();
        assert!(begun.challenge.ends_with(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        let proof = begun.check(LAST.as_bytes(), &verifier).unwrap();
        assert_eq!(proof, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn whatever_is_altered_is_wrong() {
        let (begun, verifier) = example();
        for at in 0..LAST.len() {
            let mut altered = LAST.as_bytes().to_vec();
            altered[at] ^= 1;
            assert_eq!(begun.check(&altered, &verifier), Err(Wrong), "{at}");
        }
        for first in
            ["", "n,,", "n,,n=,r=", "y,,n=,r=a", "n,a=x,n=,r=a", "p=x,,n=,r=a", "n,,m=,r=a"]
        {
            let bound = Some(&b"x"[..]);
            let begun = challenge(PLAIN, first.as_bytes(), bound, &verifier, &[0; 18]);
            assert!(begun.is_err(), "{first}");
        }
    }
}
