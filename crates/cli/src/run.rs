//! Runs a command line up to its command, each step in the AWS CLI's order: the first step that
//! fails determines the message.

use vmfa_client::{Aliases, ClientError, Configuration};
use vmfa_model::json::TimeFormat;

use crate::{
    CliContext, Connect, OUTPUT_ENCODING,
    alias::{self, Expansion},
    encoding::Encoding,
    error::{CliError, ErrorFormat, Result},
    globals::GlobalOptions,
    prompt::{self, PromptMode},
    session::{Invocation, WRONG, print},
    terminal,
};

/// Runs the arguments, or what the user enters at the prompt. `style` is set as soon as the error
/// format is known.
pub(crate) fn words(
    words: &[String],
    connect: Connect<'_>,
    context: &mut CliContext<'_>,
    style: &mut ErrorFormat,
) -> Result<()> {
    let (program, terminal) = (context.program, context.terminal);
    let ask = |words: &[String]| prompt::ask(program, words, terminal);
    match prompt::mode(words, wants_prompt(words, context).as_deref())? {
        PromptMode::Off => command(words, connect, context, style),
        PromptMode::On => command(&ask(words)?, connect, context, style),
        PromptMode::Partial => match command(words, connect, context, style) {
            Err(failure) if failure.code() == WRONG => {
                command(&ask(words)?, connect, context, style)
            }
            message => message,
        },
    }
}

/// The configured prompt mode. Invalid configuration is reported later.
fn wants_prompt(words: &[String], context: &CliContext<'_>) -> Option<String> {
    let variable = context.variable;
    variable("AWS_CLI_AUTO_PROMPT").or_else(|| {
        let globals = GlobalOptions::parse(words.to_vec(), &Aliases::default()).ok();
        let profile = globals.and_then(|globals| globals.profile);
        let configuration = Configuration::read(variable, profile.as_deref()).ok()?;
        configuration.setting("cli_auto_prompt").map(str::to_owned)
    })
}

fn command(
    words: &[String],
    connect: Connect<'_>,
    context: &mut CliContext<'_>,
    style: &mut ErrorFormat,
) -> Result<()> {
    let variable = context.variable;
    if let Some(name) = variable(OUTPUT_ENCODING)
        && Encoding::named(&name).is_none()
    {
        return Err(CliError::Other(format!(
            "Unknown codec `{name}` specified for {OUTPUT_ENCODING}."
        )));
    }
    let aliases = Aliases::read(variable)?;
    let parsed = GlobalOptions::parse(words.to_vec(), &aliases);
    let profile = parsed.as_ref().ok().and_then(|globals| globals.profile.clone());
    let profile = profile.filter(|name| !name.is_empty());
    let configuration = Configuration::read(variable, profile.as_deref())?;
    let lacks_profile = lacks_profile(&configuration);
    style.format = variable("AWS_CLI_ERROR_FORMAT").or_else(|| match &lacks_profile {
        // The AWS CLI does not read the profile in this case.
        Some(_) => Some(LEGACY.to_owned()),
        None => configuration.setting("cli_error_format").map(str::to_owned),
    });

    let globals = parsed?;
    let (globals, line) = match alias::expand(globals, &aliases)? {
        Expansion::Command(globals) => (globals, None),
        Expansion::Shell(globals, line) => (globals, Some(line)),
    };
    if globals.version {
        return print(context, &version(context.program));
    }
    if let Some(format) = &globals.error_format {
        style.format = Some(format.clone());
    }
    style.screen.colour = terminal::colour(globals.color.as_deref(), context.terminal, false);
    style.query = globals.query().inspect_err(|_| {
        // An invalid query cannot filter the error document.
        if style.format.as_deref().is_some_and(|format| format != "enhanced") {
            style.format = Some(LEGACY.to_owned());
        }
    })?;
    let connection = globals.connection()?;
    if globals.debug {
        context.log.turn_on();
        context.log.begin(&version(context.program), words);
    }
    let times = match configuration.setting("cli_timestamp_format") {
        _ if lacks_profile.is_some() => TimeFormat::Iso8601,
        None | Some("iso8601") => TimeFormat::Iso8601,
        Some("wire") => TimeFormat::Wire,
        Some(other) => {
            return Err(CliError::configuration(format!(
                "Unknown cli_timestamp_format value: {other}, valid values are \"wire\" or \
                 \"iso8601\""
            )));
        }
    };
    if let Some(line) = line {
        return alias::run(&line);
    }
    let query = style.query.clone();
    let session =
        Invocation { globals, configuration, connection, lacks_profile, query, times, connect };
    session.dispatch(context)
}

/// The output of `--version`. Under the name `aws` it begins with the version of the AWS CLI, which
/// programs parse.
pub(crate) fn version(program: &str) -> String {
    let ours = env!("CARGO_PKG_VERSION");
    if program == "vmfa" { format!("vmfa {ours}\n") } else { format!("{MODEL} vmfa/{ours}\n") }
}

/// The error for a named profile that does not exist.
fn lacks_profile(configuration: &Configuration) -> Option<ClientError> {
    let name = configuration.profile()?;
    let known = configuration.profiles().any(|known| known == name);
    (!known).then(|| ClientError::ProfileNotFound(name.to_owned()))
}

const LEGACY: &str = "legacy";
/// The version of the AWS CLI that vmfa is compatible with.
const MODEL: &str = "aws-cli/2.36.7";
