//! The layout of YAML: what libyaml's emitter does in block style, at the default width.
//!
//! Not responsible for what a document holds. It is our own because the ports of libyaml to Rust
//! write characters beyond the basic multilingual plane as they are, where libyaml escapes them.
//! The stack is a vector, so that no nesting is too deep for it.

use std::{slice, vec};

use serde_json::Value;

use super::resolver::is_ambiguous;
use super::scalar::{Style, analyse, is_break, is_printable};
use crate::python::{append, write_number};

/// A document that is a list or a dictionary.
pub(super) fn emit(document: &Value) -> String {
    let mut emitter = Emitter::default();
    emitter.node(document, false);
    emitter.finish()
}

/// A document that is a sequence of just this element.
pub(super) fn emit_element(element: &Value) -> String {
    let mut emitter = Emitter::default();
    emitter.open(Rest::Items(slice::from_ref(element).iter()), false);
    emitter.finish()
}

struct Emitter<'a> {
    out: String,
    column: usize,
    /// Blanks before the lines of the innermost collection; none outside of any.
    indent: Option<usize>,
    /// Whether the last thing written was a blank.
    after_blank: bool,
    /// Whether the line holds nothing yet but blanks and the indicators of collections.
    at_start: bool,
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

impl Default for Emitter<'_> {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            after_blank: true,
            at_start: true,
            open: Vec::new(),
        }
    }
}

impl<'a> Emitter<'a> {
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
        self.start_line();
        self.out
    }

    /// A sequence under a key stands at the indent of that key.
    fn open(&mut self, rest: Rest<'a>, under_key: bool) {
        let outer = self.indent;
        let aligned = under_key && !self.at_start && matches!(rest, Rest::Items(_));
        self.indent = match outer {
            None => Some(0),
            Some(indent) if aligned => Some(indent),
            Some(indent) => Some(indent + STEP),
        };
        self.open.push(Open { rest, outer });
    }

    fn close(&mut self) {
        if let Some(closed) = self.open.pop() {
            self.indent = closed.outer;
        }
    }

    fn item(&mut self, item: &'a Value) {
        self.start_line();
        self.collection_indicator("-");
        self.node(item, false);
    }

    fn member(&mut self, name: &'a str, member: &'a Value) {
        self.start_line();
        let (style, multiline) = style_of(name);
        if multiline || name.len() > LONGEST_SIMPLE_KEY {
            self.collection_indicator("?");
            self.scalar(name, style, true);
            self.start_line();
            self.collection_indicator(":");
        } else {
            self.scalar(name, style, false);
            self.put(":");
        }
        self.node(member, true);
    }

    fn node(&mut self, value: &'a Value, under_key: bool) {
        match value {
            Value::String(text) => self.scalar(text, style_of(text).0, true),
            Value::Array(items) if !items.is_empty() => {
                self.open(Rest::Items(items.iter()), under_key);
            }
            Value::Object(members) if !members.is_empty() => {
                let mut members = members.iter().collect::<Vec<_>>();
                members.sort_unstable_by_key(|(name, _)| *name);
                self.open(Rest::Members(members.into_iter()), under_key);
            }
            Value::Array(_) => self.word("[]"),
            Value::Object(_) => self.word("{}"),
            Value::Null => self.word("null"),
            Value::Bool(true) => self.word("true"),
            Value::Bool(false) => self.word("false"),
            Value::Number(number) => {
                let mut shown = String::new();
                write_number(&mut shown, number);
                self.word(&shown);
            }
        }
    }

    /// Long lines are folded only if the scalar may go on on the next line.
    fn scalar(&mut self, text: &str, style: Style, folds: bool) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(STEP, |indent| indent + STEP));
        self.blank_before();
        match style {
            Style::Plain => self.plain(text, folds),
            Style::SingleQuoted => {
                self.put("'");
                self.single_quoted(text, folds);
                self.put("'");
            }
            Style::DoubleQuoted => {
                self.put("\"");
                self.double_quoted(text, folds);
                self.put("\"");
            }
        }
        self.after_blank = false;
        self.at_start = false;
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, folds: bool) {
        if !folds || self.column + text.len() <= WIDTH {
            self.put(text);
            return;
        }
        let mut after_space = false;
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let space = letter == ' ';
            let last_space = space && letters.peek() != Some(&' ');
            if last_space && !after_space && self.column > WIDTH {
                self.start_line();
            } else {
                self.put_letter(letter);
                self.at_start = false;
            }
            after_space = space;
        }
    }

    fn single_quoted(&mut self, text: &str, folds: bool) {
        let (mut after_space, mut after_break, mut first) = (false, false, true);
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == ' ' {
                let inside = !first && letters.peek().is_some_and(|next| *next != ' ');
                if folds && inside && !after_space && self.column > WIDTH {
                    self.start_line();
                } else {
                    self.put_letter(letter);
                }
                after_space = true;
            } else if is_break(letter) {
                if letter == '\n' && !after_break {
                    self.out.push('\n');
                }
                self.out.push(letter);
                self.column = 0;
                self.at_start = true;
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                if letter == '\'' {
                    self.put_letter(letter);
                }
                self.put_letter(letter);
                self.at_start = false;
                (after_space, after_break) = (false, false);
            }
            first = false;
        }
        if after_break {
            self.start_line();
        }
    }

    fn double_quoted(&mut self, text: &str, folds: bool) {
        let (mut after_space, mut first) = (false, true);
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let next = letters.peek();
            if letter == ' ' && folds && !first && !after_space && self.column > WIDTH {
                match next {
                    None => self.put_letter(letter),
                    Some(' ') => {
                        self.start_line();
                        self.put_letter('\\');
                    }
                    Some(_) => self.start_line(),
                }
            } else if !is_printable(letter) || is_break(letter) || matches!(letter, '"' | '\\') {
                let before = self.out.len();
                escape(&mut self.out, letter);
                self.column += self.out.len() - before;
            } else {
                self.put_letter(letter);
            }
            after_space = letter == ' ';
            first = false;
        }
    }

    fn word(&mut self, word: &str) {
        self.blank_before();
        self.put(word);
    }

    fn collection_indicator(&mut self, indicator: &str) {
        let at_start = self.at_start;
        self.blank_before();
        self.put(indicator);
        self.at_start = at_start;
    }

    fn blank_before(&mut self) {
        if !self.after_blank {
            self.put_letter(' ');
        }
    }

    /// Appends text without line breaks.
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
        self.after_blank = false;
        self.at_start = false;
    }

    fn put_letter(&mut self, letter: char) {
        self.out.push(letter);
        self.column += 1;
    }

    /// Goes to the indent, on a new line unless this one has nothing but collections' indicators.
    fn start_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let beyond = self.column > indent || self.column == indent && !self.after_blank;
        if !self.at_start || beyond {
            self.out.push('\n');
            self.column = 0;
        }
        while self.column < indent {
            self.put_letter(' ');
        }
        self.after_blank = true;
        self.at_start = true;
    }
}

fn style_of(text: &str) -> (Style, bool) {
    let (style, multiline) = analyse(text);
    if style == Style::Plain && is_ambiguous(text) {
        return (Style::SingleQuoted, multiline);
    }
    (style, multiline)
}

fn escape(out: &mut String, letter: char) {
    let short = match letter {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => letter,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(letter) {
                code @ ..=0xff => append(out, format_args!("\\x{code:02X}")),
                code @ ..=0xffff => append(out, format_args!("\\u{code:04X}")),
                code => append(out, format_args!("\\U{code:08X}")),
            };
        }
    };
    out.extend(['\\', short]);
}

const STEP: usize = 2;
/// A line is folded at the first blank beyond this column.
const WIDTH: usize = 80;
/// In bytes; a longer key stands after a question mark.
const LONGEST_SIMPLE_KEY: usize = 128;
