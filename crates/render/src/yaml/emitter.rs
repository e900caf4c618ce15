//! The layout of YAML: what libyaml's emitter does in block style, at the default width.
//!
//! Not responsible for what a document holds. It is our own because the ports of libyaml to Rust
//! write characters beyond the basic multilingual plane as they are, where libyaml escapes them.
//! The stack is a vector, so that no nesting is too deep for it.

use std::{slice, vec};

use serde_json::Value;

use super::resolver::is_ambiguous;
use super::scalar::{Style, analyse};
use super::writer::Writer;
use crate::python::write_number;

/// A document that is a list or a dictionary.
pub(super) fn emit(document: &Value) -> String {
    let mut emitter = Emitter::new();
    emitter.node(document, false);
    emitter.finish()
}

/// A document that is a sequence of just this element.
pub(super) fn emit_element(element: &Value) -> String {
    let mut emitter = Emitter::new();
    emitter.open(Rest::Items(slice::from_ref(element).iter()), false);
    emitter.finish()
}

struct Emitter<'a> {
    writer: Writer,
    open: Vec<Open<'a>>,
}

/// A collection that is being written, and the indent outside of it.
struct Open<'a> {
    rest: Rest<'a>,
    outer: Option<usize>,
}

enum Rest<'a> {
    Items(slice::Iter<'a, Value>),
    Members(vec::IntoIter<(&'a String, &'a Value)>),
}

impl<'a> Emitter<'a> {
    fn new() -> Self {
        Self { writer: Writer::new(), open: Vec::new() }
    }

    fn finish(mut self) -> String {
        while let Some(inner) = self.open.last_mut() {
            match &mut inner.rest {
                Rest::Items(items) => match items.next() {
                    Some(item) => self.item(item),
                    None => self.close(),
                },
                Rest::Members(members) => match members.next() {
                    Some((name, member)) => self.member(name, member),
                    None => self.close(),
                },
            }
        }
        self.writer.finish()
    }

    /// A sequence under a key stands at the indent of that key.
    fn open(&mut self, rest: Rest<'a>, under_key: bool) {
        let outer = self.writer.indent;
        let aligned = under_key && !self.writer.at_start() && matches!(rest, Rest::Items(_));
        self.writer.indent = match outer {
            None => Some(0),
            Some(indent) if aligned => Some(indent),
            Some(_) => Some(self.writer.deeper()),
        };
        self.open.push(Open { rest, outer });
    }

    fn close(&mut self) {
        if let Some(closed) = self.open.pop() {
            self.writer.indent = closed.outer;
        }
    }

    fn item(&mut self, item: &'a Value) {
        self.writer.start_line();
        self.writer.collection_indicator("-");
        self.node(item, false);
    }

    fn member(&mut self, name: &'a str, member: &'a Value) {
        self.writer.start_line();
        let (style, multiline) = style_of(name);
        if multiline || name.len() > LONGEST_SIMPLE_KEY {
            self.writer.collection_indicator("?");
            self.writer.scalar(name, style, true);
            self.writer.start_line();
            self.writer.collection_indicator(":");
        } else {
            self.writer.scalar(name, style, false);
            self.writer.put(":");
        }
        self.node(member, true);
    }

    fn node(&mut self, value: &'a Value, under_key: bool) {
        match value {
            Value::String(text) => self.writer.scalar(text, style_of(text).0, true),
            Value::Array(items) if !items.is_empty() => {
                self.open(Rest::Items(items.iter()), under_key);
            }
            Value::Object(members) if !members.is_empty() => {
                let mut members = members.iter().collect::<Vec<_>>();
                members.sort_unstable_by_key(|(name, _)| *name);
                self.open(Rest::Members(members.into_iter()), under_key);
            }
            Value::Array(_) => self.writer.word("[]"),
            Value::Object(_) => self.writer.word("{}"),
            Value::Null => self.writer.word("null"),
            Value::Bool(true) => self.writer.word("true"),
            Value::Bool(false) => self.writer.word("false"),
            Value::Number(number) => {
                let mut shown = String::new();
                write_number(&mut shown, number);
                self.writer.word(&shown);
            }
        }
    }
}

fn style_of(text: &str) -> (Style, bool) {
    let (style, multiline) = analyse(text);
    if style == Style::Plain && is_ambiguous(text) {
        return (Style::SingleQuoted, multiline);
    }
    (style, multiline)
}

/// In bytes; a longer key stands after a question mark.
const LONGEST_SIMPLE_KEY: usize = 128;
