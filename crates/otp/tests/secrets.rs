//! Types that hold secrets lack the traits that could leak them.

#![expect(dead_code, reason = "each use of `has!` leaves one of its two constants unused")]

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
fn has_detects_traits() {
    assert!(has!(u8: Debug));
    assert!(has!(u8: Display));
    assert!(has!(u8: Clone));
    assert!(has!(u8: PartialEq));
    assert!(has!([u8; 40]: AsRef<[u8]>));
}

#[test]
fn seeds_cannot_be_printed_copied_or_compared() {
    assert!(!has!(Seed: Debug));
    assert!(!has!(Seed: Display));
    assert!(!has!(Seed: Clone));
    assert!(!has!(Seed: PartialEq));
    assert!(!has!(Seed: AsRef<[u8]>));
    assert!(!has!(Seed: std::ops::Deref));
}

#[test]
fn types_made_from_a_seed_cannot_be_printed_copied_or_compared() {
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
fn seeds_and_generators_are_wiped() {
    assert!(has!(Seed: ZeroizeOnDrop));
    // SHA-1's state needs to be dropped only if it was built to wipe itself.
    assert!(std::mem::needs_drop::<Generator>());
}

#[test]
fn errors_do_not_contain_the_text() {
    let typed = [
        "JBSWY3DPEHPK3PX0JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    ];
    let refusals = typed.map(|text| Seed::parse_base32(text).err().unwrap().to_string());
    assert_eq!(
        refusals,
        [
            "invalid character in the seed: Base32 has the letters A to Z and the digits 2 to 7; for a 0, 1 or 8 try the letter O, I or B",
            "the seed has a missing, extra or wrong character; copy all of it again",
            "a seed is 40 bytes (64 characters); this one is 30 bytes",
        ]
    );
}

#[test]
fn seeds_round_trip_through_base32() {
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
