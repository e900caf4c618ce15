//! Names, comments, messages and documents avoid words that stand in for a more precise one.
//! CONTRIBUTING.md has the rule.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot read the repository")]

use std::{fmt::Write as _, fs, path::Path, process::Command};

/// Each form with what to write in its place.
const BANNED: &[(&str, &str)] = &[
    ("whoever", "the actor: the caller, the user, the client"),
    ("nobody", "the actor: no caller, no reader; of a device: unassigned"),
    ("somebody", "the actor: a caller, a user, another process"),
    ("anybody", "the actor: any caller, every user"),
    ("is told", "receives, reads, gets"),
    ("are told", "receive, read, get"),
    ("tells of", "reports, names"),
    ("what is yet to", "the rest, pending"),
    ("is to be had", "is available"),
    ("anew", "again"),
    ("is no more", "does not exist, no longer"),
    ("works no more", "no longer works"),
    ("so many", "the number, or `this many`"),
    ("for ever", "without limit, permanently"),
    ("in vain", "without effect, fails"),
    ("dear", "expensive"),
    ("not responsible", "`Not here: X (see `path`).`"),
    ("hinge", "the field's noun"),
    ("weather", "the field's noun"),
    ("riddance", "the field's noun"),
    ("of one's own", "separate, private"),
    ("of its own accord", "without a request"),
    ("be it", "whether … or"),
    ("lest", "so that … not"),
];

/// Directories and files that are not checked.
const EXEMPT: &[&str] = &[
    "crates/sql/",
    // Lists the forms.
    "crates/vmfa/tests/words.rs",
    // Recorded from AWS, botocore and the AWS CLI.
    "tests/golden/",
];

/// Lines with one of these quote AWS, botocore, the AWS CLI, StackQL, PostgreSQL or SQLite.
const QUOTED: &[&str] = &["#[aws ="];

#[test]
fn no_text_has_a_banned_form() {
    let mut found = String::new();
    for file in files() {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        for (line, form, instead) in hits(&text, ending(&file) == Some("md")) {
            writeln!(found, "{file}:{line}: `{form}`; write {instead}").unwrap();
        }
    }
    assert!(found.is_empty(), "name the actor and the field's noun:\n{found}");
}

#[test]
fn forms_are_found_in_names_across_lines_and_in_any_case() {
    let found = |text: &str| -> Vec<(usize, &str)> {
        hits(text, false).into_iter().map(|(line, form, _)| (line, form)).collect()
    };
    assert_eq!(found("// Nobody\nfn f_for_nobody() {}"), [(1, "nobody"), (2, "nobody")]);
    assert_eq!(found("/// The caller is\n/// told."), [(2, "is told")]);
    assert_eq!(found("\"works \\\n   no more\""), [(2, "works no more")]);
    assert_eq!(found("as it must be. It is; is there no more; endear"), []);
    assert_eq!(found("#[aws = \"whoever\"]"), []);
    assert_eq!(hits("Avoid `whoever`.", true), []);
}

/// The forms in a text, each with its line and what to write instead. Words are joined across line
/// breaks, comment markers and underscores, but not across punctuation. Inline code of Markdown is
/// skipped.
fn hits(text: &str, markdown: bool) -> Vec<(usize, &'static str, &'static str)> {
    // The words since the last punctuation.
    let mut run: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if QUOTED.iter().any(|quoted| line.contains(quoted)) {
            continue;
        }
        let mut is_code = false;
        let mut word = String::new();
        for character in line.chars().chain(['\n']) {
            is_code ^= markdown && character == '`';
            if !is_code && (character.is_alphanumeric() || character == '\'') {
                word.extend(character.to_lowercase());
                continue;
            }
            if !word.is_empty() {
                run.push(std::mem::take(&mut word));
                let ending = BANNED.iter().filter(|(form, _)| ends_with(&run, form));
                found.extend(ending.map(|(form, instead)| (number, *form, *instead)));
            }
            if !matches!(character, ' ' | '\n' | '\t' | '_' | '/' | '!' | '#' | '*' | '\\' | '>') {
                run.clear();
            }
        }
    }
    found
}

fn ends_with(words: &[String], form: &str) -> bool {
    let mut words = words.iter().rev();
    form.rsplit(' ').all(|word| words.next().is_some_and(|last| last == word))
}

/// The source files, documents and scripts of the repository.
fn files() -> Vec<String> {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let done = Command::new("git").args(listed).current_dir(root()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let names = String::from_utf8(done.stdout).unwrap();
    let checked = names.lines().filter(|name| {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let is_script = matches!(folder, "scripts" | ".ci") && !file.contains('.');
        let known = ["rs", "md", "py", "sh", "toml"];
        let is_text = ending(file).is_some_and(|ending| known.contains(&ending));
        (is_text || is_script) && !EXEMPT.iter().any(|exempt| name.starts_with(exempt))
    });
    // A file that was deleted and not committed yet is still listed.
    checked.map(str::to_owned).filter(|name| root().join(name).exists()).collect()
}

fn ending(file: &str) -> Option<&str> {
    file.rsplit_once('.').map(|(_, ending)| ending)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
