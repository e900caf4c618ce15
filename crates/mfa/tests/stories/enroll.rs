//! A person enrols a device.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
};

use vmfa_iam::Call;
use vmfa_mfa::Size;
use vmfa_model::{Fault, FaultKind};

use crate::person::{Act, Scene};
use Act::{Code, End, Interrupt, Type, Wait};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

fn enroll(acts: &[Act]) -> (Scene, crate::person::Told) {
    let mut scene = Scene::with(acts);
    let told = scene.run(&["enroll", "--user-name", "alice"]);
    (scene, told)
}

#[test]
fn two_codes_in_a_row_enable_the_device() {
    let (scene, told) = enroll(&[Wait(5), Code(0), Wait(20), Wait(1), Code(0)]);
    told.ended.as_ref().unwrap();
    assert_eq!(told.out, format!("{SERIAL}\n"));
    assert_eq!(scene.devices(), (vec![SERIAL.to_owned()], vec![]));
    // The clock began at 20 s of a period. What is drawn anew is drawn above the prompt.
    assert!(told.said.contains("type the code that is shown; it changes in 10 s\ncode 1 of 2: "));
    assert!(
        told.said
            .contains("\x1b7\x1b[1A\rtype the code that is shown; it changes in  5 s\x1b[K\x1b8")
    );
    assert!(
        told.said.contains("type the next code; it comes in  5 s\ncode 2 of 2: "),
        "{}",
        told.said
    );
    assert!(told.said.contains("type the next code; it is there, and changes in 15 s"));
    assert!(told.said.ends_with("user `alice` has the device now:\n"));
}

#[test]
fn the_qr_code_on_the_screen_is_that_of_the_key() {
    for (rows, columns, quiet) in [(50, 80, 4), (26, 45, 4), (24, 80, 2), (50, 41, 2), (20, 80, 4)]
    {
        let mut scene = Scene::with(&[Code(-1), Code(0)]);
        scene.person.size = Size { rows, columns };
        let told = scene.run(&["enroll", "--user-name", "alice"]);
        told.ended.unwrap();
        let key: String = told
            .said
            .lines()
            .filter(|line| line.starts_with("  "))
            .flat_map(str::split_whitespace)
            .collect();
        let uri = format!("otpauth://totp/alice@123456789012?secret={key}");
        assert!(told.said.contains(&format!("\n{uri}\n")), "{}", told.said);
        let (read, edge) = scan(&told.said);
        assert_eq!(read, uri, "{rows} x {columns}");
        assert_eq!(edge, 37 + 2 * quiet, "{rows} x {columns}");
    }
}

#[test]
fn a_window_that_is_too_small_has_no_qr_code() {
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    scene.person.size = Size { rows: 24, columns: 40 };
    let told = scene.run(&["enroll", "--user-name", "alice"]);
    assert!(told.ended.is_ok() && !told.said.contains('█'));
    assert!(told.said.contains("the window is too small for the QR code"));
}

#[test]
fn where_nobody_watches_the_key_is_there_as_text() {
    let mut scene = Scene::with(&[Code(0), Wait(30), Code(0)]);
    scene.person.live = false;
    let told = scene.run(&["enroll", "--user-name", "alice"]);
    told.ended.unwrap();
    assert!(!told.said.contains('\x1b') && !told.said.contains('█'), "{}", told.said);
    assert!(told.said.contains("?secret="));
    assert!(told.said.ends_with("code 1 of 2:\nright\ncode 2 of 2:\n"), "{}", told.said);
}

#[test]
fn the_same_code_twice_is_noticed_and_costs_nothing() {
    let (_, told) =
        enroll(&[Code(0), Code(0), Code(0), Code(0), Code(0), Code(0), Code(0), Wait(10), Code(0)]);
    told.ended.unwrap();
    assert_eq!(
        told.said.matches("that is the same code: another one comes within 10 s").count(),
        6
    );
}

#[test]
fn what_is_mistyped_is_told_and_sent_nowhere() {
    let sent = Arc::new(Mutex::new(0));
    let count = Arc::clone(&sent);
    let mut scene = Scene::with(&[
        Type("12345"),
        Code(0),
        Type("x"),
        Code(-1),
        Code(2),
        Code(2),
        Wait(30),
        Code(2),
    ]);
    scene.refuse = Arc::new(Mutex::new(move |call: &Call| {
        *count.lock().unwrap() += usize::from(call.action.name == "EnableMFADevice");
        None
    }));
    let told = scene.run(&["enroll", "--user-name", "alice"]);
    told.ended.unwrap();
    assert_eq!(*sent.lock().unwrap(), 1);
    for text in [
        "a code is 6 digits",
        "that code came before the first one: type the one after it",
        "one code too late: this one counts as the first now, type the next",
        "that is the same code",
    ] {
        assert!(told.said.contains(text), "{text}: {}", told.said);
    }
}

#[test]
fn a_wrong_clock_is_told_from_a_wrong_code() {
    let (scene, told) = enroll(&[Code(-10), Code(120), Code(2000), Type("000000"), Type("")]);
    assert!(told.said.contains("that code is right, but 5 min ago: the device's clock is about 5 min behind this machine's. Set"), "{}", told.said);
    assert!(told.said.contains("but in 60 min: the device's clock is about 60 min ahead of this machine's, perhaps for a wrong time zone"), "{}", told.said);
    assert!(told.said.contains("about 16 h 40 min ahead"), "{}", told.said);
    let (text, code) = told.failure();
    assert_eq!(
        text,
        format!(
            "a code is 6 digits; that was wrong too often; device `{SERIAL}` was deleted again"
        )
    );
    assert_eq!((code, scene.devices()), (1, (vec![], vec![])));
}

#[test]
fn giving_up_leaves_no_device() {
    let (scene, told) = enroll(&[Code(0), Wait(1), Interrupt]);
    assert_eq!(told.failure(), (format!("given up; device `{SERIAL}` was deleted again"), 130));
    assert_eq!(scene.devices(), (vec![], vec![]));

    let (scene, told) = enroll(&[Wait(1), End]);
    let text = "given up: there were no more codes on standard input";
    assert_eq!(told.failure(), (format!("{text}; device `{SERIAL}` was deleted again"), 1));
    assert_eq!(scene.devices(), (vec![], vec![]));
}

#[test]
fn what_the_service_refuses_leaves_no_device() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    scene.refuse = Arc::new(Mutex::new(|call: &Call| {
        let refused = Fault::new(
            FaultKind::InvalidAuthenticationCode,
            "Authentication code for device is not valid.",
        );
        (call.action.name == "EnableMFADevice").then_some(refused)
    }));
    let told =
        scene.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, code) = told.failure();
    assert_eq!(
        text,
        format!(
            "cannot enable the device: InvalidAuthenticationCode: Authentication code for device is \
             not valid.: the codes are right by this machine's clock, so the service's may be another \
             (`vmfa mfa verify-clock` compares them); device `{SERIAL}` was deleted again"
        )
    );
    assert_eq!((code, scene.devices()), (1, (vec![], vec![])));
    assert!(!file.exists(), "a file of a device that is gone");
}

#[test]
fn a_device_that_cannot_be_deleted_is_named_and_its_seed_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut scene = Scene::with(&[End]);
    scene.refuse = Arc::new(Mutex::new(|call: &Call| {
        (call.action.name == "DeleteVirtualMFADevice")
            .then_some(Fault::without_message(FaultKind::AccessDenied))
    }));
    let told =
        scene.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, _) = told.failure();
    assert!(
        text.ends_with(&format!(
            "Delete it with `vmfa iam delete-virtual-mfa-device --serial-number {SERIAL}`"
        )),
        "{text}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap().len(), 65);
}

#[test]
fn an_answer_that_was_lost_does_not_lose_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    scene.lost = "EnableMFADevice";
    let told =
        scene.run(&["enroll", "--user-name", "alice", "--seed-file", file.to_str().unwrap()]);
    let (text, _) = told.failure();
    assert!(text.contains(&format!("yet user `alice` has device `{SERIAL}` now")), "{text}");
    assert!(file.exists());
    assert_eq!(scene.devices().0, [SERIAL]);
}

#[test]
fn a_device_whose_seed_was_lost_is_told_of() {
    let mut scene = Scene::with(&[]);
    scene.lost = "CreateVirtualMFADevice";
    let (text, _) = scene.run(&["enroll", "--user-name", "alice"]).failure();
    assert!(text.contains("it may have been made all the same, and nobody has its seed"), "{text}");
    assert_eq!(scene.devices(), (vec![], vec![SERIAL.to_owned()]));
}

#[test]
fn endpoints_of_another_make_give_keys_of_other_lengths() {
    for (key, weak) in [("GEZDGNBVGY3TQOJQGEZDGNBVGY", false), ("GEZDGNBVGY3TQOJQ", true)] {
        let mut scene = Scene::with(&[Code(0), Wait(30), Code(0)]);
        scene.foreign = Some(key);
        let told = scene.run(&["enroll", "--user-name", "alice"]);
        told.ended.as_ref().unwrap();
        assert_eq!(told.out, format!("{SERIAL}\n"));
        let uri = format!("otpauth://totp/alice@123456789012?secret={key}\n");
        assert!(told.said.contains(&uri), "{}", told.said);
        let warned =
            told.said.contains("gave the device a key of 80 bits, and less than 128 can be");
        assert_eq!(warned, weak, "{}", told.said);
    }
    let mut scene = Scene::with(&[]);
    scene.foreign = Some("not Base32!");
    let (text, _) = scene.run(&["enroll", "--user-name", "alice"]).failure();
    assert!(text.contains("the device is deleted again") && !text.contains("not Base32"), "{text}");
    assert_eq!(scene.devices(), (vec![], vec![]));
}

#[test]
fn nothing_is_made_for_a_user_who_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut scene = Scene::with(&[]);
    let told = scene.run(&["enroll", "--user-name", "bob", "--seed-file", file.to_str().unwrap()]);
    let text = "there is no user `bob`: make one with `vmfa iam create-user --user-name bob`, or look \
                for it with `vmfa iam list-users`";
    assert_eq!(told.failure(), (text.to_owned(), 1));
    assert_eq!(scene.devices(), (vec![], vec![]));
    assert!(!file.exists());
}

#[test]
fn who_may_not_look_at_users_may_enrol_all_the_same() {
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    scene.refuse = Arc::new(Mutex::new(|call: &Call| {
        (call.action.name == "GetUser").then_some(Fault::without_message(FaultKind::AccessDenied))
    }));
    scene.run(&["enroll", "--user-name", "alice"]).ended.unwrap();
    assert_eq!(scene.devices().0, [SERIAL]);
}

#[test]
fn names_are_those_of_the_words_or_of_the_user() {
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    let words =
        ["enroll", "--user-name", "ALICE", "--virtual-mfa-device-name", "phone", "--path", "/it/"];
    let told = scene.run(&words);
    told.ended.unwrap();
    assert_eq!(told.out, "arn:aws:iam::123456789012:mfa/it/phone\n");
    assert!(told.said.contains("otpauth://totp/phone@123456789012?secret="));
    let told = scene.run(&words);
    let (text, _) = told.failure();
    assert!(text.starts_with("cannot make device `phone`: EntityAlreadyExists: MFA device already exists.: give the new one another name"), "{text}");
    assert_eq!(scene.devices().0.len(), 1);
}

#[test]
fn a_seed_file_is_new_and_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let path = file.to_str().unwrap();
    let mut scene = Scene::with(&[Code(-1), Code(0)]);
    let told = scene.run(&["enroll", "--user-name", "alice", "--seed-file", path]);
    told.ended.unwrap();
    let seed = fs::read_to_string(&file).unwrap();
    let shown: String = told
        .said
        .lines()
        .filter(|line| line.starts_with("  "))
        .flat_map(str::split_whitespace)
        .collect();
    assert_eq!(seed, format!("{shown}\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Trouble with the file is found before a device is made.
    for (path, trouble) in [
        (path, "exists already, and may hold another seed: name a new one"),
        (folder.path().to_str().unwrap(), "exists already"),
        (&format!("{path}/seed"), "cannot make seed file"),
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
        let (text, _) = scene.run(&words).failure();
        assert!(text.contains(trouble), "{text}");
    }
    assert_eq!(scene.devices().1, Vec::<String>::new());
    assert_eq!(fs::read_to_string(&file).unwrap(), seed);
}

/// Reads the QR code that is on the screen, and how many modules wide it is with its quiet zone.
fn scan(screen: &str) -> (String, usize) {
    let lines = screen.lines().filter_map(|line| line.strip_prefix("\x1b[38;5;231;48;5;16m"));
    let lines: Vec<Vec<char>> =
        lines.map(|line| line.strip_suffix("\x1b[0m").unwrap().chars().collect()).collect();
    let edge = lines[0].len();
    assert_eq!(lines.len(), edge.div_ceil(2));
    // As a camera sees it: the light halves of characters, and dark around it.
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
