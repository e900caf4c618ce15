//! The searches compared with a naive implementation of RFC 4226 section 5.3 and of their own
//! definitions. Codes that match in several steps are too rare here; see `vectors.rs`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha1::Sha1;
use vmfa_otp::choose::{choose_pair, choose_step};
use vmfa_otp::search::{matching_pairs, matching_steps};
use vmfa_otp::{Code, Generator, Step};

/// Section 5.4, "Example of HOTP Computation for Digit = 6".
fn hotp(key: &[u8], counter: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    mac.update(&counter.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0xf);
    let binary = u32::from(hash[offset] & 0x7f) << 24
        | u32::from(hash[offset + 1]) << 16
        | u32::from(hash[offset + 2]) << 8
        | u32::from(hash[offset + 3]);
    format!("{:06}", binary % 1_000_000)
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

/// Shorter and longer than a block of SHA-1.
fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..140)
}

fn centre() -> impl Strategy<Value = i64> {
    prop_oneof![
        5 => 0..700_000_000_i64,
        1 => -100..100_i64,
        1 => any::<i64>(),
        1 => i64::MAX - 50..=i64::MAX,
        1 => i64::MIN..=i64::MIN + 50,
    ]
}

/// The steps of a window within `i64`.
fn window(centre: i64, back: i64, ahead: i64) -> Vec<i64> {
    (-back..=ahead).filter_map(|distance| centre.checked_add(distance)).collect()
}

fn numbers(steps: &[Step]) -> Vec<i64> {
    steps.iter().map(|step| step.get()).collect()
}

proptest! {
    #[test]
    fn codes_are_those_of_the_rfc(key in key(), step in any::<i64>()) {
        let code = Generator::new(&key).code(Step::new(step));
        prop_assert_eq!(code.expose(), hotp(&key, step));
    }

    #[test]
    fn matching_steps_agrees_with_its_definition(
        key in key(),
        centre in centre(),
        reach in 0..40_i64,
        wanted in -45..45_i64,
    ) {
        let text = hotp(&key, centre.saturating_add(wanted));
        let expected: Vec<_> = window(centre, reach, reach)
            .into_iter()
            .filter(|step| hotp(&key, *step) == text)
            .collect();
        let keys = Generator::new(&key);
        let found = matching_steps(&keys, &code(&text), Step::new(centre), reach);
        prop_assert_eq!(numbers(&found), expected);
    }

    #[test]
    fn matching_pairs_agrees_with_its_definition(
        key in key(),
        centre in centre(),
        (back, ahead) in (0..40_i64, 0..40_i64),
        wanted in -45..45_i64,
        apart in prop_oneof![4 => Just(1_i64), 1 => -2..=2_i64],
    ) {
        let second = centre.saturating_add(wanted);
        let first = hotp(&key, second.saturating_sub(apart));
        let second = hotp(&key, second);
        let expected: Vec<_> = window(centre, back, ahead)
            .into_iter()
            .filter(|step| {
                hotp(&key, *step) == second
                    && step.checked_sub(1).is_some_and(|before| hotp(&key, before) == first)
            })
            .collect();
        let keys = Generator::new(&key);
        let (first, second) = (code(&first), code(&second));
        let found = matching_pairs(&keys, &first, &second, Step::new(centre), back, ahead);
        prop_assert_eq!(numbers(&found), expected);
    }

    #[test]
    fn no_step_is_chosen_twice(matching in proptest::collection::vec(-20..20_i64, 0..12)) {
        let steps: Vec<_> = matching.iter().copied().map(Step::new).collect();
        let mut last = None;
        let mut used = Vec::new();
        while let Some(step) = choose_step(&steps, last) {
            used.push(step.get());
            last = Some(step);
        }
        let mut expected = matching;
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(used, expected);
    }

    #[test]
    fn choose_pair_agrees_with_its_definition(
        matching in proptest::collection::vec(-20..20_i64, 0..12),
        centre in -25..25_i64,
        last in proptest::option::of(-25..25_i64),
    ) {
        let steps: Vec<_> = matching.iter().copied().map(Step::new).collect();
        let mut expected = matching;
        expected.retain(|step| last.is_none_or(|last| step - 1 > last));
        // The later first, then a stable sort by distance.
        expected.sort_by_key(|step| -step);
        expected.sort_by_key(|step| (step - centre).abs());
        let chosen = choose_pair(&steps, Step::new(centre), last.map(Step::new));
        prop_assert_eq!(chosen.map(Step::get), expected.first().copied());
    }
}
