//! Clocks, compared.

use std::{fs, time::Duration};

use vmfa_mfa::Reading;
use vmfa_testkit::code;

use crate::person::Scene;

const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

#[test]
fn a_machine_is_compared_with_an_endpoint() {
    let verify = |date: i64, asked: u64, answered: u64| {
        let mut scene = Scene::with(&[]);
        let (asked, answered) = (Duration::from_millis(asked), Duration::from_millis(answered));
        scene.reading = Some(Reading { url: "http://e/".to_owned(), date, asked, answered });
        let told = scene.run(&["verify-clock", "--against", "http://e/"]);
        let refused = told.ended.err().map(|trouble| trouble.to_string());
        (told.out, refused.unwrap_or_default())
    };
    let says = |text: &str| format!("this machine's clock {text}\n");
    let set = "codes need it within 30 s: set it by the network".to_owned();
    assert_eq!(
        verify(1000, 1_000_300, 1_000_500),
        (says("agrees with that of http://e/, to within 0.6 s"), String::new())
    );
    // Within the second that the date is of.
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
    let slow = "the answer took too long to tell: try again";
    assert_eq!(verify(1000, 960_000, 1_040_000).1, slow);
}

#[test]
fn nothing_is_asked_where_nothing_is_named() {
    let mut scene = Scene::with(&[]);
    let (text, code) = scene.run(&["verify-clock"]).failure();
    assert!(text.starts_with("nothing to compare with"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_device_is_compared_by_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    fs::write(&file, KEY).unwrap();
    let mut scene = Scene::with(&[]);
    let now = scene.now();
    let mut verify = |code: &str| {
        let told =
            scene.run(&["verify-clock", "--seed-file", file.to_str().unwrap(), "--code", code]);
        let refused = told.ended.err().map(|trouble| trouble.to_string());
        (told.out, refused.unwrap_or_default())
    };
    let says = |text: &str| format!("the device's clock is {text}\n");
    // The moment is at 20 s of its period.
    assert_eq!(verify(&code(KEY, now, 0)), (says("within 30 s of this machine's"), String::new()));
    assert_eq!(
        verify(&code(KEY, now, 2)),
        (says("40 to 70 s ahead of this machine's (2 steps)"), String::new())
    );
    let (out, refused) = verify(&code(KEY, now, -3));
    assert_eq!(out, says("80 to 110 s behind this machine's (3 steps)"));
    assert!(refused.starts_with("that is 90 s apart, too far for sessions"), "{refused}");
    let (out, refused) = verify(&code(KEY, now, 3000));
    assert_eq!(out, "");
    assert!(refused.starts_with("that is not a code of this key"), "{refused}");
}
