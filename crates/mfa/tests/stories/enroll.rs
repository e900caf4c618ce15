//! `vmfa mfa enroll` with a person at the terminal.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
};

use vmfa_iam::Call;
use vmfa_mfa::TerminalSize;
use vmfa_model::{Fault, FaultKind};

use crate::fixture::{Act, Fixture};
use Act::{Code, End, Interrupt, Type, Wait};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

fn enroll(acts: &[Act]) -> (Fixture, crate::fixture::Outcome) {
    let mut fixture = Fixture::with(acts);
    let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
    (fixture, outcome)
}

#[test]
fn two_codes_in_a_row_enable_the_device() {
    let (fixture, outcome) = enroll(&[Wait(5), Code(0), Wait(20), Wait(1), Code(0)]);
    outcome.result.as_ref().unwrap();
    assert_eq!(outcome.out, format!("{SERIAL}\n"));
    assert_eq!(fixture.devices(), (vec![SERIAL.to_owned()], vec![]));
    // The clock began 20 s into a period. Lines are redrawn above the prompt.
    assert!(
        outcome.printed.contains("type the code that is shown; it changes in 10 s\ncode 1 of 2: ")
    );
    assert!(
        outcome
            .printed
            .contains("\x1b7\x1b[1A\rtype the code that is shown; it changes in  5 s\x1b[K\x1b8")
    );
    assert!(
        outcome.printed.contains("type the next code; it comes in  5 s\ncode 2 of 2: "),
        "{}",
        outcome.printed
    );
    assert!(outcome.printed.contains("type the next code, which is shown now; it changes in 15 s"));
    assert!(outcome.printed.ends_with("enabled the device for user `alice`:\n"));
}

#[test]
fn the_qr_code_on_the_screen_contains_the_key() {
    for (rows, columns, quiet) in [(50, 80, 4), (26, 45, 4), (24, 80, 2), (50, 41, 2), (20, 80, 4)]
    {
        let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
        fixture.person.size = TerminalSize { rows, columns };
        let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
        outcome.result.unwrap();
        let key: String = outcome
            .printed
            .lines()
            .filter(|line| line.starts_with("  "))
            .flat_map(str::split_whitespace)
            .collect();
        let uri = format!("otpauth://totp/alice@123456789012?secret={key}");
        assert!(outcome.printed.contains(&format!("\n{uri}\n")), "{}", outcome.printed);
        let (read, edge) = scan(&outcome.printed);
        assert_eq!(read, uri, "{rows} x {columns}");
        assert_eq!(edge, 37 + 2 * quiet, "{rows} x {columns}");
    }
}

#[test]
fn a_small_window_shows_no_qr_code() {
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    fixture.person.size = TerminalSize { rows: 24, columns: 40 };
    let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
    outcome.result.unwrap();
    assert!(!outcome.printed.contains('█'), "{}", outcome.printed);
    assert!(outcome.printed.contains("the window is too small for a QR code"));
}

#[test]
fn without_a_terminal_the_key_is_printed_as_text_only() {
    let mut fixture = Fixture::with(&[Code(0), Wait(30), Code(0)]);
    fixture.person.interactive = false;
    let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
    outcome.result.unwrap();
    assert!(
        !outcome.printed.contains('\x1b') && !outcome.printed.contains('█'),
        "{}",
        outcome.printed
    );
    assert!(outcome.printed.contains("?secret="));
    assert!(
        outcome.printed.ends_with("code 1 of 2:\ncorrect\ncode 2 of 2:\n"),
        "{}",
        outcome.printed
    );
}

#[test]
fn a_repeated_code_is_reported_and_uses_no_attempt() {
    let (_, outcome) =
        enroll(&[Code(0), Code(0), Code(0), Code(0), Code(0), Code(0), Code(0), Wait(10), Code(0)]);
    outcome.result.unwrap();
    assert_eq!(
        outcome
            .printed
            .matches("that is the same code; type the next one, which comes in 10 s")
            .count(),
        6
    );
}

#[test]
fn mistyped_codes_are_reported_and_not_sent() {
    let sent = Arc::new(Mutex::new(0));
    let count = Arc::clone(&sent);
    let mut fixture = Fixture::with(&[
        Type("12345"),
        Code(0),
        Type("x"),
        Code(-1),
        Code(2),
        Code(2),
        Wait(30),
        Code(2),
    ]);
    fixture.refuse = Arc::new(Mutex::new(move |call: &Call| {
        *count.lock().unwrap() += usize::from(call.action.name == "EnableMFADevice");
        None
    }));
    let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
    outcome.result.unwrap();
    assert_eq!(*sent.lock().unwrap(), 1);
    for text in [
        "a code has 6 digits",
        "that code is older than the first; type the one after it",
        "you missed a code; this one now counts as the first, type the next",
        "that is the same code",
    ] {
        assert!(outcome.printed.contains(text), "{text}: {}", outcome.printed);
    }
}

#[test]
fn a_wrong_clock_is_distinguished_from_a_wrong_code() {
    let (fixture, outcome) = enroll(&[Code(-10), Code(120), Code(2000), Type("000000"), Type("")]);
    assert!(outcome.printed.contains("that code is valid 5 min ago, not now: the device's clock is about 5 min behind this machine's; synchronise"), "{}", outcome.printed);
    assert!(outcome.printed.contains("valid in 60 min, not now: the device's clock is about 60 min ahead of this machine's, perhaps by a wrong time zone"), "{}", outcome.printed);
    assert!(outcome.printed.contains("about 16 h 40 min ahead"), "{}", outcome.printed);
    let (text, code) = outcome.failure();
    assert_eq!(
        text,
        format!("a code has 6 digits; too many wrong codes; deleted device `{SERIAL}`")
    );
    assert_eq!((code, fixture.devices()), (1, (vec![], vec![])));
}

#[test]
fn interruption_and_end_of_input_delete_the_device() {
    let (fixture, outcome) = enroll(&[Code(0), Wait(1), Interrupt]);
    assert_eq!(outcome.failure(), (format!("interrupted; deleted device `{SERIAL}`"), 130));
    assert_eq!(fixture.devices(), (vec![], vec![]));

    let (fixture, outcome) = enroll(&[Wait(1), End]);
    let text = "standard input ended before two codes were read";
    assert_eq!(outcome.failure(), (format!("{text}; deleted device `{SERIAL}`"), 1));
    assert_eq!(fixture.devices(), (vec![], vec![]));
}

#[test]
fn a_refused_device_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    fixture.refuse = Arc::new(Mutex::new(|call: &Call| {
        let refused = Fault::new(
            FaultKind::InvalidAuthenticationCode,
            "Authentication code for device is not valid.",
        );
        (call.action.name == "EnableMFADevice").then_some(refused)
    }));
    let outcome =
        fixture.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, code) = outcome.failure();
    assert_eq!(
        text,
        format!(
            "cannot enable the device: InvalidAuthenticationCode: Authentication code for device is \
             not valid.; the codes are valid by this machine's clock, so the service's may differ: \
             run `vmfa mfa verify-clock`; deleted device `{SERIAL}`"
        )
    );
    assert_eq!((code, fixture.devices()), (1, (vec![], vec![])));
    assert!(!file.exists(), "the seed file of a deleted device");
}

#[test]
fn a_device_that_cannot_be_deleted_is_named_and_its_seed_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut fixture = Fixture::with(&[End]);
    fixture.refuse = Arc::new(Mutex::new(|call: &Call| {
        (call.action.name == "DeleteVirtualMFADevice")
            .then_some(Fault::without_message(FaultKind::AccessDenied))
    }));
    let outcome =
        fixture.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, _) = outcome.failure();
    assert!(
        text.ends_with(&format!(
            "delete it with `vmfa iam delete-virtual-mfa-device --serial-number {SERIAL}`"
        )),
        "{text}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap().len(), 65);
}

#[test]
fn the_seed_is_kept_if_the_response_to_enabling_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    fixture.lost = "EnableMFADevice";
    let outcome =
        fixture.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, _) = outcome.failure();
    assert!(text.contains(&format!("but device `{SERIAL}` is enabled for user `alice`")), "{text}");
    assert!(file.exists());
    assert_eq!(fixture.devices().0, [SERIAL]);
}

#[test]
fn a_lost_response_to_creation_is_reported() {
    let mut fixture = Fixture::with(&[]);
    fixture.lost = "CreateVirtualMFADevice";
    let (text, _) = fixture.run(&["enroll", "--user-name", "alice"]).failure();
    assert!(text.contains("it may have been created, with a seed that is lost"), "{text}");
    assert_eq!(fixture.devices(), (vec![], vec![SERIAL.to_owned()]));
}

#[test]
fn other_endpoints_may_return_keys_of_other_lengths() {
    for (key, weak) in [("GEZDGNBVGY3TQOJQGEZDGNBVGY", false), ("GEZDGNBVGY3TQOJQ", true)] {
        let mut fixture = Fixture::with(&[Code(0), Wait(30), Code(0)]);
        fixture.foreign = Some(key);
        let outcome = fixture.run(&["enroll", "--user-name", "alice"]);
        outcome.result.as_ref().unwrap();
        assert_eq!(outcome.out, format!("{SERIAL}\n"));
        let uri = format!("otpauth://totp/alice@123456789012?secret={key}\n");
        assert!(outcome.printed.contains(&uri), "{}", outcome.printed);
        let warned = outcome
            .printed
            .contains("created a key of 80 bits; keys under 128 bits can be guessed");
        assert_eq!(warned, weak, "{}", outcome.printed);
    }
    let mut fixture = Fixture::with(&[]);
    fixture.foreign = Some("not Base32!");
    let (text, _) = fixture.run(&["enroll", "--user-name", "alice"]).failure();
    assert!(text.contains("; deleted device") && !text.contains("not Base32"), "{text}");
    assert_eq!(fixture.devices(), (vec![], vec![]));
}

#[test]
fn nothing_is_created_for_an_unknown_user() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut fixture = Fixture::with(&[]);
    let outcome =
        fixture.run(&["enroll", "--user-name", "bob", "--seed-file", file.to_str().unwrap()]);
    let text = "user `bob` does not exist; create it with `vmfa iam create-user --user-name bob`, or \
                list the users with `vmfa iam list-users`";
    assert_eq!(outcome.failure(), (text.to_owned(), 1));
    assert_eq!(fixture.devices(), (vec![], vec![]));
    assert!(!file.exists());
}

#[test]
fn enrolment_does_not_require_get_user() {
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    fixture.refuse = Arc::new(Mutex::new(|call: &Call| {
        (call.action.name == "GetUser").then_some(Fault::without_message(FaultKind::AccessDenied))
    }));
    fixture.run(&["enroll", "--user-name", "alice"]).result.unwrap();
    assert_eq!(fixture.devices().0, [SERIAL]);
}

#[test]
fn the_device_name_and_path_can_be_chosen() {
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    let words =
        ["enroll", "--user-name", "ALICE", "--virtual-mfa-device-name", "phone", "--path", "/it/"];
    let outcome = fixture.run(&words);
    outcome.result.unwrap();
    assert_eq!(outcome.out, "arn:aws:iam::123456789012:mfa/it/phone\n");
    assert!(outcome.printed.contains("otpauth://totp/phone@123456789012?secret="));
    let outcome = fixture.run(&words);
    let (text, _) = outcome.failure();
    assert!(text.starts_with("cannot create device `phone`: EntityAlreadyExists: MFA device already exists.; choose another name"), "{text}");
    assert_eq!(fixture.devices().0.len(), 1);
}

#[test]
fn the_seed_file_is_new_and_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let path = file.to_str().unwrap();
    let mut fixture = Fixture::with(&[Code(-1), Code(0)]);
    let outcome = fixture.run(&["enroll", "--user-name", "alice", "--seed-file", path]);
    outcome.result.unwrap();
    let seed = fs::read_to_string(&file).unwrap();
    let shown: String = outcome
        .printed
        .lines()
        .filter(|line| line.starts_with("  "))
        .flat_map(str::split_whitespace)
        .collect();
    assert_eq!(seed, format!("{shown}\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // An error of the file is found before a device is created.
    for (path, trouble) in [
        (path, "already exists and may hold another seed; name a new file"),
        (folder.path().to_str().unwrap(), "already exists"),
        (&format!("{path}/seed"), "cannot create seed file"),
    ] {
        let words = [
            "enroll",
            "--user-name",
            "alice",
            "--virtual-mfa-device-name",
            "b",
            "--seed-file",
            path,
        ];
        let (text, _) = fixture.run(&words).failure();
        assert!(text.contains(trouble), "{text}");
    }
    assert_eq!(fixture.devices().1, Vec::<String>::new());
    assert_eq!(fs::read_to_string(&file).unwrap(), seed);
}

/// Decodes the QR code on the screen; returns its text and its width in modules with quiet zone.
fn scan(screen: &str) -> (String, usize) {
    let lines = screen.lines().filter_map(|line| line.strip_prefix("\x1b[38;5;231;48;5;16m"));
    let lines: Vec<Vec<char>> =
        lines.map(|line| line.strip_suffix("\x1b[0m").unwrap().chars().collect()).collect();
    let edge = lines[0].len();
    assert_eq!(lines.len(), edge.div_ceil(2));
    // Light halves of characters on a dark background.
    let light = |x: usize, y: usize| match lines[y / 2][x] {
        '█' => true,
        '▀' => y.is_multiple_of(2),
        '▄' => !y.is_multiple_of(2),
        ' ' => false,
        other => panic!("{other:?} is no half block"),
    };
    let scale = 4;
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(edge * scale, edge * scale, |x, y| {
            if light(x / scale, y / scale) { 255 } else { 0 }
        });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    (grids[0].decode().unwrap().1, edge)
}
