//! What is typed or piped into the shell: a statement with its `;`, or a command.
//!
//! Not here: what becomes of it.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustyline::error::ReadlineError;
use vmfa_sql::completion;

use super::{commands::Command, editor};

/// Where it comes from.
pub(crate) enum Input {
    /// Somebody at a terminal.
    Person(Box<editor::Lines>),
    /// A file or a pipe.
    Script,
}

impl Input {
    pub(crate) fn open() -> anyhow::Result<Self> {
        Ok(if io::stdin().is_terminal() {
            Self::Person(Box::new(editor::open()?))
        } else {
            Self::Script
        })
    }

    /// The next statement or command; nothing at the end.
    pub(crate) fn next(&mut self, prompt: &str) -> anyhow::Result<Option<String>> {
        let Self::Person(editor) = self else { return Ok(scripted()?) };
        match editor.readline(prompt) {
            Ok(text) => Ok(Some(text)),
            Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
            Err(ReadlineError::Eof) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a statement for who types.
    pub(crate) fn keep(&mut self, text: &str) {
        if let Self::Person(editor) = self {
            editor::keep(editor, text);
        }
    }

    pub(crate) fn clear(&mut self) -> anyhow::Result<()> {
        if let Self::Person(editor) = self {
            editor.clear_screen()?;
        }
        Ok(())
    }

    /// Nothing more is asked for.
    pub(crate) fn end(mut self) {
        if let Self::Person(editor) = &mut self {
            editor::save(editor);
        }
    }
}

/// Reads lines until they are a statement or a command. The last statement need not be ended.
fn scripted() -> io::Result<Option<String>> {
    let mut text = String::new();
    loop {
        let start = text.len();
        if io::stdin().lock().read_line(&mut text)? == 0 {
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
        let line = text.get(start..).unwrap_or_default();
        let command = start == 0 && Command::read(line).is_some();
        // Only such a line can end a statement.
        if command || text.trim().is_empty() || (line.contains(';') && completion::is_whole(&text))
        {
            return Ok(Some(text));
        }
    }
}
