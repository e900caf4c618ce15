//! The line editor of the shell: multi-line statements, a history file, completion.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::PathBuf};

use rustyline::{
    Behavior, CompletionType, Config, Context, Editor, Helper,
    completion::Completer,
    highlight::Highlighter,
    hint::Hinter,
    history::FileHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use vmfa_sql::completion;

use super::commands::ShellCommand;
use crate::environment;

pub(crate) type LineEditor = Editor<StatementHelper, FileHistory>;

pub(crate) fn open() -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        .behavior(Behavior::PreferTerm)
        .completion_type(CompletionType::List)
        .max_history_size(MAX_HISTORY)?
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(StatementHelper));
    if let Some(file) = file() {
        // The first time there is no file.
        let _ = editor.load_history(&file);
    }
    Ok(editor)
}

/// Adds a statement to the history, unless it contains codes or secrets.
pub(crate) fn add_to_history(editor: &mut LineEditor, text: &str) {
    if !completion::names_a_secret(text) {
        // The history is optional: errors are ignored.
        let _ = editor.add_history_entry(text.trim());
    }
}

/// Writes the history file, in a folder with mode 0700.
pub(crate) fn save(editor: &mut LineEditor) {
    if let Some(file) = file()
        && let Some(folder) = file.parent()
        && DirBuilder::new().recursive(true).mode(0o700).create(folder).is_ok()
    {
        let _ = editor.save_history(&file);
    }
}

fn file() -> Option<PathBuf> {
    let state = environment::get("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.filter(|path| path.is_absolute());
    let home = || environment::get("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    Some(state.or_else(home)?.join("vmfa/history"))
}

/// Completes statements, and continues lines until a statement is complete.
pub(crate) struct StatementHelper;

impl Completer for StatementHelper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let completed = completion::complete(line.get(..position).unwrap_or(line));
        Ok((completed.start, completed.words))
    }
}

impl Validator for StatementHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        Ok(if ShellCommand::parse(text).is_some() || completion::is_whole(text) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Hinter for StatementHelper {
    type Hint = String;
}

impl Highlighter for StatementHelper {}

impl Helper for StatementHelper {}

/// Statements.
const MAX_HISTORY: usize = 1_000;
