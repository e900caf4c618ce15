//! Identifiers in AWS's forms.

use data_encoding::{BASE32, BASE64, HEXLOWER};
use vmfa_model::{AccountId, Entropy, Secret};
use vmfa_store::{KeyId, UserId};
use zeroize::Zeroizing;

/// A user's identifier: `AIDA` and 17 random characters.
pub(crate) fn user_id(entropy: &dyn Entropy) -> UserId {
    let mut bytes = [0; 15];
    entropy.fill(&mut bytes);
    let text = BASE32.encode(&bytes);
    UserId(format!("AIDA{}", text.get(..17).unwrap_or(&text)))
}

/// An access key's identifier: the prefix (`AKIA`, or `ASIA` for sessions) and 16 characters that
/// encode the account, as AWS's do, and 39 random bits.
pub(crate) fn access_key_id(prefix: &str, account: AccountId, entropy: &dyn Entropy) -> KeyId {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let random = u128::from(u64::from_be_bytes(bytes) >> 25);
    let number = (1 << 79) | (u128::from(account.get()) << 39) | random;
    let [_, _, _, _, _, _, id @ ..] = number.to_be_bytes();
    KeyId(format!("{prefix}{}", BASE32.encode(&id)))
}

/// A secret access key: 40 characters, 240 random bits.
pub(crate) fn secret_access_key(entropy: &dyn Entropy) -> Secret {
    let mut bytes = Zeroizing::new([0; 30]);
    entropy.fill(bytes.as_mut());
    Secret::new(BASE64.encode(bytes.as_ref()))
}

/// A request's identifier: a version 4 UUID.
pub(crate) fn request_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let number = (number & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = HEXLOWER.encode(&number.to_be_bytes());
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or(""));
    parts.join("-")
}

/// A random account identifier.
pub(crate) fn account_id(entropy: &dyn Entropy) -> AccountId {
    loop {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        // Twelve digits without a leading zero; numbers out of range are drawn again, so that all
        // are equally likely.
        let number = u64::from_be_bytes(bytes) >> 24;
        if let Some(account) = AccountId::new(number)
            && number >= 100_000_000_000
        {
            return account;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn identifiers_have_aws_forms() {
        let account = AccountId::parse("581039954779").unwrap();
        let id = access_key_id("AKIA", account, &Fixed(0));
        assert_eq!(id.0.len(), 20);
        // AWS's published decoding: six bytes after the prefix, one bit off the top, seven off
        // the end.
        let bytes = BASE32.decode(&id.0.as_bytes()[4..]).unwrap();
        let head = bytes[..6].iter().fold(0u64, |head, byte| head << 8 | u64::from(*byte));
        assert_eq!((head & 0x7fff_ffff_ff80) >> 7, account.get());

        assert_eq!(user_id(&Fixed(7)).0.len(), 21);
        assert_eq!(secret_access_key(&Fixed(9)).expose().len(), 40);
        assert_eq!(request_id(&Fixed(0xff)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
