//! Whole commands: output, errors, exit code, and the calls that were made.
#![expect(clippy::unwrap_used, reason = "a story ends where something is not so")]

mod aliases;
mod failures;
mod options;
mod values;

use std::sync::{Arc, Mutex};

use vmfa_cli::{CliContext, DebugLog, Terminal};
use vmfa_client::{CallError, Calls, ClientError, Configuration, ConnectionOptions};
use vmfa_iam::{Api, Call};
use vmfa_model::{Blob, Fault, FaultKind, Record, Value};

/// The environment of a command, and the outcome of its calls.
#[derive(Default)]
struct World {
    variables: Vec<(&'static str, String)>,
    /// The fault of every call.
    refusal: Option<Fault>,
    /// Connecting fails.
    trouble: Option<fn() -> ClientError>,
}

/// The result of a command.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    code: u8,
    out: String,
    err: String,
    /// The calls that were made, with their inputs.
    calls: Vec<String>,
}

impl World {
    fn with(variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self { variables: variables.collect(), ..Self::default() }
    }

    fn refusing(kind: FaultKind, message: &'static str) -> Self {
        Self { refusal: Some(Fault::new(kind, message)), ..Self::default() }
    }

    /// Runs a command line, split at spaces.
    fn run(&self, line: &str) -> Came {
        self.words(&line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>())
    }

    fn words(&self, words: &[&str]) -> Came {
        let made = Arc::new(Mutex::new(Vec::new()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let none = [("AWS_CONFIG_FILE", "/none"), ("AWS_SHARED_CREDENTIALS_FILE", "/none")];
        let variable = |name: &str| {
            let set = self.variables.iter().find(|(known, _)| *known == name);
            let unset = none.iter().find(|(known, _)| *known == name);
            set.map(|(_, value)| value.clone()).or(unset.map(|(_, value)| (*value).to_owned()))
        };
        let connect = |_: &Configuration,
                       _: &ConnectionOptions,
                       _: Api|
         -> Result<Box<dyn Calls>, ClientError> {
            if let Some(trouble) = self.trouble {
                return Err(trouble());
            }
            Ok(Box::new(Answering { made: Arc::clone(&made), refusal: self.refusal.clone() }))
        };
        let mut context = CliContext {
            program: "vmfa",
            variable: &variable,
            out: &mut out,
            err: &mut err,
            terminal: Terminal::none(),
            log: Arc::new(DebugLog::silent()),
            pause: &|_| {},
        };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let code = vmfa_cli::run(&words, &connect, &mut context);
        let calls = made.lock().unwrap().clone();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Came { code, out: text(out), err: text(err), calls }
    }
}

/// Runs a command line in the default environment.
fn run(line: &str) -> Came {
    World::default().run(line)
}

/// The message of an invalid command, without the usage. No call is made.
fn wrong(line: &str) -> String {
    message(&run(line))
}

fn message(came: &Came) -> String {
    assert_eq!(came.calls, Vec::<String>::new());
    assert_eq!(came.out, "");
    let message = came.err.split("\n\nusage: ").next().unwrap_or_default();
    let message = message.trim().strip_prefix("vmfa: [ERROR]: ").unwrap_or(message);
    format!("{}: {}", came.code, message.trim_start_matches("An error occurred "))
}

/// Returns a response for every call.
struct Answering {
    made: Arc<Mutex<Vec<String>>>,
    refusal: Option<Fault>,
}

impl Calls for Answering {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let members = call.input.iter().map(|(name, value)| format!("{name}={}", shown(value)));
        let members = members.collect::<Vec<_>>().join(" ");
        self.made.lock().unwrap().push(format!("{} {members}", call.action.name).trim().to_owned());
        if let Some(fault) = &self.refusal {
            return Err(fault.clone().into());
        }
        let text = |text: &str| Value::Text(text.to_owned());
        let device = Record::from_iter([
            ("SerialNumber", text("arn:aws:iam::123456789012:mfa/d")),
            ("Base32StringSeed", Value::Blob(Blob::new(b"SEED".to_vec()))),
            ("QRCodePNG", Value::Blob(Blob::new(b"PNG".to_vec()))),
        ]);
        Ok(match call.action.name {
            "ListUsers" => Record::from_iter([
                ("Users", Value::List(Vec::new())),
                ("IsTruncated", Value::Boolean(false)),
            ]),
            "GetCallerIdentity" => Record::from_iter([("Account", text("123456789012"))]),
            "CreateVirtualMFADevice" => {
                Record::from_iter([("VirtualMFADevice", Value::Structure(device))])
            }
            _ => Record::new(),
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Secret(secret) => secret.expose().to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        Value::Structure(record) => {
            let members = record.iter().map(|(name, value)| format!("{name}={}", shown(value)));
            format!("({})", members.collect::<Vec<_>>().join(" "))
        }
        other => format!("{other:?}"),
    }
}
