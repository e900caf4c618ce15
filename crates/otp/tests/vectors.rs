//! Published test vectors, and seeds with rare properties (equal consecutive codes, `000000`).

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::num::i64::ANY;
use proptest::prelude::*;
use vmfa_otp::choose::{choose_pair, choose_step};
use vmfa_otp::search::{
    PAIR_WINDOW_AFTER, PAIR_WINDOW_BEFORE, SESSION_WINDOW, matching_pairs, matching_steps,
};
use vmfa_otp::{Code, Generator, Seed, Step, base32};

const RFC_KEY: &[u8] = b"12345678901234567890";

/// A seed of AWS's length; the codes below were made by oathtool 2.6.7.
const LONG_SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn generator(base32: &str) -> Generator {
    Generator::new(&base32::decode(base32).unwrap())
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn numbers(steps: &[Step]) -> Vec<i64> {
    steps.iter().map(|step| step.get()).collect()
}

#[test]
fn rfc_4226_appendix_d() {
    let table = [
        (0x4c93_cf18, "755224"),
        (0x4139_7eea, "287082"),
        (0x082f_ef30, "359152"),
        (0x66ef_7655, "969429"),
        (0x61c5_938a, "338314"),
        (0x33c0_83d4, "254676"),
        (0x7256_c032, "287922"),
        (0x04e5_b397, "162583"),
        (0x2823_443f, "399871"),
        (0x2679_dc69, "520489"),
    ];
    let keys = Generator::new(RFC_KEY);
    for (counter, (truncated, code)) in (0..).map(Step::new).zip(table) {
        assert_eq!(keys.truncated(counter), truncated, "{counter:?}");
        assert_eq!(keys.code(counter).expose(), code, "{counter:?}");
    }
}

#[test]
fn rfc_6238_appendix_b() {
    let table = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    let keys = Generator::new(RFC_KEY);
    for (time, eight_digits) in table {
        let step = Step::at(time);
        let number = keys.truncated(step) % 100_000_000;
        assert_eq!(format!("{number:08}"), eight_digits, "{time}");
        assert_eq!(keys.code(step).expose(), eight_digits[2..], "{time}");
    }
}

#[test]
fn oathtool() {
    let table = [
        (0, "777198"),
        (29, "777198"),
        (30, "092609"),
        (59, "092609"),
        (60, "430123"),
        (1_111_111_109, "813582"),
        (1_234_567_890, "398980"),
        (1_700_000_000, "023539"),
        ((1 << 31) - 1, "647865"),
        (1 << 31, "647865"),
        ((1 << 32) - 1, "530801"),
        (1 << 32, "530801"),
    ];
    let keys = Generator::of(&Seed::parse_base32(LONG_SEED).unwrap());
    for (time, code) in table {
        assert_eq!(keys.code(Step::at(time)).expose(), code, "{time}");
    }

    let keys = generator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let around = ["713364", "276857", "921300", "732303", "136087"];
    for (distance, code) in (-2..).zip(around) {
        let step = Step::at(1_700_000_000).plus(distance);
        assert_eq!(keys.code(step).expose(), code, "{distance}");
    }
}

#[test]
fn equal_consecutive_codes_count_as_two() {
    let keys = generator("BWWTUDBG3JE7PUVFWJYRKFKXVHZJLZC5");
    let step = Step::at(1_699_535_550);
    assert_eq!(step.get(), 56_651_185);
    let twice = code("705685");

    let pairs = matching_pairs(&keys, &twice, &twice, step, PAIR_WINDOW_BEFORE, PAIR_WINDOW_AFTER);
    assert_eq!(numbers(&pairs), [56_651_186]);
    assert_eq!(choose_pair(&pairs, step, None), Some(step.plus(1)));

    // As two sessions: each is accepted once, in order.
    let matching = matching_steps(&keys, &twice, step, SESSION_WINDOW);
    let first = choose_step(&matching, None);
    assert_eq!(first, Some(step));
    let second = choose_step(&matching, first);
    assert_eq!(second, Some(step.plus(1)));
    assert_eq!(choose_step(&matching, second), None);
}

#[test]
fn a_code_that_recurs_within_the_window_is_accepted_again() {
    let keys = generator("PY7FFHEPM3CAKIIJH6D7IZ73WLF6N6N2");
    let step = Step::at(1_700_068_740);
    let matching = matching_steps(&keys, &code("546101"), step, SESSION_WINDOW);
    assert_eq!(matching, [step.plus(-2), step]);
    assert_eq!(choose_step(&matching, Some(step.plus(-2))), Some(step));
    assert_eq!(keys.code(step.plus(-1)).expose(), "405889");
}

#[test]
fn a_code_may_be_all_zeros() {
    let keys = generator("PY7FFHEPM3CAKIIJH6D7IZ73WLF6N6N2");
    let step = Step::at(1_699_857_000);
    assert_eq!(keys.code(step).expose(), "000000");
    assert_eq!(matching_steps(&keys, &code("000000"), step, 0), [step]);
}

#[test]
fn the_nearer_of_two_equal_pairs_is_chosen() {
    let keys = generator("YCYTJUA7Q47EZGD7U7BCLAPOMUB6KCSC");
    let (first, second) = (code("369496"), code("890907"));
    let centre = Step::new(56_666_666);
    // The pairs begin 10951 and 3709 steps before the centre.
    let early = centre.plus(-10_950);
    let late = centre.plus(-3_708);

    let pairs = matching_pairs(&keys, &first, &second, centre, 20_160, 20_160);
    assert_eq!(pairs, [early, late]);
    assert_eq!(choose_pair(&pairs, centre, None), Some(late));
    assert_eq!(choose_pair(&pairs, early.plus(3_620), None), Some(early));
    assert_eq!(choose_pair(&pairs, early.plus(3_621), None), Some(late));
    assert_eq!(choose_pair(&pairs, early, Some(early)), Some(late));

    let near =
        matching_pairs(&keys, &first, &second, centre, PAIR_WINDOW_BEFORE, PAIR_WINDOW_AFTER);
    assert_eq!(near, []);
}

#[test]
fn pairs_match_within_their_window_only() {
    let keys = Generator::new(RFC_KEY);
    let centre = Step::at(1_700_000_000);
    let found_at = |distance| {
        let step = centre.plus(distance);
        let (first, second) = (keys.code(step.plus(-1)), keys.code(step));
        matching_pairs(&keys, &first, &second, centre, PAIR_WINDOW_BEFORE, PAIR_WINDOW_AFTER)
            .contains(&step)
    };
    for (distance, found) in [(-999, false), (-998, true), (1000, true), (1001, false)] {
        assert_eq!(found_at(distance), found, "{distance}");
    }
}

#[test]
fn a_pair_must_be_consecutive_and_in_order() {
    let keys = Generator::new(RFC_KEY);
    let centre = Step::at(1_700_000_000);
    let pairs = |first, second| {
        let (first, second) = (keys.code(centre.plus(first)), keys.code(centre.plus(second)));
        matching_pairs(&keys, &first, &second, centre, PAIR_WINDOW_BEFORE, PAIR_WINDOW_AFTER)
    };
    assert_eq!(pairs(-1, 0), [centre]);
    assert_eq!(pairs(0, -1), []);
    assert_eq!(pairs(0, 0), []);
    assert_eq!(pairs(-2, 0), []);
}

#[test]
fn windows_at_the_limits_of_i64() {
    let keys = Generator::new(RFC_KEY);
    for end in [i64::MIN, i64::MAX] {
        let end = Step::new(end);
        let last = keys.code(end);
        assert_eq!(matching_steps(&keys, &last, end, 2), [end]);
        let found = matching_pairs(&keys, &last, &last, end, 2, 2);
        assert_eq!(found, [], "no step is next to itself");
    }
    let end = Step::new(i64::MAX);
    let (first, second) = (keys.code(end.plus(-1)), keys.code(end));
    assert_eq!(matching_pairs(&keys, &first, &second, end, 2, 2), [end]);

    let nothing = matching_steps(&keys, &second, end, i64::MIN);
    assert_eq!(nothing, [], "a window of negative width is empty");
}

proptest! {
    #[test]
    fn every_time_has_a_code(seconds in ANY) {
        let text = Generator::new(RFC_KEY).code(Step::at(seconds)).expose();
        prop_assert!(Code::parse(&text).is_some());
    }
}
