//! The input of the shell, typed or piped: statements that end with `;`, and commands.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustyline::error::ReadlineError;
use vmfa_sql::completion;

use super::{commands::ShellCommand, editor};

/// The source of the input.
pub(crate) enum ShellInput {
    Terminal(Box<editor::LineEditor>),
    /// A file or a pipe.
    Script,
}

impl ShellInput {
    pub(crate) fn open() -> anyhow::Result<Self> {
        Ok(if io::stdin().is_terminal() {
            Self::Terminal(Box::new(editor::open()?))
        } else {
            Self::Script
        })
    }

    /// The next statement or command; `None` at the end of the input.
    pub(crate) fn next(&mut self, prompt: &str) -> anyhow::Result<Option<String>> {
        let Self::Terminal(editor) = self else { return Ok(scripted()?) };
        match editor.readline(prompt) {
            Ok(text) => Ok(Some(text)),
            Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
            Err(ReadlineError::Eof) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a typed statement to the history.
    pub(crate) fn add_to_history(&mut self, text: &str) {
        if let Self::Terminal(editor) = self {
            editor::add_to_history(editor, text);
        }
    }

    pub(crate) fn clear(&mut self) -> anyhow::Result<()> {
        if let Self::Terminal(editor) = self {
            editor.clear_screen()?;
        }
        Ok(())
    }

    /// Writes the history.
    pub(crate) fn end(mut self) {
        if let Self::Terminal(editor) = &mut self {
            editor::save(editor);
        }
    }
}

/// Reads lines up to the end of a statement or a command. The last statement needs no `;`.
fn scripted() -> io::Result<Option<String>> {
    let mut text = String::new();
    loop {
        let start = text.len();
        if io::stdin().lock().read_line(&mut text)? == 0 {
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
        let line = text.get(start..).unwrap_or_default();
        let command = start == 0 && ShellCommand::parse(line).is_some();
        // Only a line with a `;` can end a statement.
        if command || text.trim().is_empty() || (line.contains(';') && completion::is_whole(&text))
        {
            return Ok(Some(text));
        }
    }
}
