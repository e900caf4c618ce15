//! Any text as a pagination token, and any JSON in one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vmfa_cli::fuzzing::{token, written_token};

fuzz_target!(|data: (&str, &str)| {
    let (text, json) = data;
    survives(text);
    if let Ok(members) = serde_json::from_str::<Map<String, Value>>(json) {
        survives(&written_token(&members));
    }
});

fn survives(text: &str) {
    let (members, skip) = match token(text) {
        Ok(read) => read,
        Err(refused) => return assert!(!refused.is_empty()),
    };
    let marker = members.get("Marker").filter(|marker| marker.is_string()).cloned();
    let (Some(marker), Some(skip)) = (marker, skip) else { return };
    let mut members = Map::from_iter([("Marker".to_owned(), marker)]);
    let plain = written_token(&members);
    assert!(token(&plain) == Ok((members.clone(), Some(0))));
    let same = members.clone();
    members.insert("boto_truncate_amount".to_owned(), skip.into());
    assert!(token(&written_token(&members)) == Ok((same, Some(skip))));
}
