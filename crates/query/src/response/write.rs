//! Writes XML into one buffer, in one pass.
//!
//! Empty text is written as `<Value></Value>`, an empty list, map or structure as `<Tags/>`. IAM
//! writes an empty list so; how it writes empty text is not recorded, and a parser sees no
//! difference.

use std::io::Write as _;

use data_encoding::BASE64;
use vmfa_model::{Record, Shape, StructureShape, Value};

pub(super) struct XmlWriter {
    bytes: Vec<u8>,
    depth: usize,
}

impl XmlWriter {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(1024), depth: 0 }
    }

    /// Opens the root element.
    pub(super) fn root(&mut self, name: &str, namespace: &str) {
        self.put("<");
        self.put(name);
        self.put(" xmlns=\"");
        self.put(namespace);
        self.put("\">\n");
        self.depth += 1;
    }

    /// Opens an element with child elements.
    pub(super) fn open(&mut self, name: &str) {
        self.start(name);
        self.put("\n");
        self.depth += 1;
    }

    /// Closes an element with child elements.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.end(name);
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.start(name);
        self.escaped(text);
        self.end(name);
    }

    /// Writes the members of a structure in the order in which AWS sends them.
    pub(super) fn structure(&mut self, name: &str, shape: &StructureShape, record: &Record) {
        if record.is_empty() {
            return self.empty(name);
        }
        self.open(name);
        for member in shape.in_wire_order() {
            if let Some(value) = record.get(member.name) {
                self.value(member.name, &member.shape, value);
            }
        }
        self.close(name);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn value(&mut self, name: &str, shape: &Shape, value: &Value) {
        match (value, shape) {
            (Value::Text(text), _) => self.text(name, text),
            (Value::Secret(secret), _) => self.text(name, secret.expose()),
            (Value::Integer(number), _) => self.unescaped(name, format_args!("{number}")),
            (Value::Boolean(truth), _) => self.unescaped(name, format_args!("{truth}")),
            (Value::Time(time), _) => self.unescaped(name, format_args!("{time}")),
            (Value::Blob(bytes), _) => {
                self.start(name);
                self.base64(bytes.expose());
                self.end(name);
            }
            (Value::List(values), _) if values.is_empty() => self.empty(name),
            (Value::Map(entries), _) if entries.is_empty() => self.empty(name),
            (Value::List(values), Shape::List(list)) => {
                self.open(name);
                for value in values {
                    self.value("member", &list.element, value);
                }
                self.close(name);
            }
            (Value::Map(entries), Shape::Map(element)) => {
                self.open(name);
                for (key, value) in entries {
                    self.open("entry");
                    self.text("key", key);
                    self.value("value", element, value);
                    self.close("entry");
                }
                self.close(name);
            }
            (Value::Structure(record), Shape::Structure(shape)) => {
                self.structure(name, shape, record);
            }
            // No output has these: record and shape are generated from the same types.
            (Value::Null | Value::List(_) | Value::Map(_) | Value::Structure(_), _) => {}
        }
    }

    /// Writes an element whose text needs no escaping.
    fn unescaped(&mut self, name: &str, text: std::fmt::Arguments<'_>) {
        self.start(name);
        // Writing to a vector cannot fail.
        let _ = self.bytes.write_fmt(text);
        self.end(name);
    }

    fn empty(&mut self, name: &str) {
        self.indent();
        self.put("<");
        self.put(name);
        self.put("/>\n");
    }

    fn start(&mut self, name: &str) {
        self.indent();
        self.put("<");
        self.put(name);
        self.put(">");
    }

    fn end(&mut self, name: &str) {
        self.put("</");
        self.put(name);
        self.put(">\n");
    }

    fn indent(&mut self) {
        let mut missing = self.depth.saturating_mul(2);
        while missing > 0 {
            let spaces = SPACES.get(..missing).unwrap_or(SPACES);
            self.put(spaces);
            missing = missing.saturating_sub(spaces.len());
        }
    }

    /// Escapes text so that a parser restores it. Characters that XML 1.0 does not allow, even
    /// escaped, become U+FFFD.
    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some((plain, tail)) =
            rest.bytes().position(needs_escape).and_then(|at| rest.split_at_checked(at))
        {
            self.put(plain);
            let mut chars = tail.chars();
            match chars.next() {
                Some('&') => self.put("&amp;"),
                Some('<') => self.put("&lt;"),
                Some('>') => self.put("&gt;"),
                // A parser would normalise it to a line feed.
                Some('\r') => self.put("&#xD;"),
                Some('\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') => self.put("\u{fffd}"),
                Some(c) => self.put(c.encode_utf8(&mut [0; 4])),
                None => {}
            }
            rest = chars.as_str();
        }
        self.put(rest);
    }

    fn base64(&mut self, bytes: &[u8]) {
        let begin = self.bytes.len();
        let end = begin.saturating_add(BASE64.encode_len(bytes.len()));
        self.bytes.resize(end, 0);
        if let Some(room) = self.bytes.get_mut(begin..) {
            BASE64.encode_mut(bytes, room);
        }
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

/// Whether a character that begins with this byte may need escaping. U+FFFE and U+FFFF begin with
/// 0xEF, as do others that need none.
fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | 0..=0x08 | 0x0b..=0x1f | 0xef)
}

/// The indentation of most lines at once.
const SPACES: &str = "                                ";
