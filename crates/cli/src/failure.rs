//! How a command ends without an answer: its text and exit code, as version 2.34 and later of the
//! AWS CLI have them.

use vmfa_client::Failed;
use vmfa_iam::Action;

/// What came of a step of a command.
pub(crate) type Told<T> = Result<T, Failure>;

/// Why a command has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments are not those of a command; how they are is told along.
    Usage(String),
    /// There are arguments too many.
    Unknown(Vec<String>),
    /// A value is not what its parameter takes.
    Parameter(String),
    /// The service refused.
    Refused {
        /// What it refused.
        operation: &'static str,
        /// The code of the refusal.
        code: String,
        /// What it said.
        message: String,
    },
    /// Anything else.
    Other(String),
}

impl Failure {
    /// What a failed call means for the command.
    pub(crate) fn of(action: &Action, failed: Failed) -> Self {
        match failed {
            Failed::Refused(fault) => Self::Refused {
                operation: action.name,
                code: fault.kind.code().into_owned(),
                message: fault.message.map_or("Unknown".to_owned(), |m| m.trim().to_owned()),
            },
            Failed::Unreachable(problem) => Self::Other(problem),
            other => Self::Other(other.to_string()),
        }
    }

    pub(crate) fn text(&self, program: &str) -> String {
        let body = match self {
            Self::Usage(problem) => {
                format!("An error occurred (ParamValidation): {problem}\n\n{}", usage(program))
            }
            Self::Unknown(options) => {
                let options = options.join(", ");
                let usage = usage(program);
                return format!("\n{usage}\n\n{program}: [ERROR]: Unknown options: {options}\n");
            }
            Self::Parameter(problem) => {
                format!("An error occurred (ParamValidation): {problem}\n")
            }
            Self::Refused { operation, code, message } => format!(
                "An error occurred ({code}) when calling the {operation} operation: {message}\n"
            ),
            Self::Other(problem) => format!("{problem}\n"),
        };
        format!("\n{program}: [ERROR]: {body}")
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Unknown(_) | Self::Parameter(_) => 252,
            Self::Refused { .. } => 254,
            Self::Other(_) => 255,
        }
    }
}

/// A choice that is not among those that there are.
pub(crate) fn invalid_choice(argument: &str, choice: &str) -> Failure {
    Failure::Usage(format!("argument {argument}: Found invalid choice '{choice}'\n"))
}

pub(crate) fn usage(program: &str) -> String {
    format!(
        "usage: {program} [options] <command> <subcommand> [<subcommand> ...] [parameters]\n\
         To see help text, you can run:\n\n  {program} help\n  {program} <command> help\n  \
         {program} <command> <subcommand> help\n"
    )
}
