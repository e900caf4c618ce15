//! `vmfa mfa verify-clock`.

use std::{fs, time::Duration};

use vmfa_mfa::ClockReading;
use vmfa_testkit::code;

use crate::fixture::Fixture;

const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

#[test]
fn this_machines_clock_is_compared_with_an_endpoints() {
    let verify = |date: i64, sent: u64, received: u64| {
        let mut fixture = Fixture::with(&[]);
        let (sent, received) = (Duration::from_millis(sent), Duration::from_millis(received));
        fixture.reading = Some(ClockReading { url: "http://e/".to_owned(), date, sent, received });
        let outcome = fixture.run(&["verify-clock", "--against", "http://e/"]);
        let refused = outcome.result.err().map(|trouble| trouble.to_string());
        (outcome.out, refused.unwrap_or_default())
    };
    let says = |text: &str| format!("this machine's clock {text}\n");
    let set = "the clocks must agree to within 30 s for codes; synchronise the wrong one by NTP"
        .to_owned();
    assert_eq!(
        verify(1000, 1_000_300, 1_000_500),
        (says("agrees with that of http://e/, to within 0.6 s"), String::new())
    );
    // Within the second of the date.
    assert_eq!(
        verify(1000, 999_900, 1_000_000),
        (says("agrees with that of http://e/, to within 0.6 s"), String::new())
    );
    assert_eq!(
        verify(1000, 990_000, 990_000),
        (says("is 10.5 s behind that of http://e/, to within 0.5 s"), String::new())
    );
    assert_eq!(
        verify(1000, 1_330_000, 1_330_000),
        (says("is 329.5 s ahead of that of http://e/, to within 0.5 s"), set.clone())
    );
    assert_eq!(verify(1031, 1_000_000, 1_000_000).1, set);
    let slow = "the response took too long for a comparison; try again";
    assert_eq!(verify(1000, 960_000, 1_040_000).1, slow);
}

#[test]
fn without_endpoint_or_device_there_is_nothing_to_compare_with() {
    let mut fixture = Fixture::with(&[]);
    let (text, code) = fixture.run(&["verify-clock"]).failure();
    assert!(text.starts_with("no clock to compare with"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn this_machines_clock_is_compared_with_a_devices_by_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    fs::write(&file, KEY).unwrap();
    let mut fixture = Fixture::with(&[]);
    let now = fixture.now();
    let mut verify = |code: &str| {
        let outcome =
            fixture.run(&["verify-clock", "--seed-file", file.to_str().unwrap(), "--code", code]);
        let refused = outcome.result.err().map(|trouble| trouble.to_string());
        (outcome.out, refused.unwrap_or_default())
    };
    let says = |text: &str| format!("the device's clock is {text}\n");
    // The time is 20 s into its period.
    assert_eq!(verify(&code(KEY, now, 0)), (says("within 30 s of this machine's"), String::new()));
    assert_eq!(
        verify(&code(KEY, now, 2)),
        (says("40 to 70 s ahead of this machine's (2 steps)"), String::new())
    );
    let (out, refused) = verify(&code(KEY, now, -3));
    assert_eq!(out, says("80 to 110 s behind this machine's (3 steps)"));
    assert!(refused.starts_with("the clocks are 90 s apart, too far for codes"), "{refused}");
    let (out, refused) = verify(&code(KEY, now, 3000));
    assert_eq!(out, "");
    assert!(refused.starts_with("not a code of this key"), "{refused}");
}
