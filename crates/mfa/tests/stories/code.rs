//! `vmfa mfa code`.

use std::fs;

use crate::fixture::Fixture;

/// The seed of RFC 6238's reference implementation.
const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// From `oathtool --totp --base32` at Unix time 1,700,000,000, and 30 s later.
const CODES: [&str; 2] = ["921300", "732303"];

#[test]
fn a_key_is_read_from_a_file_an_argument_or_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let file = |text: &str| {
        let path = folder.path().join("key");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let [now, _] = CODES;
    let mut fixture = Fixture::with(&[]);
    for text in [
        "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
        "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
    ] {
        let outcome = fixture.run(&["code", &file(text)]);
        assert_eq!((outcome.out, outcome.printed), (format!("{now}\n"), String::new()), "{text}");
    }
    fixture.input = KEY.as_bytes().to_vec();
    assert_eq!(fixture.run(&["code", "-"]).out, format!("{now}\n"));
    assert_eq!(fixture.run(&["code"]).out, format!("{now}\n"));
    let uri = format!("otpauth://totp/a?secret={KEY}&digits=8&period=60");
    let outcome = fixture.run(&["code", &uri]);
    assert_eq!(outcome.out.len(), 9);
    assert!(
        outcome.printed.starts_with("warning: other users of this machine can read"),
        "{}",
        outcome.printed
    );
    fixture.person.interactive = false;
    assert_eq!(fixture.run(&["code", &uri]).printed, "");
}

#[test]
fn a_terminal_shows_both_codes_and_the_remaining_seconds() {
    let [now, next] = CODES;
    let mut fixture = Fixture::with(&[]);
    fixture.input = KEY.as_bytes().to_vec();
    assert_eq!(fixture.run(&["code", "--next"]).out, format!("{next}\n"));
    let outcome: serde_json::Value =
        serde_json::from_str(&fixture.run(&["code", "--json"]).out).unwrap();
    assert_eq!(
        outcome,
        serde_json::json!({"Code": now, "NextCode": next, "SecondsLeft": 10, "Period": 30})
    );
    fixture.output_is_terminal = true;
    assert_eq!(fixture.run(&["code"]).out, format!("{now}  for 10 s\n{next}  then\n"));
    assert_eq!(fixture.run(&["code", "--next"]).out, format!("{next}  in 10 s\n"));
}

#[test]
fn wait_prints_the_code_of_the_next_period() {
    let [_, next] = CODES;
    let mut fixture = Fixture::with(&[]);
    fixture.input = KEY.as_bytes().to_vec();
    let outcome = fixture.run(&["code", "--wait"]);
    assert_eq!((outcome.out, fixture.now()), (format!("{next}\n"), 1_700_000_010));
    assert_eq!(outcome.printed.matches("\rwaiting for the next code, ").count(), 10);
}

#[test]
fn invalid_keys_are_refused_without_repeating_them() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let mut fixture = Fixture::with(&[]);
    let mut refused = |word: &str| {
        let (text, code) = fixture.run(&["code", word]).failure();
        assert!(!text.contains("GEZD"), "{text}");
        assert_eq!(code, 1);
        text
    };
    assert!(refused(KEY).starts_with("no such file; if the argument is a key"));
    assert!(refused("otpauth://hotp/?secret=GEZDGNBV&counter=1").contains("counter-based"));
    assert!(refused("otpauth://totp/?secret=GEZDGNB8").contains("letters A to Z"));
    for file in ["otpauth-GEZD", "otpauth:/totp/?secret=GEZDGNBV"] {
        assert!(refused(file).starts_with("no such file; if the argument is a key"), "{file}");
    }
    assert!(refused("/nonexistent").starts_with("cannot read `/nonexistent`"));
    assert!(refused(empty.to_str().unwrap()).ends_with("the file is empty"));
    fixture.input = vec![b'A'; 40_000];
    assert_eq!(fixture.run(&["code"]).failure().0, "standard input: longer than a key can be");
    fixture.input = b"\xff".to_vec();
    assert_eq!(fixture.run(&["code"]).failure().0, "standard input: not UTF-8");
    fixture.input = Vec::new();
    assert!(fixture.run(&["code"]).failure().0.starts_with("no key: name its file"));
}
