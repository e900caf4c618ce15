//! A script enrols a device, with a command for the codes.

use std::{fs, io, path::Path};

use vmfa_otp::{Authenticator, base32};

use crate::person::{Commands, Scene, Told};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

fn app(seed: &str) -> Authenticator {
    Authenticator::new(&base32::decode(seed).unwrap())
}

/// Runs it with nobody there and a command that prints what `print` says of a key and the moment.
fn enroll(print: &dyn Fn(&Authenticator, i64) -> io::Result<String>) -> (Scene, Told, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut scene = Scene::with(&[]);
    scene.person.live = false;
    let (mut runs, clock) = (0, std::sync::Arc::clone(&scene.test.clock));
    let command = Commands::print(|command, seed, at: Option<&Path>| {
        runs += 1;
        assert_eq!((command, at), ("my codes", Some(&*file)));
        assert_eq!(fs::read_to_string(&file).unwrap().trim_end(), seed);
        print(&app(seed), clock.unix())
    });
    let path = file.to_str().unwrap().to_owned();
    let words =
        ["enroll", "--user-name", "alice", "--seed-file", &path, "--code-command", "my codes"];
    let told = scene.run_with(&words, &command);
    drop(command);
    assert_eq!(file.exists(), told.ended.is_ok());
    (scene, told, runs)
}

fn shown(app: &Authenticator, now: i64) -> String {
    app.code(app.step(now)).to_string()
}

#[test]
fn a_command_is_asked_again_in_the_next_period() {
    let (scene, told, runs) = enroll(&|app, now| Ok(format!("{}\n", shown(app, now))));
    told.ended.unwrap();
    assert_eq!((told.out, told.said), (format!("{SERIAL}\n"), String::new()));
    assert_eq!((runs, scene.now()), (3, 1_700_000_010));
    assert_eq!(scene.devices().0, [SERIAL]);
}

#[test]
fn a_command_may_be_late_or_wait_itself() {
    // Its clock is 7 s behind.
    let (_, told, runs) = enroll(&|app, now| Ok(shown(app, now - 7)));
    told.ended.unwrap();
    assert!((4..=6).contains(&runs), "{runs}");
    // It prints a code once, and waits for the next.
    let next = std::cell::Cell::new(0);
    let (_, told, runs) = enroll(&|app, now| {
        next.set(next.get() + 1);
        Ok(app.code(app.step(now).plus(next.get() - 1)).to_string())
    });
    told.ended.unwrap();
    assert_eq!(runs, 2);
}

#[test]
fn what_it_prints_wrong_is_told_and_leaves_no_device() {
    let fail = |print: &dyn Fn(&Authenticator, i64) -> io::Result<String>| {
        let (scene, told, _) = enroll(print);
        assert_eq!(scene.devices(), (vec![], vec![]));
        assert_eq!(told.out, "");
        let (text, code) = told.failure();
        assert_eq!(code, 1);
        text.strip_suffix(&format!("; device `{SERIAL}` was deleted again")).unwrap().to_owned()
    };
    let always = |app: &Authenticator, _| Ok(shown(app, 1_700_000_000));
    assert_eq!(fail(&always), "the code command prints the same code all the time");
    let hundred = |_: &Authenticator, _| Ok("one hundred".to_owned());
    assert_eq!(fail(&hundred), "of what the code command printed: a code is 6 digits");
    let hour = |app: &Authenticator, now| Ok(shown(app, now - 3600));
    assert!(
        fail(&hour)
            .starts_with("of what the code command printed: that code is right, but 60 min ago")
    );
    let broken = |_: &Authenticator, _| Err(io::Error::other("it ended with exit status: 3"));
    assert_eq!(fail(&broken), "the code command failed: it ended with exit status: 3");
}

#[test]
fn the_shell_gives_the_key_to_the_command() {
    use vmfa_mfa::{Shell, SystemShell};
    let run = |command, file: Option<&Path>| SystemShell.run(command, "MZXW6YTB", file);
    let printed = run("read key; echo \"$key $VMFA_SEED_FILE\"", Some(Path::new("/a b"))).unwrap();
    assert_eq!(*printed, "MZXW6YTB /a b\n");
    assert_eq!(*run("echo 1", None).unwrap(), "1\n");
    // What has no end is not waited for.
    let endless = run("exec yes", None).unwrap_err().to_string();
    assert!(endless.contains("signal"), "{endless}");
    assert_eq!(run("exit 3", None).unwrap_err().to_string(), "it ended with exit status: 3");
}
