//! Codes of a key.

use std::fs;

use crate::person::Scene;

/// The seed of RFC 6238's reference implementation.
const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// As `oathtool --totp --base32` has it at 1,700,000,000 s, and 30 s later.
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
    let mut scene = Scene::with(&[]);
    for text in [
        "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
        "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
    ] {
        let told = scene.run(&["code", &file(text)]);
        assert_eq!((told.out, told.said), (format!("{now}\n"), String::new()), "{text}");
    }
    scene.input = KEY.as_bytes().to_vec();
    assert_eq!(scene.run(&["code", "-"]).out, format!("{now}\n"));
    assert_eq!(scene.run(&["code"]).out, format!("{now}\n"));
    let uri = format!("otpauth://totp/a?secret={KEY}&digits=8&period=60");
    let told = scene.run(&["code", &uri]);
    assert_eq!(told.out.len(), 9);
    assert!(told.said.starts_with("others on this machine can read arguments"), "{}", told.said);
    scene.person.live = false;
    assert_eq!(scene.run(&["code", &uri]).said, "");
}

#[test]
fn a_terminal_shows_both_and_how_long() {
    let [now, next] = CODES;
    let mut scene = Scene::with(&[]);
    scene.input = KEY.as_bytes().to_vec();
    assert_eq!(scene.run(&["code", "--next"]).out, format!("{next}\n"));
    let told: serde_json::Value =
        serde_json::from_str(&scene.run(&["code", "--json"]).out).unwrap();
    assert_eq!(
        told,
        serde_json::json!({"Code": now, "NextCode": next, "SecondsLeft": 10, "Period": 30})
    );
    scene.shown = true;
    assert_eq!(scene.run(&["code"]).out, format!("{now}  for 10 s\n{next}  then\n"));
    assert_eq!(scene.run(&["code", "--next"]).out, format!("{next}  in 10 s\n"));
}

#[test]
fn a_code_that_was_waited_for_is_a_new_one() {
    let [_, next] = CODES;
    let mut scene = Scene::with(&[]);
    scene.input = KEY.as_bytes().to_vec();
    let told = scene.run(&["code", "--wait"]);
    assert_eq!((told.out, scene.now()), (format!("{next}\n"), 1_700_000_010));
    assert_eq!(told.said.matches("\rwaiting for the next code, ").count(), 10);
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let mut scene = Scene::with(&[]);
    let mut refused = |word: &str| {
        let (text, code) = scene.run(&["code", word]).failure();
        assert!(!text.contains("GEZD"), "{text}");
        assert_eq!(code, 1);
        text
    };
    assert!(refused(KEY).starts_with("there is no such file; if that was a key"));
    assert!(refused("otpauth://hotp/?secret=GEZDGNBV&counter=1").contains("counter-based"));
    assert!(refused("otpauth://totp/?secret=GEZDGNB8").contains("letters A to Z"));
    for file in ["otpauth-GEZD", "otpauth:/totp/?secret=GEZDGNBV"] {
        assert!(refused(file).starts_with("there is no such file; if that was a key"), "{file}");
    }
    assert!(refused("/nonexistent").starts_with("cannot read `/nonexistent`"));
    assert!(refused(empty.to_str().unwrap()).ends_with("there is no key in it"));
    scene.input = vec![b'A'; 40_000];
    assert_eq!(scene.run(&["code"]).failure().0, "standard input: too large for a key");
    scene.input = b"\xff".to_vec();
    assert_eq!(scene.run(&["code"]).failure().0, "standard input: not text");
    scene.input = Vec::new();
    assert!(scene.run(&["code"]).failure().0.starts_with("name a file with the key"));
}
