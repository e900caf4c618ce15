//! `configure`: views and changes the configuration, and exports credentials.

mod export;
mod get;
mod import;
mod interactive;
mod list;
mod login;
mod pages;
mod set;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::pages::{about, describe, described};
use vmfa_client::{ClientError, Configuration, ConnectionOptions};

use crate::{
    CliContext, Connect,
    arguments::{Flag, ParsedArguments, Positional, is_option, last_of_each, scan, take_options},
    command::HELP,
    error::{CliError, Result, invalid_choice},
    pager,
    session::help,
};

pub(crate) struct ConfigureContext<'t, 'a> {
    pub(crate) configuration: &'t Configuration,
    pub(crate) connection: &'t ConnectionOptions,
    pub(crate) connect: Connect<'t>,
    pub(crate) context: &'t mut CliContext<'a>,
}

/// Runs `configure` with the arguments that follow it.
pub(crate) fn run(words: Vec<String>, mut task: ConfigureContext<'_, '_>) -> Result<()> {
    // With other words, `help` is not a subcommand.
    if words == [HELP] {
        return help(&[CONFIGURE], task.context);
    }
    let names = SUBCOMMANDS.map(|(name, _)| name);
    let check = |name: &str| {
        let mut all = names.into_iter().chain(ELSEWHERE);
        let known = all.clone().any(|known| known == name);
        if known { Ok(()) } else { Err(invalid_choice("subcommand", name, &mut all)) }
    };
    let positional = Positional { name: "subcommand", required: false, check: &check };
    let ParsedArguments { word, rest, .. } = scan(words, &[], &|_| false, positional)?;
    let Some(name) = word else {
        refuse(&rest)?;
        return interactive::run(&mut task);
    };
    match SUBCOMMANDS.iter().find(|(known, _)| *known == name) {
        Some(_) if rest == [HELP] => help(&[CONFIGURE, &name], task.context),
        Some((_, run)) => run(rest, &mut task),
        None => Err(CliError::Exit(
            252,
            format!(
                "{} does not have the AWS CLI's command `configure {name}`",
                task.context.program
            ),
        )),
    }
}

pub(crate) fn is_subcommand(name: &str) -> bool {
    name == HELP || SUBCOMMANDS.iter().any(|(known, _)| *known == name) || ELSEWHERE.contains(&name)
}

type SubcommandFn = fn(Vec<String>, &mut ConfigureContext<'_, '_>) -> Result<()>;

pub(crate) const CONFIGURE: &str = "configure";

/// The subcommands, in the order of the AWS CLI.
const SUBCOMMANDS: [(&str, SubcommandFn); 7] = [
    ("list", list::run),
    ("get", get::run),
    ("set", set::run),
    ("import", import::run),
    ("list-profiles", list::profiles),
    ("export-credentials", export::run),
    ("mfa-login", login::run),
];

/// Subcommands of the AWS CLI that vmfa does not have.
const ELSEWHERE: [&str; 3] = ["add-model", "sso", "sso-session"];

impl ConfigureContext<'_, '_> {
    /// Prints and flushes.
    fn print(&mut self, text: &str) -> Result<()> {
        let out = &mut self.context.out;
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // The reader of standard output closed it.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(pager::unwritten(&error))
            }
            _ => Ok(()),
        }
    }

    /// Prompts on standard output, as the AWS CLI does, and reads a line. `None` for an empty line.
    fn ask(&mut self, prompt: &str) -> Result<Option<String>> {
        self.print(prompt)?;
        let line = self.context.terminal.io.line();
        match line.map_err(|error| CliError::Other(error.to_string()))? {
            Some(line) => Ok(Some(line).filter(|line| !line.is_empty())),
            None => Err(CliError::Other("EOF when reading a line".to_owned())),
        }
    }

    fn demand_profile(&self) -> Result<()> {
        match self.configuration.profile() {
            Some(name) if !self.configuration.profiles().any(|known| known == name) => {
                Err(ClientError::ProfileNotFound(name.to_owned()).into())
            }
            _ => Ok(()),
        }
    }
}

/// The values of the options of a subcommand without positional arguments.
fn options<const F: usize>(rest: Vec<String>, flags: &[Flag; F]) -> Result<[Option<String>; F]> {
    let any = Positional { name: HELP, required: false, check: &|_| Ok(()) };
    let ParsedArguments { values, word, rest: mut extra, .. } = scan(rest, flags, &|_| false, any)?;
    // An extra argument is reported last.
    extra.extend(word);
    refuse(&extra)?;
    Ok(last_of_each(values))
}

/// The positional arguments of a subcommand, as many as `names`.
fn words<const N: usize>(rest: Vec<String>, names: [&'static str; N]) -> Result<[String; N]> {
    let (mut words, mut extra, mut ended) = (Vec::new(), Vec::new(), false);
    for word in rest {
        if !ended && word == "--" {
            ended = true;
        } else if words.len() < N && (ended || !is_option(&word)) {
            words.push(word);
        } else {
            extra.push(word);
        }
    }
    let missing: Vec<&str> = names.into_iter().skip(words.len()).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(CliError::Usage(format!("the following arguments are required: {missing}")));
    }
    refuse(&extra)?;
    let mut words = words.into_iter();
    Ok(std::array::from_fn(|_| words.next().unwrap_or_default()))
}

/// A section of the config file that is not a profile, named by an option of `get` or `set`.
struct Subsection {
    kind: &'static str,
    name: String,
}

impl Subsection {
    /// Parses the options. Two are refused: which one the AWS CLI would use is not recorded.
    fn take(rest: Vec<String>) -> Result<(Option<Self>, Vec<String>)> {
        let flags = SUBSECTIONS.map(|(flag, _)| Flag::one(flag));
        let (values, rest) = take_options(rest, &flags)?;
        let mut named = SUBSECTIONS
            .into_iter()
            .zip(values)
            .filter_map(|((flag, kind), name)| Some((flag, Self { kind, name: name? })));
        match (named.next(), named.next()) {
            (Some((first, _)), Some((second, _))) => {
                let problem = format!("argument {second}: not allowed with argument {first}");
                Err(CliError::Usage(problem))
            }
            (named, _) => Ok((named.map(|(_, section)| section), rest)),
        }
    }
}

/// The options, each with the first word of the section header.
const SUBSECTIONS: [(&str, &str); 2] =
    [("--sso-session", "sso-session"), ("--services", "services")];

fn refuse(extra: &[String]) -> Result<()> {
    if extra.is_empty() { Ok(()) } else { Err(CliError::UnknownOptions(vec![extra.join(",")])) }
}

/// Quotes a word for a shell, as Python's `shlex.quote` does.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Masks all but the last four characters of a key.
fn masked(text: &str) -> String {
    let characters = text.chars().count();
    let end: String = text.chars().skip(characters.saturating_sub(4)).collect();
    format!("****************{end}")
}

/// Whether a name of two parts is a setting in a section of that name, instead of a nested setting.
/// Version 2 of the AWS CLI searches for the first part in the string `plugins`, and so also finds
/// `p` and `in`.
fn is_part_of_plugins(name: &str) -> bool {
    !name.is_empty() && PLUGINS.contains(name)
}

/// The name of the section that is not a profile.
const PLUGINS: &str = "plugins";

/// The settings in the credentials file.
const SECRET: [&str; 4] =
    ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"];
