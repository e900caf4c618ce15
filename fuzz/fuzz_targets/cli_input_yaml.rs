//! Any document, as `--cli-input-yaml`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vmfa_cli::fuzzing::{json, yaml};

fuzz_target!(|text: &str| {
    let members = match yaml(text) {
        Ok(members) => members,
        Err(refused) => return assert!(!refused.is_empty()),
    };
    let again = json(&Value::Object(members.clone()).to_string()).expect("a value is JSON");
    assert!(again.keys().eq(members.keys()));
});
