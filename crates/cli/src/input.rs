//! `--cli-input-json` and `--cli-input-yaml`: documents with the members of an input.

mod scalar;
mod yaml;

use serde_json::{Map, Value};

use crate::{
    error::{CliError, Result},
    json,
    python::class,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentFormat {
    /// `--cli-input-json`.
    Json,
    /// `--cli-input-yaml`.
    Yaml,
}

impl DocumentFormat {
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Json => "cli-input-json",
            Self::Yaml => "cli-input-yaml",
        }
    }
}

/// Parses a document into members.
pub(crate) fn read(text: &str, kind: DocumentFormat) -> Result<Map<String, Value>> {
    let (document, notation) = match kind {
        DocumentFormat::Json => (json::parse(text).ok(), "JSON"),
        DocumentFormat::Yaml => (yaml::read(text).ok(), "YAML"),
    };
    let option = kind.option();
    let problem = match document {
        Some(Value::Object(members)) => return Ok(members),
        Some(other) => {
            let class = class(&other);
            format!("'--{option}': Invalid type: expecting map, received <class '{class}'>")
        }
        None => format!("'{option}': Invalid {notation} received."),
    };
    Err(CliError::ParamValidation(format!("Error parsing parameter {problem}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yaml(text: &str) -> Value {
        Value::Object(read(text, DocumentFormat::Yaml).unwrap())
    }

    #[test]
    fn documents_are_maps_in_json_and_yaml() {
        let members = json!({ "UserName": "Alice", "MaxItems": 3, "Tags": [{ "Key": "a" }] });
        assert_eq!(
            Value::Object(read(&members.to_string(), DocumentFormat::Json).unwrap()),
            members
        );
        assert_eq!(yaml("UserName: Alice\nMaxItems: 3\nTags:\n- Key: a\n"), members);
        assert_eq!(yaml(&members.to_string()), members, "JSON is YAML");
    }

    #[test]
    fn plain_scalars_resolve_as_in_yaml_1_2() {
        for (plain, value) in [
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("true", json!(true)),
            ("False", json!(false)),
            ("~", json!(null)),
            ("", json!(null)),
            ("012345", json!(12345)),
            ("089", json!(89)),
            ("1_000", json!(1000)),
            ("_1", json!("_1")),
            ("-0x1F", json!(-31)),
            ("0o17", json!(15)),
            ("0b11", json!(3)),
            ("1e3", json!(1000.0)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("+1.5e-1", json!(0.15)),
            ("1.2.3", json!("1.2.3")),
            ("12:30:45", json!("12:30:45")),
            ("2024-01-02", json!("2024-01-02")),
            ("arn:aws:iam::1:mfa/x", json!("arn:aws:iam::1:mfa/x")),
            ("'012345'", json!("012345")),
            ("\"\\u00e9\"", json!("é")),
            ("!!str 1", json!("1")),
            ("!!int '7'", json!(7)),
            ("!!float 2", json!(2.0)),
            ("[a, {b: 1}]", json!(["a", { "b": 1 }])),
        ] {
            assert_eq!(yaml(&format!("a: {plain}\n")), json!({ "a": value }), "{plain}");
        }
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let text = "base: &b {Key: a, Value: x}\nTags:\n- *b\n- <<: *b\n  Value: y\n1: one\n";
        let expected = json!({
            "base": { "Key": "a", "Value": "x" },
            "Tags": [{ "Key": "a", "Value": "x" }, { "Value": "y", "Key": "a" }],
            "1": "one",
        });
        assert_eq!(yaml(text), expected);
    }

    #[test]
    fn documents_that_are_not_maps_are_refused_as_by_the_aws_cli() {
        let problem = |text: &str, kind| {
            let message = read(text, kind).unwrap_err().text("p");
            message.split_once("Error parsing parameter ").unwrap().1.trim_end().to_owned()
        };
        let json = |text: &str| problem(text, DocumentFormat::Json);
        let yaml = |text: &str| problem(text, DocumentFormat::Yaml);
        assert_eq!(json("{"), "'cli-input-json': Invalid JSON received.");
        let map = "Invalid type: expecting map, received";
        assert_eq!(json("[1]"), format!("'--cli-input-json': {map} <class 'list'>"));
        assert_eq!(yaml("foo"), format!("'--cli-input-yaml': {map} <class 'str'>"));
        assert_eq!(yaml(""), format!("'--cli-input-yaml': {map} <class 'NoneType'>"));
        let invalid = "'cli-input-yaml': Invalid YAML received.";
        let deep = "[".repeat(100_000);
        let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
            let alias = format!("*a{}", n - 1);
            format!("{text}a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(", "))
        });
        for text in [
            "{a: [}",
            "a: 1\na: 2",
            "a: *b",
            "a: &a [*a]",
            "a: !x 1",
            "[a]: b",
            "a: 1\n---\nb: 2",
            "<<: 1",
            "a: =",
            "\t- a: b: c",
            &deep,
            &bomb,
        ] {
            assert_eq!(yaml(text), invalid, "{}", text.chars().take(40).collect::<String>());
        }
    }
}
