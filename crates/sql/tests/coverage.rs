//! Walks the action table: SQL reaches every name that the table has for it.
#![cfg(test)]

use std::sync::{Arc, Mutex};

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Call, SqlVerb, actions};
use vmfa_model::{Fault, FaultKind, Record, Shape, StructureShape};
use vmfa_sql::{Format, Look, Setting};

/// Notes the calls, and refuses them all.
#[derive(Default)]
struct Refusing(Mutex<Vec<Call>>);

impl Calls for Refusing {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.0.lock().unwrap().push(call);
        Err(CallError::Refused(Fault::without_message(FaultKind::AccessDenied)))
    }
}

/// The calls of a query, with their parameters, and what it said.
fn calls_of(query: &str) -> (Vec<String>, String) {
    let door = Arc::new(Refusing::default());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let calls: Arc<dyn Calls> = door.clone();
    let look = Look { format: Format::Json, ..Look::default() };
    vmfa_sql::run(query, look, Setting::new(calls), &mut out, &mut err).unwrap();
    let calls = door.0.lock().unwrap();
    let told = |call: &Call| {
        let names: Vec<&str> = call.input.iter().map(|(name, _)| name).collect();
        format!("{}({})", call.action.name, names.join(","))
    };
    (calls.iter().map(told).collect(), String::from_utf8(err).unwrap())
}

/// A literal of that shape.
fn literal(shape: &Shape) -> String {
    match shape {
        Shape::Integer(_) => "1".to_owned(),
        Shape::Boolean => "true".to_owned(),
        Shape::Time => "'2026-01-31T00:00:00Z'".to_owned(),
        Shape::List(_) => "'[]'".to_owned(),
        Shape::Structure(_) | Shape::Map(_) => "'{}'".to_owned(),
        Shape::Text(_) | Shape::Blob => "'AQI='".to_owned(),
    }
}

fn all_of(input: &StructureShape) -> String {
    let names: Vec<&str> = input.members.iter().map(|member| member.name).collect();
    names.join(",")
}

#[test]
fn exec_reaches_every_method_with_every_parameter() {
    for action in actions() {
        for sql in action.sql {
            for &(resource, method) in [(sql.resource, sql.method)].iter().chain(sql.also) {
                for service in ["iam", "iam_api"] {
                    let parameter = |member: &vmfa_model::Member| {
                        format!("@{} = {}", member.name, literal(&member.shape))
                    };
                    let parameters: Vec<String> =
                        action.input.members.iter().map(parameter).collect();
                    let parameters = parameters.join(", ");
                    let query = format!("EXEC aws.{service}.{resource}.{method} {parameters}");
                    let expected = format!("{}({})", action.name, all_of(action.input));
                    assert_eq!(calls_of(&query), (vec![expected], "AccessDenied\n".to_owned()));
                }
            }
        }
    }
}

#[test]
fn every_action_is_reached_by_its_verb_and_what_it_requires() {
    for action in actions() {
        for sql in action.sql {
            let required: Vec<_> = action
                .input
                .members
                .iter()
                .filter(|member| member.required || sql.required.contains(&member.name))
                .collect();
            let path = format!("aws.{}.{}", sql.service, sql.resource);
            let pairs: Vec<String> = required
                .iter()
                .map(|member| format!("\"{}\" = {}", member.name, literal(&member.shape)))
                .collect();
            let filter = match pairs.as_slice() {
                [] => String::new(),
                pairs => format!("WHERE {}", pairs.join(" AND ")),
            };
            let names: Vec<String> =
                required.iter().map(|member| format!("\"{}\"", member.name)).collect();
            let values: Vec<String> =
                required.iter().map(|member| literal(&member.shape)).collect();
            let query = match sql.verb {
                SqlVerb::Select => format!("SELECT * FROM {path} {filter}"),
                SqlVerb::Insert if names.is_empty() => {
                    format!("INSERT INTO {path} (region) VALUES ('us-east-1')")
                }
                SqlVerb::Insert => format!(
                    "INSERT INTO {path} ({}) VALUES ({})",
                    names.join(", "),
                    values.join(", ")
                ),
                SqlVerb::Update => format!("UPDATE {path} SET {}", pairs.join(", ")),
                SqlVerb::Delete => format!("DELETE FROM {path} {filter}"),
                SqlVerb::Exec => continue,
            };
            let (calls, said) = calls_of(&query);
            let mut expected: Vec<_> = required.iter().map(|member| member.name).collect();
            if sql.verb == SqlVerb::Select && action.paged().is_some() {
                // Pages as large as they may be.
                expected.push("MaxItems");
            }
            let expected = expected.join(",");
            assert_eq!(calls, [format!("{}({expected})", action.name)], "{query}: {said}");
        }
    }
}

mod anything {
    use proptest::prelude::*;

    use super::calls_of;

    /// What statements are made of, and what upsets them.
    const WORDS: &[&str] = &[
        "SELECT",
        "*",
        "FROM",
        "aws.iam.users",
        "aws.iam_api.mfa_devices",
        "WHERE",
        "UserName",
        "user_name",
        "=",
        "'a'",
        "IN",
        "(",
        ")",
        ",",
        ";",
        "AND",
        "OR",
        "INSERT INTO",
        "VALUES",
        "RETURNING",
        "DELETE FROM",
        "UPDATE",
        "SET",
        "EXEC",
        "aws.iam.users.users_Delete",
        "@UserName",
        "@@json",
        "'{}'",
        "NULL",
        "1",
        "u",
        "JOIN",
        "ON",
        "region",
        "IS",
        "LIMIT",
        "ORDER BY",
        "GROUP BY",
        "NOT",
        "json_each",
        "-- c\n",
        "/* c */",
        "count(*)",
        "'",
        "SHOW",
        "METHODS",
        "INSERT",
        "DESCRIBE",
        "EXPLAIN",
        "CREATE",
        "OR REPLACE",
        "VIEW",
        "MATERIALIZED",
        "TABLE",
        "DROP",
        "REFRESH",
        "AS",
        "v",
        "BEGIN",
        "ROLLBACK",
        "USE",
        "aws",
        "LIKE",
        "?",
        "$1",
        "WITH",
        "UNION",
        "EXEC",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn runs_or_says_why(words in prop::collection::vec(prop::sample::select(WORDS), 0..25)) {
            let query = words.join(" ");
            let (calls, said) = calls_of(&query);
            // Whoever was not called has nothing to refuse; and no call is refused silently.
            prop_assert_eq!(calls.is_empty(), !said.contains("AccessDenied"), "{}", said);
        }

        #[test]
        fn a_statement_with_a_hole_runs_or_says_why(
            value in "[ -~é\n]{0,12}",
            at in 0..4_usize,
        ) {
            let query = [
                format!("SELECT * FROM aws.iam.users WHERE UserName = {value}"),
                format!("SELECT {value} FROM aws.iam.users"),
                format!("DELETE FROM aws.iam.users WHERE UserName = 'a' {value}"),
                format!("INSERT INTO aws.iam.users (UserName) VALUES ('a') RETURNING {value}"),
            ];
            let (calls, said) = calls_of(&query[at]);
            prop_assert_eq!(calls.is_empty(), !said.contains("AccessDenied"), "{}", said);
        }
    }
}
