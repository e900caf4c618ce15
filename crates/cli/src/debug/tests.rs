//! `--debug` shows no secret of any action, however it is given.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Action, Call, actions};
use vmfa_model::{Blob, Record, Secret, Shape, StructureShape, Timestamp, Value};

use super::*;
use crate::{
    CliContext, Terminal,
    command::{OptionTarget, kebab, parameters},
};

/// Shorter than some secrets may be, which only a service checks; unlike any other word of the
/// output.
const SECRET: &str = "Zebra7";

/// Returns a secret in every secret member.
struct SecretCalls;

impl Calls for SecretCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        Ok(call.action.output().map(filled).unwrap_or_default())
    }
}

fn filled(shape: &StructureShape) -> Record {
    shape.members.iter().map(|member| (member.name, value(&member.shape))).collect()
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Text(text) if text.secret => Value::Secret(Secret::new(SECRET.to_owned())),
        Shape::Text(_) => Value::Text("shown".to_owned()),
        Shape::Integer(_) => Value::Integer(1),
        // Otherwise a list would not end.
        Shape::Boolean => Value::Boolean(false),
        Shape::Time => Value::Time(Timestamp::from_unix(0)),
        Shape::Blob => Value::Blob(Blob::new(SECRET.as_bytes().to_vec())),
        Shape::List(list) => Value::List(vec![value(&list.element)]),
        Shape::Structure(shape) => Value::Structure(filled(shape)),
        Shape::Map(shape) => Value::Map(vec![("key".to_owned(), value(shape))]),
    }
}

/// The output of `--debug` and the exit code.
fn debugged(words: &[String]) -> (String, u8) {
    let lines = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&lines);
    let now = || WallTime { milliseconds: 0, offset: 0 };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut context = CliContext {
        program: "vmfa",
        variable: &|_| None,
        out: &mut out,
        err: &mut err,
        terminal: Terminal::none(),
        log: Arc::new(DebugLog::new(move |line| sink.lock().unwrap().push_str(line), now)),
        pause: &|_| {},
    };
    let code = crate::run(words, &|_, _, _| Ok(Box::new(SecretCalls)), &mut context);
    let mut lines = lines.lock().unwrap().clone();
    write!(lines, "{}", String::from_utf8_lossy(&err)).unwrap();
    (lines, code)
}

/// The required options of an action and all that may hold a secret; `join` attaches a value to its
/// option.
fn words(action: &'static Action, home: &std::path::Path, join: &str) -> Vec<String> {
    let mut words = vec!["--debug".to_owned(), action.api.name().to_owned(), kebab(action.name)];
    for parameter in parameters(action) {
        let name = parameter.flag.name.clone();
        let value = match parameter.target {
            OptionTarget::Member(member) if is_secret(&member.shape) => {
                words.extend(format!("{name}{join}{SECRET}").split(' ').map(str::to_owned));
                continue;
            }
            _ if !parameter.required => continue,
            OptionTarget::Member(member) => match member.shape {
                Shape::List(_) => "Key=a,Value=b".to_owned(),
                Shape::Text(text) => text.values.first().map_or(ARN, |value| value).to_owned(),
                _ => "1".to_owned(),
            },
            OptionTarget::Outfile => home.join("secret").to_string_lossy().into_owned(),
            OptionTarget::Method(fields) => {
                fields.first().map(|field| (*field).to_owned()).unwrap()
            }
            _ => continue,
        };
        words.extend([name.into_owned(), value]);
    }
    words
}

#[test]
fn lines_are_those_of_pythons_logging() {
    let lines = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&lines);
    let now = || WallTime { milliseconds: 1_700_000_000_042, offset: -3_600 };
    let log = DebugLog::new(move |line| sink.lock().unwrap().push_str(line), now);
    log.note("a", "not yet");
    log.turn_on();
    let words = ["iam", "it's", "--token-code", "123456"].map(str::to_owned);
    log.begin("vmfa 1.0\n", &words);
    insta::assert_snapshot!(lines.lock().unwrap(), @r#"
    2023-11-14 21:13:20,042 - MainThread - awscli.clidriver - DEBUG - CLI version: vmfa 1.0
    2023-11-14 21:13:20,042 - MainThread - awscli.clidriver - DEBUG - Arguments entered to CLI: ['iam', "it's", '--token-code', '*****']
    "#);
}

#[test]
fn debug_lines_hide_the_secrets_of_all_actions() {
    let home = tempfile::tempdir().unwrap();
    let mut with_secrets = 0;
    for action in actions() {
        let gives = action.input.members.iter().any(|member| is_secret(&member.shape));
        let returns = action.output().is_some_and(|shape| is_secret(&Shape::Structure(shape)));
        for join in [" ", "="] {
            let words = words(action, home.path(), join);
            let (lines, code) = debugged(&words);
            assert_eq!(code, 0, "{words:?}: {lines}");
            assert!(lines.contains(&format!("Calling {} with: {{", action.name)), "{lines}");
            assert!(!lines.contains(SECRET), "{lines}");
            assert_eq!(lines.contains(STRUCK), gives || returns, "{words:?}: {lines}");
            with_secrets += usize::from(gives || returns);
        }
    }
    assert!(with_secrets >= 8, "only {with_secrets} commands have secrets");
}

#[test]
fn debug_lines_hide_secrets_in_documents_and_after_wrong_words() {
    let input = |code: &str| format!(r#"{{"UserName": "bob", "AuthenticationCode1": "{code}"}}"#);
    let line = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        debugged(&words).0
    };
    for option in ["--cli-input-json", "--cli-input-yaml", "--cli-input-j"] {
        let lines = line(&["--debug", "iam", "enable-mfa-device", option, &input("778899")]);
        assert!(lines.contains("Arguments entered to CLI") && !lines.contains("778899"), "{lines}");
    }
    let begins = ["--debug", "iam", "resync-mfa-device", "--user-name", "bob"];
    for wrong in ["--authentication-code1=778899", "--authentication-code-1", "--authent"] {
        let lines = line(&[&begins[..], &[wrong, "778899"]].concat());
        let arguments = lines.lines().find(|line| line.contains("Arguments entered")).unwrap();
        assert!(arguments.contains(STRUCK) && !arguments.contains("778899"), "{lines}");
    }
}

const ARN: &str = "arn:aws:iam::123456789012:mfa/x";
