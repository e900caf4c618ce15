//! Errors of commands: message and exit code, as in version 2.34 and later of the AWS CLI.

use std::borrow::Cow;

use serde_json::{Map, Value};
use vmfa_client::{CallError, ClientError, ClientErrorKind};
use vmfa_iam::Action;
use vmfa_jmespath::Expression;
use vmfa_model::Fault;
use vmfa_render::{Colour, TableStyle};

use crate::names;

pub(crate) type Result<T, E = CliError> = std::result::Result<T, E>;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// Invalid arguments; the usage follows the message.
    Usage(String),
    UnknownOptions(Vec<String>),
    ParamValidation(String),
    /// An error with a code of the AWS CLI's own.
    Coded {
        code: &'static str,
        message: String,
        exit: u8,
    },
    /// A fault of the service.
    Refused {
        operation: &'static str,
        code: String,
        message: String,
        /// The number of retries, if they are exhausted.
        retries: Option<u32>,
    },
    Other(String),
    /// Another error, with its exit code.
    Exit(u8, String),
    /// No message, with the exit code.
    Silent(u8),
}

/// The format of errors (`--cli-error-format`).
pub(crate) struct ErrorFormat {
    /// The name of the format, if one is configured.
    pub(crate) format: Option<String>,
    /// `--query`, which applies to structured errors as well.
    pub(crate) query: Option<Expression>,
    pub(crate) screen: TableStyle,
}

impl ErrorFormat {
    /// The default format.
    pub(crate) const fn plain(columns: usize) -> Self {
        Self { format: None, query: None, screen: TableStyle { columns, colour: Colour::Off } }
    }
}

impl CliError {
    pub(crate) fn of(action: &Action, failed: CallError) -> Self {
        let refused = |fault: Fault, retries| Self::Refused {
            operation: action.name,
            code: fault.kind.code().into_owned(),
            message: fault.message.map_or("Unknown".to_owned(), Cow::into_owned),
            retries,
        };
        match failed {
            CallError::Refused(fault) => refused(fault, None),
            CallError::Exhausted { fault, retries } => refused(fault, Some(retries)),
            CallError::Client(trouble) => trouble.into(),
            CallError::Unreachable(problem) => Self::Other(problem),
        }
    }

    pub(crate) const fn configuration(message: String) -> Self {
        Self::Coded { code: "Configuration", message, exit: 253 }
    }

    #[cfg(test)]
    pub(crate) fn text(&self, program: &str) -> String {
        self.show(program, &ErrorFormat::plain(80))
    }

    pub(crate) fn show(&self, program: &str, style: &ErrorFormat) -> String {
        if let Self::UnknownOptions(options) = self {
            let plain = plain(program, &format!("Unknown options: {}", options.join(", ")));
            return format!("\n{}\n{plain}", usage(program));
        }
        if let Self::Silent(_) = self {
            return String::new();
        }
        let message = self.message(program);
        let Some(code) = self.kind() else { return plain(program, &message) };
        let format = style.format.as_deref().map(str::to_lowercase);
        let whole = self.whole(&message);
        match format.as_deref() {
            Some("legacy") => match self {
                Self::Refused { .. } => plain(program, &whole),
                _ => plain(program, &message),
            },
            Some(format @ ("json" | "yaml" | "text" | "table")) => {
                let fallback = match self {
                    Self::Refused { .. } => &whole,
                    _ => &message,
                };
                structured(format, code, &message, style)
                    .unwrap_or_else(|| plain(program, fallback))
            }
            _ => plain(program, &whole),
        }
    }

    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::UnknownOptions(_) | Self::ParamValidation(_) => 252,
            Self::Refused { .. } => 254,
            Self::Coded { exit, .. } | Self::Exit(exit, _) | Self::Silent(exit) => *exit,
            Self::Other(_) => 255,
        }
    }

    /// The message with its error code.
    pub(crate) fn sentence(&self, program: &str) -> String {
        self.whole(&self.message(program))
    }

    /// The error code, if there is one.
    fn kind(&self) -> Option<&str> {
        match self {
            Self::Usage(_) | Self::ParamValidation(_) => Some("ParamValidation"),
            Self::Coded { code, .. } => Some(code),
            Self::Refused { code, .. } => Some(code),
            Self::UnknownOptions(_) | Self::Other(_) | Self::Exit(..) | Self::Silent(_) => None,
        }
    }

    fn message(&self, program: &str) -> String {
        match self {
            Self::Usage(problem) => format!("{problem}\n\n{}", usage(program)),
            Self::UnknownOptions(options) => options.join(", "),
            Self::Silent(_) => String::new(),
            Self::ParamValidation(message)
            | Self::Coded { message, .. }
            | Self::Refused { message, .. }
            | Self::Other(message)
            | Self::Exit(_, message) => message.clone(),
        }
    }

    fn whole(&self, message: &str) -> String {
        let code = self.kind().unwrap_or_default();
        match self {
            Self::Refused { operation, retries, .. } => {
                let retries = retries
                    .map_or(String::new(), |retries| format!(" (reached max retries: {retries})"));
                format!(
                    "An error occurred ({code}) when calling the {operation} operation{retries}: \
                     {message}"
                )
            }
            _ => format!("An error occurred ({code}): {message}"),
        }
    }
}

impl From<ClientError> for CliError {
    fn from(trouble: ClientError) -> Self {
        let kind = trouble.kind();
        let message = format!("{trouble}{}", kind.hint());
        match (kind, kind.code()) {
            (ClientErrorKind::General, _) => Self::Other(message),
            (_, Some(code)) => Self::Coded { code, message, exit: kind.exit_code() },
            (_, None) => Self::Exit(kind.exit_code(), message),
        }
    }
}

/// The error for an unknown choice, with suggestions.
pub(crate) fn invalid_choice<'c>(
    argument: &str,
    choice: &str,
    choices: impl Iterator<Item = &'c str>,
) -> CliError {
    let suggestions = names::suggestions(choice, choices);
    CliError::Usage(format!("argument {argument}: Found invalid choice '{choice}'\n{suggestions}"))
}

pub(crate) fn usage(program: &str) -> String {
    format!(
        "usage: {program} [options] <command> <subcommand> [<subcommand> ...] [parameters]\n\
         To see help text, you can run:\n\n  {program} help\n  {program} <command> help\n  \
         {program} <command> <subcommand> help\n"
    )
}

fn plain(program: &str, message: &str) -> String {
    let line = format!("{program}: [ERROR]: {}", message.trim());
    format!("\n{}\n", line.trim_end())
}

/// The error as a document; `None` if the format cannot print it.
fn structured(format: &str, code: &str, message: &str, style: &ErrorFormat) -> Option<String> {
    let members = [("Code", code), ("Message", message)];
    let members = members.map(|(name, text)| (name.to_owned(), Value::from(text)));
    let document = Value::Object(Map::from_iter(members));
    let document = match &style.query {
        Some(query) => query.search(&document).ok()?,
        None => document,
    };
    match format {
        "json" => Some(vmfa_render::json(&document)),
        "yaml" => Some(vmfa_render::yaml(&document)),
        "text" => vmfa_render::text(&document).ok(),
        _ => vmfa_render::table("error", &document, &style.screen).ok(),
    }
}
