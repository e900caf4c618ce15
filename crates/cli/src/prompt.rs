//! The prompt of `--cli-auto-prompt`: edits a command line with completion and hints, and runs it
//! on Enter.

mod complete;

use std::borrow::Cow;

use rustyline::{
    Behavior, CompletionType, Config, Context, Editor, Helper,
    completion::{Completer, Pair},
    error::ReadlineError,
    highlight::Highlighter,
    hint::{Hint, Hinter},
    history::MemHistory,
    validate::Validator,
};

use self::complete::{Candidate, Completions};
use crate::{
    Terminal,
    error::{CliError, Result},
    interrupt,
    terminal::{TerminalModes, controlling},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromptMode {
    Off,
    On,
    /// After a command that fails with exit code 252, whose message is not printed.
    Partial,
}

/// Whether to prompt, by the arguments, or else by `configured`: `AWS_CLI_AUTO_PROMPT` or
/// `cli_auto_prompt` of the profile.
pub(crate) fn mode(words: &[String], configured: Option<&str>) -> Result<PromptMode> {
    let given = |word: &str| words.iter().any(|given| given == word);
    match (given(ON), given(OFF)) {
        (true, true) => Err(CliError::ParamValidation(format!(
            "Both {ON} and {OFF} cannot be specified at the same time."
        ))),
        _ if given("help") || given("--version") => Ok(PromptMode::Off),
        (_, true) => Ok(PromptMode::Off),
        (true, _) => Ok(PromptMode::On),
        _ => Ok(match configured.map(str::to_lowercase).as_deref() {
            Some("on") => PromptMode::On,
            Some("on-partial") => PromptMode::Partial,
            _ => PromptMode::Off,
        }),
    }
}

/// Whether the arguments enable the prompt.
pub(crate) fn is_wanted(words: &[String]) -> bool {
    words.iter().any(|word| word == ON)
}

/// Prompts for a command line that starts with `words`. Ctrl-C and Ctrl-D end the process as Ctrl-C
/// ends a command.
///
/// # Errors
/// Standard input is not a terminal.
pub(crate) fn ask(program: &str, words: &[String], terminal: Terminal<'_>) -> Result<Vec<String>> {
    if !terminal.input {
        terminal.io.show(NO_TERMINAL);
        return Err(CliError::Other(String::new()));
    }
    let trouble = |error: ReadlineError| CliError::Other(error.to_string());
    let config = Config::builder().behavior(Behavior::PreferTerm);
    let config = config.completion_type(CompletionType::List).build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history).map_err(trouble)?;
    editor.set_helper(Some(PromptHelper { columns: terminal.columns }));
    // Restores the modes of the terminal if a signal ends the process.
    let _modes = controlling().and_then(|terminal| TerminalModes::kept(&terminal)).ok();
    let mut line = begun(words);
    loop {
        match editor.readline_with_initial(&format!("> {program} "), (&line, "")) {
            Ok(typed) => match shlex::split(&typed) {
                Some(words) => return Ok(words),
                None => line = typed,
            },
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => interrupt::exit_interrupted(),
            Err(error) => return Err(trouble(error)),
        }
    }
}

/// The initial line: all words but `--cli-auto-prompt`.
fn begun(words: &[String]) -> String {
    let words = words.iter().filter(|word| *word != ON);
    let words: Vec<Cow<'_, str>> =
        words.map(|word| shlex::try_quote(word).unwrap_or(Cow::Borrowed(word.as_str()))).collect();
    let line = words.join(" ");
    if line.is_empty() { line } else { format!("{line} ") }
}

/// Completions and hints for rustyline.
struct PromptHelper {
    /// The width of the list of completions.
    columns: usize,
}

impl Completer for PromptHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Completions { start, found } = complete::complete(line.get(..position).unwrap_or(line));
        let widest = found.iter().map(|found| found.text.len()).max().unwrap_or_default();
        let columns = self.columns.saturating_sub(1);
        let pair = |Candidate { text, about }: Candidate| {
            let display: String =
                format!("{text:widest$}  {about}").chars().take(columns).collect();
            Pair { display: display.trim_end().to_owned(), replacement: format!("{text} ") }
        };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hinter for PromptHelper {
    type Hint = HintText;

    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<HintText> {
        if position < line.len() {
            return None;
        }
        complete::about(line).map(|about| HintText(format!("  {about}")))
    }
}

/// A hint, which is displayed and not inserted.
struct HintText(String);

impl Hint for HintText {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Highlighter for PromptHelper {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\u{1b}[2m{hint}\u{1b}[0m"))
    }
}

impl Validator for PromptHelper {}

impl Helper for PromptHelper {}

const ON: &str = "--cli-auto-prompt";
const OFF: &str = "--no-cli-auto-prompt";
const NO_TERMINAL: &str = "Warning: Input is not a terminal (fd=0).\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn prompt_options_override_configuration() {
        let mode = |line: &str, configured| mode(&words(line), configured).unwrap();
        assert_eq!(mode("iam list-users", None), PromptMode::Off);
        assert_eq!(mode("iam --cli-auto-prompt", None), PromptMode::On);
        assert_eq!(mode("iam", Some("ON")), PromptMode::On);
        assert_eq!(mode("iam", Some("on-partial")), PromptMode::Partial);
        assert_eq!(mode("iam --no-cli-auto-prompt", Some("on")), PromptMode::Off);
        assert_eq!(mode("iam help --cli-auto-prompt", Some("on")), PromptMode::Off);
        assert_eq!(mode("--version", Some("on")), PromptMode::Off);
        assert_eq!(mode("iam", Some("yes")), PromptMode::Off);
    }

    #[test]
    fn both_prompt_options_together_are_refused() {
        let both = words("iam help --cli-auto-prompt --no-cli-auto-prompt");
        insta::assert_snapshot!(super::mode(&both, None).unwrap_err().text("aws"), @"aws: [ERROR]: An error occurred (ParamValidation): Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified at the same time.");
    }

    #[test]
    fn the_prompt_starts_with_the_given_words() {
        assert_eq!(begun(&words("--cli-auto-prompt")), "");
        let mut given = words("iam list-users --cli-auto-prompt --query");
        given.push("Users[?UserName=='a b']".to_owned());
        assert_eq!(begun(&given), "iam list-users --query \"Users[?UserName=='a b']\" ");
    }

    #[test]
    fn without_a_terminal_the_prompt_is_refused() {
        let failure = ask("aws", &[], Terminal::none()).unwrap_err();
        assert_eq!((failure.text("aws"), failure.code()), ("\naws: [ERROR]:\n".to_owned(), 255));
    }
}
