//! Any expression, asked of any document.
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
    // A limit that ends quickly what doubles its answer with every few characters.
    let answer = compiled.search_within(&document, 1 << 16);
    assert!(answer == compiled.clone().search_within(&document, 1 << 16));
    if let Err(refused) = answer {
        let _ = refused.to_string();
    }
});
