//! `vmfa mfa enroll --code-command`.

use std::{fs, io, path::Path};

use vmfa_otp::{Authenticator, base32};

use crate::fixture::{Commands, Fixture, Outcome};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

fn app(seed: &str) -> Authenticator {
    Authenticator::new(&base32::decode(seed).unwrap())
}

/// Enrols without a terminal; the code command prints what `print` returns for a key and a time.
fn enroll(print: &dyn Fn(&Authenticator, i64) -> io::Result<String>) -> (Fixture, Outcome, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed");
    let mut fixture = Fixture::with(&[]);
    fixture.person.interactive = false;
    let (mut runs, clock) = (0, std::sync::Arc::clone(&fixture.test.clock));
    let command = Commands::print(|command, seed, at: Option<&Path>| {
        runs += 1;
        assert_eq!((command, at), ("my codes", Some(&*file)));
        assert_eq!(fs::read_to_string(&file).unwrap().trim_end(), seed);
        print(&app(seed), clock.unix())
    });
    let path = file.to_str().unwrap().to_owned();
    let words =
        ["enroll", "--user-name", "alice", "--seed-file", &path, "--code-command", "my codes"];
    let outcome = fixture.run_with(&words, &command);
    drop(command);
    assert_eq!(file.exists(), outcome.result.is_ok());
    (fixture, outcome, runs)
}

fn shown(app: &Authenticator, now: i64) -> String {
    app.code(app.step(now)).to_string()
}

#[test]
fn the_command_is_repeated_in_the_next_period() {
    let (fixture, outcome, runs) = enroll(&|app, now| Ok(format!("{}\n", shown(app, now))));
    outcome.result.unwrap();
    assert_eq!((outcome.out, outcome.printed), (format!("{SERIAL}\n"), String::new()));
    assert_eq!((runs, fixture.now()), (3, 1_700_000_010));
    assert_eq!(fixture.devices().0, [SERIAL]);
}

#[test]
fn the_command_may_have_a_late_clock_or_wait_itself() {
    // Its clock is 7 s behind.
    let (_, outcome, runs) = enroll(&|app, now| Ok(shown(app, now - 7)));
    outcome.result.unwrap();
    assert!((4..=6).contains(&runs), "{runs}");
    // It prints a code once, and waits for the next.
    let next = std::cell::Cell::new(0);
    let (_, outcome, runs) = enroll(&|app, now| {
        next.set(next.get() + 1);
        Ok(app.code(app.step(now).plus(next.get() - 1)).to_string())
    });
    outcome.result.unwrap();
    assert_eq!(runs, 2);
}

#[test]
fn wrong_output_is_reported_and_the_device_deleted() {
    let fail = |print: &dyn Fn(&Authenticator, i64) -> io::Result<String>| {
        let (fixture, outcome, _) = enroll(print);
        assert_eq!(fixture.devices(), (vec![], vec![]));
        assert_eq!(outcome.out, "");
        let (text, code) = outcome.failure();
        assert_eq!(code, 1);
        text.strip_suffix(&format!("; deleted device `{SERIAL}`")).unwrap().to_owned()
    };
    let always = |app: &Authenticator, _| Ok(shown(app, 1_700_000_000));
    assert_eq!(fail(&always), "the code command keeps printing the same code");
    let hundred = |_: &Authenticator, _| Ok("one hundred".to_owned());
    assert_eq!(fail(&hundred), "the code command printed a wrong code: a code has 6 digits");
    let hour = |app: &Authenticator, now| Ok(shown(app, now - 3600));
    assert!(fail(&hour).starts_with(
        "the code command printed a wrong code: that code is valid 60 min ago, not now"
    ));
    let broken = |_: &Authenticator, _| Err(io::Error::other("exit status: 3"));
    assert_eq!(fail(&broken), "the code command failed: exit status: 3");
}

#[test]
fn the_shell_passes_the_key_to_the_command() {
    use vmfa_mfa::{Shell, SystemShell};
    let run = |command, file: Option<&Path>| SystemShell.run(command, "MZXW6YTB", file);
    let printed = run("read key; echo \"$key $VMFA_SEED_FILE\"", Some(Path::new("/a b"))).unwrap();
    assert_eq!(*printed, "MZXW6YTB /a b\n");
    assert_eq!(*run("echo 1", None).unwrap(), "1\n");
    // Endless output ends the command.
    let endless = run("exec yes", None).unwrap_err().to_string();
    assert!(endless.contains("signal"), "{endless}");
    assert_eq!(run("exit 3", None).unwrap_err().to_string(), "exit status: 3");
}
