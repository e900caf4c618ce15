//! An emitter with the layout of libyaml's in block style, at the default width.
//!
//! It is hand-written because the ports of libyaml to Rust do not escape characters beyond the basic
//! multilingual plane, as libyaml does. The stack is on the heap, so that deep nesting cannot overflow
//! it.

use std::{slice, vec};

use serde_json::Value;

use super::resolver::is_ambiguous;
use super::scalar::{ScalarStyle, analyse};
use super::writer::YamlWriter;
use crate::python::write_number;

/// A document that is an array or an object.
pub(super) fn emit(document: &Value) -> String {
    let mut emitter = Emitter::new();
    emitter.node(document, false);
    emitter.finish()
}

/// A document that is a sequence with one element.
pub(super) fn emit_element(element: &Value) -> String {
    let mut emitter = Emitter::new();
    emitter.open(Pending::Items(slice::from_ref(element).iter()), false);
    emitter.finish()
}

struct Emitter<'a> {
    writer: YamlWriter,
    open: Vec<OpenContainer<'a>>,
}

/// A collection that is not complete, and the indent outside of it.
struct OpenContainer<'a> {
    rest: Pending<'a>,
    outer: Option<usize>,
}

enum Pending<'a> {
    Items(slice::Iter<'a, Value>),
    Members(vec::IntoIter<(&'a String, &'a Value)>),
}

impl<'a> Emitter<'a> {
    fn new() -> Self {
        Self { writer: YamlWriter::new(), open: Vec::new() }
    }

    fn finish(mut self) -> String {
        while let Some(inner) = self.open.last_mut() {
            match &mut inner.rest {
                Pending::Items(items) => match items.next() {
                    Some(item) => self.item(item),
                    None => self.close(),
                },
                Pending::Members(members) => match members.next() {
                    Some((name, member)) => self.member(name, member),
                    None => self.close(),
                },
            }
        }
        self.writer.finish()
    }

    /// A sequence under a key has the indent of that key.
    fn open(&mut self, rest: Pending<'a>, under_key: bool) {
        let outer = self.writer.indent;
        let aligned = under_key && !self.writer.at_start() && matches!(rest, Pending::Items(_));
        self.writer.indent = match outer {
            None => Some(0),
            Some(indent) if aligned => Some(indent),
            Some(_) => Some(self.writer.deeper()),
        };
        self.open.push(OpenContainer { rest, outer });
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
                self.open(Pending::Items(items.iter()), under_key);
            }
            Value::Object(members) if !members.is_empty() => {
                let mut members = members.iter().collect::<Vec<_>>();
                members.sort_unstable_by_key(|(name, _)| *name);
                self.open(Pending::Members(members.into_iter()), under_key);
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

fn style_of(text: &str) -> (ScalarStyle, bool) {
    let (style, multiline) = analyse(text);
    if style == ScalarStyle::Plain && is_ambiguous(text) {
        return (ScalarStyle::SingleQuoted, multiline);
    }
    (style, multiline)
}

/// In bytes; longer keys are written with `?`.
const LONGEST_SIMPLE_KEY: usize = 128;
