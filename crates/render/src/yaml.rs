//! YAML as ruamel.yaml lays it out through libyaml: block style, keys sorted, folded at 80.
//!
//! Not responsible for reading YAML. Two things are the original's accidents and not imitated: an
//! object that a query names twice gets no anchor, and no depth of nesting fails.

mod emitter;
mod resolver;
mod scalar;

use serde_json::Value;

use crate::json::{is_empty_answer, json};
use crate::python::is_scalar;

/// A whole answer; a scalar, which YAML would end with `...`, is printed as JSON, and an empty
/// dictionary, the answer of an operation that returns nothing, not at all.
pub fn yaml(document: &Value) -> String {
    if is_scalar(document) || is_empty_answer(document) {
        return json(document);
    }
    emitter::emit(document)
}

/// One answer, or page of an answer, as an element of the sequence that they form.
pub fn yaml_stream(document: &Value) -> String {
    if is_empty_answer(document) {
        return String::new();
    }
    emitter::emit_element(document)
}
