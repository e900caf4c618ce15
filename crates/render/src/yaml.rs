//! YAML as ruamel.yaml emits it through libyaml: block style, sorted keys, lines folded at 80.
//!
//! Two accidents of the AWS CLI are not imitated: an object that a query selects twice gets no anchor,
//! and deep nesting does not fail.

mod emitter;
mod resolver;
mod scalar;
mod writer;

use serde_json::Value;

use crate::json::{is_empty_answer, json};
use crate::python::is_scalar;

/// A response. A scalar, which YAML would end with `...`, is printed as JSON; an empty object, the
/// response of an operation without output, prints nothing.
pub fn yaml(document: &Value) -> String {
    if is_scalar(document) || is_empty_answer(document) {
        return json(document);
    }
    emitter::emit(document)
}

/// A response, or a page of one, as an element of a sequence.
pub fn yaml_stream(document: &Value) -> String {
    if is_empty_answer(document) {
        return String::new();
    }
    emitter::emit_element(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_scalars_are_folded_at_blanks_and_long_keys_are_marked() {
        let (long, key) = ("word ".repeat(20), "k".repeat(129));
        let document = json!({"plain": long.trim(), "single": long, "double": format!("\t{long}"), key: ["x"]});
        let words = |count| ["word"; 20].iter().take(count).copied().collect::<Vec<_>>().join(" ");
        let expected = format!(
            "double: \"\\t{}\n  {} \"\n? {}\n: - x\nplain: {}\n  {}\nsingle: '{}\n  {} '\n",
            words(15),
            words(5),
            "k".repeat(129),
            words(15),
            words(5),
            words(15),
            words(5),
        );
        assert_eq!(yaml(&document), expected);
    }

    #[test]
    fn line_breaks_keep_their_meaning() {
        assert_eq!(
            yaml(&json!({"a\nb": ["c\nd", "e\n", "f \ng", "\u{85}\u{2028}"]})),
            "? 'a\n\n  b'\n: - 'c\n\n    d'\n  - 'e\n\n    '\n  - \"f \\ng\"\n  - \"\\N\\L\"\n"
        );
    }

    #[test]
    fn scalars_are_json_alone_and_yaml_in_a_stream() {
        assert_eq!(yaml(&json!("2024-01-02")), "\"2024-01-02\"\n");
        assert_eq!(yaml_stream(&json!("2024-01-02")), "- '2024-01-02'\n");
        assert_eq!(yaml_stream(&json!(1e16)), "- 1e+16\n");
        assert_eq!(yaml_stream(&json!({})), "");
    }

    #[test]
    fn any_depth_is_printed() {
        let deep = (1..3000).fold(json!([]), |inner, _| Value::Array(vec![inner]));
        assert_eq!(yaml(&deep), format!("{}[]\n", "- ".repeat(2999)));
    }
}
