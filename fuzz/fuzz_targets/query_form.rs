//! Any query string and body, as the input of every action.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmfa_iam::{Call, actions};
use vmfa_query::request::{Parameters, action, form, input};

fuzz_target!(|data: (&str, &[u8])| {
    let (query, body) = data;
    let Ok(parameters) = Parameters::read(query, body) else { return };
    let _ = action(&parameters);
    for row in actions() {
        let Ok(record) = input(row, &parameters) else { continue };
        let first = form(&Call { action: row, input: record });
        let again = Parameters::read(&first, b"").expect("our own form is UTF-8");
        assert!(std::ptr::eq(action(&again).expect("our own form names the action"), row));
        // A form cannot hold null elements: a list with many of them is too sparse to be read again.
        let Ok(record) = input(row, &again) else { continue };
        assert!(*first == *form(&Call { action: row, input: record }));
    }
});
