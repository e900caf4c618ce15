//! Recorded expressions with the results and errors of jmespath.py.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read its recordings has failed"
)]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use vmfa_jmespath::Expression;

#[test]
fn errors_are_those_of_jmespath_py() {
    let document = json!({"a": [1, 2], "b": {"c": "d"}, "foo": null});
    let recordings = lines("jmespath-errors.jsonl");
    assert_eq!(recordings.len(), 57);
    for recording in recordings {
        let text = recording["expr"].as_str().unwrap();
        let compiled = Expression::compile(text);
        if let Some(class) = recording["err"].as_str() {
            let error = compiled.expect_err(text);
            assert_eq!(error.class(), class, "{text}");
            assert_eq!(error.to_string(), recording["msg"], "{text}");
            continue;
        }
        let answer = compiled.expect(text).search(&document);
        if let Some(class) = recording["runtime_err"].as_str() {
            let error = answer.expect_err(text);
            assert_eq!(error.class(), class, "{text}");
            assert_eq!(error.to_string(), recording["msg"], "{text}");
        } else if let Some((before, _)) = address(&recording["result"]) {
            // The address of an object in the recorder's memory.
            let answer = answer.expect(text);
            assert_eq!(address(&answer).map(|(before, _)| before), Some(before), "{text}");
        } else {
            assert_eq!(answer.expect(text), recording["result"], "{text}");
        }
    }
}

#[test]
fn the_recorded_queries_compile() {
    let mut queries = 0;
    for recording in lines("paged.jsonl") {
        if let Some(query) = recording["query"].as_str() {
            queries += 1;
            Expression::compile(query).expect(query);
        }
    }
    for recording in lines("cases.jsonl") {
        let words: Vec<&str> =
            recording["argv"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for pair in words.windows(2) {
            let &["--query", query] = pair else { continue };
            queries += 1;
            let refused = recording["stderr"].as_str().unwrap().contains("Bad value for --query");
            match Expression::compile(query) {
                Ok(_) => assert!(!refused, "{query}"),
                Err(error) => {
                    assert!(recording["stderr"].as_str().unwrap().contains(&error.to_string()));
                }
            }
        }
    }
    assert!(queries > 100, "{queries}");
}

/// The cases of the JMESPath project are not part of this repository.
#[test]
fn the_compliance_tests_of_jmespath_pass() {
    #[expect(clippy::disallowed_methods, reason = "where the cases are is this test's own matter")]
    let named = std::env::var_os("VMFA_JMESPATH_CASES").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden/jmespath");
    let (must, folder) = named.map_or_else(|| (false, beside()), |folder| (true, folder));
    if !must && !folder.exists() {
        // Directly, since the harness hides the output of passing tests.
        let skipped = "skipped: the JMESPath project's cases, which VMFA_JMESPATH_CASES names\n";
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    }
    let mut met = 0;
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let suites: Vec<Value> = serde_json::from_str(&text).unwrap();
        for suite in &suites {
            for case in suite["cases"].as_array().unwrap() {
                meets(&suite["given"], case);
                met += 1;
            }
        }
    }
    assert!(met > 800, "{met} cases");
}

fn meets(given: &Value, case: &Value) {
    let text = case["expression"].as_str().unwrap();
    let answer = Expression::compile(text).and_then(|compiled| compiled.search(given));
    let Some(error) = case["error"].as_str() else {
        // As in the tests of jmespath.py, 1 equals 1.0.
        assert!(same(&answer.expect(text), &case["result"]), "{text}");
        return;
    };
    let class = answer.expect_err(text).class();
    let expected: &[&str] = match error {
        "syntax" => {
            &["ParseError", "LexerError", "IncompleteExpressionError", "EmptyExpressionError"]
        }
        "invalid-arity" => &["ArityError", "VariadictArityError"],
        "invalid-type" => &["JMESPathTypeError"],
        "invalid-value" => &["ValueError"],
        "unknown-function" => &["UnknownFunctionError"],
        other => panic!("an error of no known kind: {other}"),
    };
    assert!(expected.contains(&class), "{text}: {class}");
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|it| same(one, it)))
        }
        _ => one == other,
    }
}

fn address(value: &Value) -> Option<(&str, &str)> {
    value.as_str()?.split_once(" at 0x")
}

fn lines(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name);
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
