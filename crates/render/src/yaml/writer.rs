//! Writes scalars in their three styles and tracks column and indent.

use super::scalar::{ScalarStyle, is_break, is_printable};
use crate::python::append;

pub(super) struct YamlWriter {
    out: String,
    column: usize,
    /// The indent of the innermost collection; `None` outside of collections.
    pub(super) indent: Option<usize>,
    /// Whether the last character was a blank.
    after_blank: bool,
    /// Whether the line holds only blanks and indicators of collections.
    at_start: bool,
}

impl YamlWriter {
    pub(super) fn new() -> Self {
        Self { out: String::new(), column: 0, indent: None, after_blank: true, at_start: true }
    }

    pub(super) fn finish(mut self) -> String {
        self.start_line();
        self.out
    }

    pub(super) fn at_start(&self) -> bool {
        self.at_start
    }

    /// The indent of lines inside a collection or a scalar.
    pub(super) fn deeper(&self) -> usize {
        self.indent.map_or(STEP, |indent| indent + STEP)
    }

    /// Writes a scalar; long lines are folded if `folds`.
    pub(super) fn scalar(&mut self, text: &str, style: ScalarStyle, folds: bool) {
        let outer = self.indent;
        self.indent = Some(self.deeper());
        self.blank_before();
        match style {
            ScalarStyle::Plain => self.plain(text, folds),
            ScalarStyle::SingleQuoted => {
                self.put("'");
                self.single_quoted(text, folds);
                self.put("'");
            }
            ScalarStyle::DoubleQuoted => {
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

    pub(super) fn word(&mut self, word: &str) {
        self.blank_before();
        self.put(word);
    }

    pub(super) fn collection_indicator(&mut self, indicator: &str) {
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
    pub(super) fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
        self.after_blank = false;
        self.at_start = false;
    }

    fn put_letter(&mut self, letter: char) {
        self.out.push(letter);
        self.column += 1;
    }

    /// Moves to the indent, on a new line unless this one holds only indicators of collections.
    pub(super) fn start_line(&mut self) {
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
/// A line is folded at the first blank after this column.
const WIDTH: usize = 80;
