//! Any expression, evaluated on any document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmfa_jmespath::Expression;

fuzz_target!(|data: (&str, &str)| {
    let (expression, document) = data;
    let document = serde_json::from_str(document).unwrap_or_default();
    let compiled = match Expression::compile(expression) {
        Ok(compiled) => compiled,
        Err(refused) => return assert!(!refused.to_string().is_empty()),
    };
    // A low limit: every few characters of an expression can double its result.
    let result = compiled.search_within(&document, 1 << 16);
    assert!(result == compiled.clone().search_within(&document, 1 << 16));
    if let Err(refused) = result {
        let _ = refused.to_string();
    }
});
