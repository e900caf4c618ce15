//! Completions and manual pages contain every command and option.

use std::{
    collections::HashSet,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use vmfa_cli::catalogue::{CommandEntry, global_options, services};

use crate::support::Home;

/// All commands derived from the action table, by their words.
fn commands() -> Vec<(String, CommandEntry)> {
    let mut commands = Vec::new();
    for service in services() {
        let named = |listed: CommandEntry| (format!("{} {}", service.name, listed.name), listed);
        commands.extend(service.commands.into_iter().map(named));
        let waiting =
            |listed: CommandEntry| (format!("{} wait {}", service.name, listed.name), listed);
        commands.extend(service.waiters.into_iter().map(waiting));
    }
    commands
}

#[test]
fn bash_completes_every_option_of_every_command() {
    let home = Home::new();
    fs::write(home.path().join("script"), home.ok(&["completions", "bash"])).unwrap();
    // Completes `--` after each command, as bash does when Tab is pressed.
    let asks = r#"
        . ./script
        while read -ra words; do
            COMP_WORDS=(vmfa "${words[@]}" --) COMP_CWORD=$((${#words[@]} + 1))
            _vmfa vmfa -- "${words[-1]}"
            echo "${COMPREPLY[*]}"
        done
    "#;
    let own = [
        "serve",
        "account",
        "mfa enroll",
        "mfa code",
        "mfa verify-clock",
        "sql",
        "man",
        "configure get",
    ];
    let commands = commands();
    let words = commands.iter().map(|(words, _)| words.as_str()).chain(own);
    let words: Vec<&str> = words.collect();
    let mut bash = Command::new("bash")
        .args(["--norc", "-c", asks])
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = bash.stdin.take().unwrap();
    let lines = words.join("\n");
    let writer = std::thread::spawn(move || writeln!(asked, "{lines}"));
    let answers = String::from_utf8(bash.wait_with_output().unwrap().stdout).unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<HashSet<&str>> = answers.lines().map(|l| l.split(' ').collect()).collect();
    assert_eq!(answers.len(), words.len());
    for ((words, command), offered) in commands.iter().zip(&answers) {
        for option in command.options.iter().chain(&global_options()) {
            let option = format!("--{}", option.name);
            assert!(offered.contains(&*option), "`vmfa {words}` has no {option}: {offered:?}");
        }
    }
    let enroll = words.iter().position(|words| *words == "mfa enroll").unwrap();
    assert!(answers[enroll].contains("--code-command"), "{:?}", answers[enroll]);
}

#[test]
fn zsh_and_fish_complete_every_option_of_every_command() {
    let home = Home::new();
    for (shell, written) in [("zsh", "'--"), ("fish", "-l ")] {
        let script = home.ok(&["completions", shell]);
        for (words, command) in commands() {
            let name = words.rsplit(' ').next().unwrap();
            assert!(script.contains(name), "{shell}: {words}");
            for option in command.options {
                assert!(script.contains(&format!("{written}{}", option.name)), "{shell}: {words}");
            }
        }
        if let Ok(checked) = check(shell, &script) {
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::new();
    assert_eq!(home.ok(&["man", "pages/man1"]), "");
    let pages = home.path().join("pages/man1");
    for (words, command) in commands() {
        let page = fs::read_to_string(pages.join(format!("vmfa-{}.1", words.replace(' ', "-"))));
        let page = page.unwrap_or_else(|error| panic!("{words}: {error}")).replace("\\-", "-");
        for option in command.options.iter().chain(&global_options()) {
            assert!(page.contains(&format!("--{}", option.name)), "{words}: {}", option.name);
        }
    }
    let top = fs::read(pages.join("vmfa.1")).unwrap();
    assert_eq!(top, home.ok(&["man"]).as_bytes());
    for page in fs::read_dir(&pages).unwrap() {
        let page = page.unwrap().path();
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.is_ascii(), "{}", page.display());
        // Every page that a page refers to exists.
        for named in text.replace("\\-", "-").lines().filter_map(|line| line.strip_suffix("(1)")) {
            assert!(pages.join(format!("{named}.1")).exists(), "{} names {named}", page.display());
        }
        // groff, where it is installed, reports no warning.
        if let Ok(done) = Command::new("groff").args(["-man", "-ww", "-z"]).arg(&page).output() {
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success() && said.is_empty(), "{}: {said}", page.display());
        }
    }
}

#[test]
fn help_lists_all_commands() {
    let help = Home::new().ok(&["--help"]);
    for name in ["serve", "account", "mfa", "sql", "completions", "man", "iam", "sts"] {
        assert!(help.lines().any(|line| line.starts_with(&format!("  {name} "))), "{name}: {help}");
    }
}

/// Has a shell parse a script without running it; an error where that shell is not installed.
fn check(shell: &str, script: &str) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().unwrap();
    input.write_all(script.as_bytes())?;
    drop(input);
    child.wait_with_output()
}
