//! Aliases of `
//! /.aws/cli/alias`, which expand to words of a command line or to a shell command.

use std::{
    borrow::Cow,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitStatus},
};

use vmfa_client::{Aliases, split_words};

use crate::{
    arguments::{Positional, scan},
    command,
    configure::{self, CONFIGURE},
    error::{CliError, Result},
    globals::GlobalOptions,
    names,
    session::WAIT,
    wait::Waiter,
};

/// A command line with its aliases expanded.
pub(crate) enum Expansion {
    Command(GlobalOptions),
    /// A shell command, with the global options of the command line.
    Shell(GlobalOptions, String),
}

/// Expands aliases.
///
/// # Errors
/// A value cannot be parsed, or an alias expands to itself.
pub(crate) fn expand(globals: GlobalOptions, aliases: &Aliases) -> Result<Expansion> {
    let mut globals = globals;
    if aliases.is_empty() {
        return Ok(Expansion::Command(globals));
    }
    for _ in 0..DEEPEST {
        let name = globals.command.clone();
        let Some(value) = aliases.get(&[], &name) else { return below(globals, aliases) };
        if let Some(line) = value.strip_prefix('!') {
            let line = shell_line(line, &globals.rest);
            return Ok(Expansion::Shell(globals, line));
        }
        let given = GlobalOptions::parse(words(&name, value)?, aliases)?;
        let built_in = given.command == name && names::check_command(&name).is_ok();
        globals.command.clone_from(&given.command);
        let mut rest = given.rest.clone();
        rest.append(&mut globals.rest);
        globals.rest = rest;
        globals = globals.with(allowed(&name, given)?);
        if built_in {
            return below(globals, aliases);
        }
    }
    Err(endless(&globals.command))
}

/// Expands aliases of operations and waiters.
fn below(mut globals: GlobalOptions, aliases: &Aliases) -> Result<Expansion> {
    let mut lineage = vec![globals.command.clone()];
    // Words that are not aliases.
    let mut settled = Vec::new();
    let mut last = String::new();
    for _ in 0..DEEPEST {
        let after: Vec<&str> = lineage.iter().map(String::as_str).collect();
        let positional = Positional { name: "operation", required: false, check: &|_| Ok(()) };
        let scanned = scan(globals.rest.clone(), &[], &|_| false, positional)?;
        let Some(name) = scanned.word else { return Ok(settle(globals, settled)) };
        let Some(value) = aliases.get(&after, &name) else {
            if name != WAIT || lineage.len() > 1 {
                return Ok(settle(globals, settled));
            }
            settled.push(name.clone());
            globals.rest = scanned.rest;
            lineage.push(name);
            continue;
        };
        if let Some(line) = value.strip_prefix('!') {
            let line = shell_line(line, &scanned.rest);
            return Ok(Expansion::Shell(globals, line));
        }
        let mut line = vec![globals.command.clone()];
        line.extend(words(&name, value)?);
        let mut given = GlobalOptions::parse(line, aliases)?;
        let mut rest = std::mem::take(&mut given.rest);
        rest.extend(scanned.rest);
        let built_in = is_built_in(&after, &name);
        if built_in {
            // The first word is the built-in command that the alias overrides.
            rest.splice(..1.min(rest.len()), [name.clone()]);
        }
        globals.rest = rest;
        globals = globals.with(allowed(&name, given)?);
        if built_in {
            return Ok(settle(globals, settled));
        }
        last = name;
    }
    Err(endless(&last))
}

fn settle(mut globals: GlobalOptions, mut settled: Vec<String>) -> Expansion {
    settled.append(&mut globals.rest);
    globals.rest = settled;
    Expansion::Command(globals)
}

/// Runs a shell command and returns its exit code.
pub(crate) fn run(line: &str) -> Result<()> {
    let status = Command::new("sh").args(["-c", line]).status();
    let status = status.map_err(|error| CliError::Other(error.to_string()))?;
    match code(status) {
        0 => Ok(()),
        code => Err(CliError::Silent(code)),
    }
}

/// The exit code of Python's `subprocess.call`, which is negative for a signal.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 256_i32.wrapping_sub(signal)));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn shell_line(line: &str, rest: &[String]) -> String {
    let quoted = rest.iter().map(|word| shlex::try_quote(word).unwrap_or(Cow::Borrowed(word)));
    std::iter::once(Cow::Borrowed(line)).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// Splits a value as a shell does.
fn words(name: &str, value: &str) -> Result<Vec<String>> {
    let words = split_words(value).ok_or_else(|| {
        let error =
            if value.ends_with('\\') { "No escaped character" } else { "No closing quotation" };
        CliError::Other(format!(
            "Value of alias \"{name}\" could not be parsed. Received error: {error} when \
             parsing:\n{value}"
        ))
    })?;
    Ok(words.into_iter().map(|word| word.trim_matches('\n').to_owned()).collect())
}

/// Refuses global options that take effect before aliases are expanded.
fn allowed(name: &str, given: GlobalOptions) -> Result<GlobalOptions> {
    let refused = if given.debug {
        "debug"
    } else if given.profile.is_some() {
        "profile"
    } else {
        return Ok(given);
    };
    Err(CliError::Other(format!(
        "Global parameter \"--{refused}\" detected in alias \"{name}\" which is not supported in \
         subcommand aliases."
    )))
}

/// Whether a command of that name exists without aliases.
fn is_built_in(after: &[&str], name: &str) -> bool {
    let api = after.first().and_then(|command| command::api(command));
    match (api, after) {
        (Some(api), [_]) => names::check_operation(api, name).is_ok(),
        (Some(api), [_, _]) => Waiter::find(api, name).is_some(),
        (None, [CONFIGURE]) => configure::is_subcommand(name),
        _ => false,
    }
}

fn endless(name: &str) -> CliError {
    CliError::Other(format!("alias `{name}` expands to itself; fix it in ~/.aws/cli/alias"))
}

/// The maximum number of expansions.
const DEEPEST: usize = 100;
