//! Any value, as shorthand.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vmfa_cli::fuzzing::shorthand;

fuzz_target!(|text: &str| {
    let members = match shorthand(text) {
        Ok(members) => members,
        Err(refused) => return assert!(!refused.is_empty()),
    };
    let again = shorthand(&written(&members)).expect("what is quoted is read");
    assert!(again == members);
});

/// All words in quotes, all lists in brackets.
fn written(members: &Map<String, Value>) -> String {
    let members = members.iter().map(|(key, member)| format!("{key}={}", value(member)));
    members.collect::<Vec<_>>().join(",")
}

fn value(of: &Value) -> String {
    match of {
        Value::Array(values) => {
            format!("[{}]", values.iter().map(value).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => format!("{{{}}}", written(members)),
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        other => panic!("{other} is none of what shorthand has"),
    }
}
