//! One command line, from its words to the command that they name, each step in the order in which
//! the AWS CLI takes it, since the first that fails is the one that is told.
//!
//! Not here: what comes after the command is known.

use vmfa_client::{Aliases, ClientError, Configuration};
use vmfa_model::json::TimeFormat;

use crate::{
    Connect, OUTPUT_ENCODING, Surroundings,
    alias::{self, Meant},
    encoding::Encoding,
    failure::{Failure, Style, Told},
    globals::Globals,
    prompt::{self, Mode},
    session::{Session, WRONG, print},
    terminal,
};

/// Does what the words say, or what a person says in their place. `style` learns how a failure is
/// to be shown as soon as that is known.
pub(crate) fn words(
    words: &[String],
    connect: Connect<'_>,
    around: &mut Surroundings<'_>,
    style: &mut Style,
) -> Told<()> {
    let (program, terminal) = (around.program, around.terminal);
    let ask = |words: &[String]| prompt::ask(program, words, terminal);
    match prompt::mode(words, wants_prompt(words, around).as_deref())? {
        Mode::Off => command(words, connect, around, style),
        Mode::On => command(&ask(words)?, connect, around, style),
        Mode::Partial => match command(words, connect, around, style) {
            Err(failure) if failure.code() == WRONG => {
                command(&ask(words)?, connect, around, style)
            }
            told => told,
        },
    }
}

/// What the environment or the profile says of being prompted. A configuration that cannot be read
/// is told of later.
fn wants_prompt(words: &[String], around: &Surroundings<'_>) -> Option<String> {
    let variable = around.variable;
    variable("AWS_CLI_AUTO_PROMPT").or_else(|| {
        let globals = Globals::parse(words.to_vec(), &Aliases::default()).ok();
        let profile = globals.and_then(|globals| globals.profile);
        let configuration = Configuration::read(variable, profile.as_deref()).ok()?;
        configuration.setting("cli_auto_prompt").map(str::to_owned)
    })
}

fn command(
    words: &[String],
    connect: Connect<'_>,
    around: &mut Surroundings<'_>,
    style: &mut Style,
) -> Told<()> {
    let variable = around.variable;
    if let Some(name) = variable(OUTPUT_ENCODING)
        && Encoding::named(&name).is_none()
    {
        return Err(Failure::Other(format!(
            "Unknown codec `{name}` specified for {OUTPUT_ENCODING}."
        )));
    }
    let aliases = Aliases::read(variable)?;
    let parsed = Globals::parse(words.to_vec(), &aliases);
    let profile = parsed.as_ref().ok().and_then(|globals| globals.profile.clone());
    let profile = profile.filter(|name| !name.is_empty());
    let configuration = Configuration::read(variable, profile.as_deref())?;
    let lacks_profile = lacks_profile(&configuration);
    style.format = variable("AWS_CLI_ERROR_FORMAT").or_else(|| match &lacks_profile {
        // The AWS CLI fails to look there.
        Some(_) => Some(LEGACY.to_owned()),
        None => configuration.setting("cli_error_format").map(str::to_owned),
    });

    let globals = parsed?;
    let (globals, line) = match alias::expand(globals, &aliases)? {
        Meant::Command(globals) => (globals, None),
        Meant::Shell(globals, line) => (globals, Some(line)),
    };
    if globals.version {
        return print(around, &version(around.program));
    }
    if let Some(format) = &globals.error_format {
        style.format = Some(format.clone());
    }
    style.screen.colour = terminal::colour(globals.color.as_deref(), around.terminal, false);
    style.query = globals.query().inspect_err(|_| {
        // What cannot be read selects nothing of a document that tells a failure.
        if style.format.as_deref().is_some_and(|format| format != "enhanced") {
            style.format = Some(LEGACY.to_owned());
        }
    })?;
    let wishes = globals.wishes()?;
    if globals.debug {
        around.log.turn_on();
        around.log.begin(&version(around.program), words);
    }
    let times = match configuration.setting("cli_timestamp_format") {
        _ if lacks_profile.is_some() => TimeFormat::Iso8601,
        None | Some("iso8601") => TimeFormat::Iso8601,
        Some("wire") => TimeFormat::Wire,
        Some(other) => {
            return Err(Failure::configuration(format!(
                "Unknown cli_timestamp_format value: {other}, valid values are \"wire\" or \
                 \"iso8601\""
            )));
        }
    };
    if let Some(line) = line {
        return alias::run(&line);
    }
    let query = style.query.clone();
    let session = Session { globals, configuration, wishes, lacks_profile, query, times, connect };
    session.dispatch(around)
}

/// What `--version` prints. Programs that look for the version of the AWS CLI find that of the one
/// that is stood in for.
pub(crate) fn version(program: &str) -> String {
    let ours = env!("CARGO_PKG_VERSION");
    if program == "vmfa" { format!("vmfa {ours}\n") } else { format!("{MODEL} vmfa/{ours}\n") }
}

/// A profile that is named and does not exist.
fn lacks_profile(configuration: &Configuration) -> Option<ClientError> {
    let name = configuration.profile()?;
    let known = configuration.profiles().any(|known| known == name);
    (!known).then(|| ClientError::ProfileNotFound(name.to_owned()))
}

/// The format of failures that has no codes.
const LEGACY: &str = "legacy";
/// The AWS CLI that is stood in for.
const MODEL: &str = "aws-cli/2.36.7";
