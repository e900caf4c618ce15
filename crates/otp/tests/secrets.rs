//! What a secret must not be able to do is not there to be called.

#![expect(dead_code, reason = "of the two answers, every question leaves one unused")]

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use vmfa_otp::{Authenticator, Code, Generator, Seed, qr::Modules};
use zeroize::ZeroizeOnDrop;

/// Whether a type has a trait. The inherent constant exists only if it has, and then hides the
/// trait's.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        trait Absent {
            const HAS: bool = false;
        }
        impl<T> Absent for Probe<T> {}
        struct Probe<T>(PhantomData<T>);
        impl<T: $($bound)+> Probe<T> {
            const HAS: bool = true;
        }
        let _ = Probe::<$type>(PhantomData);
        Probe::<$type>::HAS
    }};
}

#[test]
fn the_question_can_be_answered_with_yes() {
    assert!(has!(u8: Debug));
    assert!(has!(u8: Display));
    assert!(has!(u8: Clone));
    assert!(has!(u8: PartialEq));
    assert!(has!([u8; 40]: AsRef<[u8]>));
}

#[test]
fn a_seed_can_be_neither_printed_nor_copied_nor_compared() {
    assert!(!has!(Seed: Debug));
    assert!(!has!(Seed: Display));
    assert!(!has!(Seed: Clone));
    assert!(!has!(Seed: PartialEq));
    assert!(!has!(Seed: AsRef<[u8]>));
    assert!(!has!(Seed: std::ops::Deref));
}

#[test]
fn nor_can_what_is_made_of_it() {
    assert!(!has!(Generator: Debug));
    assert!(!has!(Generator: Display));
    assert!(!has!(Generator: Clone));
    assert!(!has!(Generator: PartialEq));
    assert!(!has!(Authenticator: Debug));
    assert!(!has!(Authenticator: Clone));
    assert!(!has!(Modules: Debug));
    assert!(!has!(Code: Debug));
    assert!(!has!(Code: Display));
    assert!(!has!(Code: Clone));
    assert!(!has!(Code: PartialEq));
}

#[test]
fn a_seed_and_its_hashed_form_are_wiped() {
    assert!(has!(Seed: ZeroizeOnDrop));
    // SHA-1's state has something to do when dropped only if it was built to wipe itself.
    assert!(std::mem::needs_drop::<Generator>());
}

#[test]
fn a_refusal_does_not_repeat_what_was_typed() {
    let typed = [
        "JBSWY3DPEHPK3PX0JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    ];
    let refusals = typed.map(|text| Seed::parse_base32(text).err().unwrap().to_string());
    assert_eq!(
        refusals,
        [
            "a seed has only the letters A to Z and the digits 2 to 7; if there is a 0, 1 or 8, try the letter O, I or B",
            "a character of the seed is missing, changed or too many; copy all of it again",
            "a seed has 40 bytes, which are 64 characters, and this has 30 bytes",
        ]
    );
}

#[test]
fn a_seed_survives_being_written_down() {
    let bytes: [u8; 40] = std::array::from_fn(|n| u8::try_from(255 - 3 * n).unwrap());
    let seed = Seed::from_bytes(bytes);
    let text = seed.to_base32();
    assert_eq!(text.len(), 64);
    let read = Seed::parse_base32(&text.to_lowercase()).ok().unwrap();
    assert_eq!(read.expose(), &bytes);
    assert_eq!(Seed::try_from(&bytes[..]).ok().unwrap().expose(), &bytes);
    for length in [0, 20, 39] {
        assert!(Seed::try_from(&bytes[..length]).is_err());
    }
    assert!(Seed::try_from(&[0; 41][..]).is_err());
}
