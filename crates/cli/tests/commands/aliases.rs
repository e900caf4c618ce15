//! Aliases.

use crate::{Came, World, message};

const FILE: &str = r#"
[toplevel]
whoami = sts get-caller-identity --query Arn
users = iam list-users --output text
nested = users --path-prefix '/a b/'
iam = iam --region eu-west-1
fail = !exit 3 ;
show = !test "$1" != x && f() { test "$*" = "a b c'd"; }; f
lost = nothing
round = trip
trip = round
self = self
loud = iam list-users --debug
open = iam 'list
[command iam]
ls = list-users --output text
list-users = list-users --path-prefix /p/
again = ls --path-prefix /q/
run = !exit 4 ;
round = round
[command iam wait]
u = user-exists --user-name alice
[command sts]
me = get-caller-identity
"#;

fn run(words: &[&str]) -> Came {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws/cli")).unwrap();
    std::fs::write(home.path().join(".aws/cli/alias"), FILE).unwrap();
    World::with(&[("HOME", home.path().to_str().unwrap())]).words(words)
}

fn calls(line: &str) -> Vec<String> {
    let came = run(&line.split(' ').collect::<Vec<_>>());
    assert_eq!((came.code, came.err.as_str()), (0, ""), "{line}");
    came.calls
}

#[test]
fn an_alias_stands_for_words_of_a_command() {
    for (line, call) in [
        ("users", "ListUsers PathPrefix=/p/"),
        ("users --path-prefix /b/", "ListUsers PathPrefix=/b/"),
        ("iam ls", "ListUsers PathPrefix=/p/"),
        ("iam again", "ListUsers PathPrefix=/q/"),
        ("iam again --path-prefix /b/", "ListUsers PathPrefix=/b/"),
        // In an alias of its own name, the name means the command.
        ("iam list-users", "ListUsers PathPrefix=/p/"),
        ("iam list-users --path-prefix /b/", "ListUsers PathPrefix=/b/"),
        ("sts me", "GetCallerIdentity"),
        ("iam wait u", "GetUser UserName=alice"),
    ] {
        assert_eq!(calls(line), [call], "{line}");
    }
    assert_eq!(calls("nested"), ["ListUsers PathPrefix=/a b/"]);
    let arn = run(&["whoami"]).out;
    assert_eq!(arn, World::default().run("sts get-caller-identity --query Arn").out);
}

#[test]
fn an_alias_may_be_a_shell_command() {
    assert_eq!(run(&["fail", "more"]).code, 3);
    assert_eq!(run(&["iam", "run", "--x"]).code, 4);
    assert_eq!(run(&["show", "--output", "text", "a", "b", "c'd"]).code, 0);
    assert_eq!(run(&["show", "a", "b"]).code, 1);
}

#[test]
fn invalid_aliases_are_reported() {
    for (word, problem) in [
        ("lost", "Found invalid choice 'nothing'"),
        ("round", "expands to itself"),
        ("self", "alias `self` expands to itself"),
        (
            "open",
            "Value of alias \"open\" could not be parsed. Received error: No closing quotation",
        ),
        (
            "loud",
            "Global parameter \"--debug\" detected in alias \"loud\" which is not supported in \
             subcommand aliases.",
        ),
    ] {
        let came = run(&[word]);
        let text = message(&came);
        assert!(text.contains(problem), "{word}: {text}");
        assert_eq!(came.calls, Vec::<String>::new());
    }
    assert!(message(&run(&["iam", "round"])).contains("alias `round` expands to itself"));
}

#[test]
fn aliases_are_recognised_as_commands() {
    let home = tempfile::tempdir().unwrap();
    let variable = |name: &str| (name == "HOME").then(|| home.path().to_str().unwrap().to_owned());
    let known =
        |word: &str| vmfa_cli::recognises(&[word.to_owned()], |name| name == "mfa", &variable);
    assert!(known("iam") && !known("mfa") && !known("whoami"));
    let help = |word: &str| {
        let words = ["help", word].map(str::to_owned);
        vmfa_cli::recognises(&words, |name| name == "mfa", &variable)
    };
    assert!(help("iam") && help("nope") && !help("mfa"), "help on vmfa's own commands is its own");
    std::fs::create_dir_all(home.path().join(".aws/cli")).unwrap();
    std::fs::write(home.path().join(".aws/cli/alias"), FILE).unwrap();
    assert!(known("whoami") && !known("mfa") && !known("other"));
}
