//! Queries with values filled in: JSON or Jsonnet data, and the actions of Go's `text/template`
//! that StackQL's users write: `{{ .a.b }}`, `if`, `with`, `range`, `else`, `end`, trim markers
//! and comments.
//!
//! What is filled in becomes part of the statement's text, quotes and all; for values that are not
//! one's own there are parameters.
//!
//! Not here: statements.

mod data;
mod parse;

use serde_json::Value;

use crate::Failure;

pub use data::Data;
use parse::{Node, Pipeline};

/// Fills a query with data. A `<<<jsonnet … >>>` or `<<<json … >>>` block in it is data of its own,
/// and is taken out. Text without `{{` stays as it is.
///
/// # Errors
/// A template that is not written as one, and Jsonnet or JSON that is not; both tell where.
pub fn expand(query: &str, data: &Data) -> Result<String, Failure> {
    let (query, block) = data::inline(query)?;
    if !query.contains("{{") && !data.is_given() && block.is_none() {
        return Ok(query);
    }
    let values = data.read(block)?;
    let mut text = String::with_capacity(query.len());
    fill(&parse::parse(&query)?, &values, &mut text);
    Ok(text)
}

fn fill(nodes: &[Node], dot: &Value, text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(plain) => text.push_str(plain),
            Node::Show(pipeline) => text.push_str(&shown(of(pipeline, dot))),
            Node::If(pipeline, then, otherwise) => {
                let branch = if holds(of(pipeline, dot)) { then } else { otherwise };
                fill(branch, dot, text);
            }
            Node::With(pipeline, then, otherwise) => match of(pipeline, dot) {
                value if holds(value) => fill(then, value, text),
                _ => fill(otherwise, dot, text),
            },
            Node::Range(pipeline, each, otherwise) => {
                let values: Vec<&Value> = match of(pipeline, dot) {
                    Value::Array(values) => values.iter().collect(),
                    Value::Object(members) => members.values().collect(),
                    _ => Vec::new(),
                };
                for value in &values {
                    fill(each, value, text);
                }
                if values.is_empty() {
                    fill(otherwise, dot, text);
                }
            }
        }
    }
}

fn of<'v>(pipeline: &'v Pipeline, dot: &'v Value) -> &'v Value {
    match pipeline {
        Pipeline::Literal(value) => value,
        Pipeline::Path(names) => {
            names.iter().try_fold(dot, |value, name| value.get(name)).unwrap_or(&Value::Null)
        }
    }
}

/// As Go has it: what is empty does not hold.
fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// As Go shows what is not there, and what is.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn expanded(query: &str, variables: &[(&str, &str)], text: &str) -> String {
        let variable = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let data = Data {
            text: (!text.is_empty()).then(|| ("values".to_owned(), text.as_bytes().to_vec())),
            variables: variables.iter().map(variable).collect(),
        };
        expand(query, &data).unwrap_or_else(|failure| format!("refused: {failure}"))
    }

    #[test]
    fn values_are_filled_in() {
        let values = r#"{"user": {"name": "alice"}, "names": ["a", "b"], "n": 2, "none": []}"#;
        let filled = |query| expanded(query, &[], values);
        assert_snapshot!(filled("SELECT '{{ .user.name }}', {{.n}}, {{ .nope }}"), @"SELECT 'alice', 2, <no value>");
        assert_snapshot!(filled("{{range .names}}'{{.}}',{{end}} {{ range .none }}x{{ else }}nothing{{ end }}"), @"'a','b', nothing");
        assert_snapshot!(filled("a {{- if .n -}} yes {{- else -}} no {{- end }} b"), @"ayes b");
        assert_snapshot!(filled("{{/* nothing */}}{{ with .user }}{{ .name }}{{ end }}{{ \"}}\" }}"), @"alice}}");
        assert_snapshot!(filled("{{ if .nope }}1{{ else if .n }}2{{ else }}3{{ end }}"), @"2");
    }

    #[test]
    fn data_may_be_jsonnet_and_variables() {
        let values = "local n = std.extVar('n'); { name: n + '!', twice: [n, n] }";
        assert_eq!(expanded("{{ .name }} {{ .twice }}", &[("n", "x")], values), r#"x! ["x","x"]"#);
        assert_eq!(expanded("{{ .n }}", &[("n", "x")], ""), "x");
        let inline = "<<<jsonnet { a: 1 + 1 } >>>SELECT {{ .a }}, '{{ .n }}'";
        assert_eq!(expanded(inline, &[("n", "it")], ""), "SELECT 2, 'it'");
    }

    #[test]
    fn text_without_actions_stays() {
        assert_eq!(expanded("SELECT '<<' || 1 }}", &[], ""), "SELECT '<<' || 1 }}");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for query in [
            "{{ .a",
            "{{ if .a }}",
            "{{ end }}",
            "{{ template \"x\" }}",
            "{{ .a | printf }}",
            "<<<jsonnet {",
        ] {
            let refused = expanded(query, &[("a", "b")], "");
            assert!(refused.starts_with("refused: "), "{query}: {refused}");
        }
        assert_snapshot!(expanded("{{ .a", &[("a", "b")], ""), @"refused: `{{` without `}}` in line 1");
        assert_snapshot!(expanded("\n{{ nope .a }}", &[("a", "b")], ""), @"refused: `nope` in line 2: a template has `.name`, `if`, `with`, `range`, `else` and `end`");
        assert_snapshot!(expanded("{{ .a }}", &[], "[1]"), @"refused: `values` must be an object, such as `{ name: 'value' }`");
    }
}
