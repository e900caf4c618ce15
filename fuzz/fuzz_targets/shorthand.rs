//! Any text as shorthand syntax.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vmfa_cli::fuzzing::shorthand;

fuzz_target!(|text: &str| {
    let members = match shorthand(text) {
        Ok(members) => members,
        Err(refused) => return assert!(!refused.is_empty()),
    };
    let again = shorthand(&written(&members)).expect("quoted values can be read");
    assert!(again == members);
});

/// Writes all texts in quotes and all lists in brackets.
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
        other => panic!("shorthand has no {other}"),
    }
}
