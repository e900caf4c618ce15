//! `configure` and its subcommands, which show and change what the AWS CLI and vmfa are configured
//! by, and hand credentials to programs.
//!
//! Not here: what is configured, and where credentials are found.

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
use vmfa_client::{Configuration, Trouble, Wishes};

use crate::{
    Connect, Surroundings,
    arguments::{Flag, Positional, Scanned, scan},
    command::HELP,
    failure::{Failure, Told, invalid_choice},
    pager,
    session::help,
};

/// What a subcommand works on.
pub(crate) struct Task<'t, 'a> {
    pub(crate) configuration: &'t Configuration,
    pub(crate) wishes: &'t Wishes,
    pub(crate) connect: Connect<'t>,
    pub(crate) around: &'t mut Surroundings<'a>,
}

/// Runs what the words after `configure` say.
pub(crate) fn run(words: Vec<String>, mut task: Task<'_, '_>) -> Told<()> {
    // Beside other words, `help` is no subcommand.
    if words == [HELP] {
        return help(&[CONFIGURE], task.around);
    }
    let names = SUBCOMMANDS.map(|(name, _)| name);
    let check = |name: &str| {
        let mut all = names.into_iter().chain(ELSEWHERE);
        let known = all.clone().any(|known| known == name);
        if known { Ok(()) } else { Err(invalid_choice("subcommand", name, &mut all)) }
    };
    let positional = Positional { name: "subcommand", required: false, check: &check };
    let Scanned { word, rest, .. } = scan(words, &[], &|_| false, positional)?;
    let Some(name) = word else {
        return if rest.is_empty() {
            interactive::run(&mut task)
        } else {
            Err(Failure::Unknown(rest))
        };
    };
    match SUBCOMMANDS.iter().find(|(known, _)| *known == name) {
        Some(_) if rest == [HELP] => help(&[CONFIGURE, &name], task.around),
        Some((_, run)) => run(rest, &mut task),
        None => Err(Failure::Exit(
            252,
            format!("{} has no `configure {name}`, which the AWS CLI has", task.around.program),
        )),
    }
}

/// Whether there is such a subcommand.
pub(crate) fn is_subcommand(name: &str) -> bool {
    name == HELP || SUBCOMMANDS.iter().any(|(known, _)| *known == name) || ELSEWHERE.contains(&name)
}

type Run = fn(Vec<String>, &mut Task<'_, '_>) -> Told<()>;

/// What it is called.
pub(crate) const CONFIGURE: &str = "configure";

/// The subcommands, in the order in which the AWS CLI tells of them.
const SUBCOMMANDS: [(&str, Run); 7] = [
    ("list", list::run),
    ("get", get::run),
    ("set", set::run),
    ("import", import::run),
    ("list-profiles", list::profiles),
    ("export-credentials", export::run),
    ("mfa-login", login::run),
];

/// Those that only the AWS CLI has.
const ELSEWHERE: [&str; 3] = ["add-model", "sso", "sso-session"];

impl Task<'_, '_> {
    /// Prints, at once.
    fn print(&mut self, text: &str) -> Told<()> {
        let out = &mut self.around.out;
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // Whoever was reading has seen enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(pager::unwritten(&error))
            }
            _ => Ok(()),
        }
    }

    /// Asks whoever is on standard input. The prompt goes to standard output, as the AWS CLI's does.
    /// `None` for an answer that is empty.
    fn ask(&mut self, prompt: &str) -> Told<Option<String>> {
        self.print(prompt)?;
        let line = self.around.terminal.person.line();
        match line.map_err(|error| Failure::Other(error.to_string()))? {
            Some(line) => Ok(Some(line).filter(|line| !line.is_empty())),
            None => Err(Failure::Other("EOF when reading a line".to_owned())),
        }
    }

    /// Refuses a profile that does not exist.
    fn demand_profile(&self) -> Told<()> {
        match self.configuration.profile() {
            Some(name) if !self.configuration.profiles().any(|known| known == name) => {
                Err(Trouble::ProfileNotFound(name.to_owned()).into())
            }
            _ => Ok(()),
        }
    }
}

/// The values of options, and the words that are none, of which there must be as many as `names`.
fn arguments<const F: usize, const N: usize>(
    rest: Vec<String>,
    flags: &[Flag; F],
    names: [&'static str; N],
) -> Told<([Option<String>; F], [String; N])> {
    let any = Positional {
        name: names.first().copied().unwrap_or(HELP),
        required: false,
        check: &|_| Ok(()),
    };
    let Scanned { values, word, rest: mut extra, .. } = scan(rest, flags, &|_| false, any)?;
    let mut words: Vec<String> = word.into_iter().collect();
    if N == 0 {
        // A word too many is told last.
        extra.append(&mut words);
    } else {
        let missing = N.saturating_sub(words.len()).min(extra.len());
        words.extend(extra.drain(..missing));
    }
    let missing: Vec<&str> = names.iter().skip(words.len()).copied().collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Failure::Usage(format!("the following arguments are required: {missing}")));
    }
    if !extra.is_empty() {
        return Err(Failure::Unknown(extra));
    }
    let mut values = values.into_iter().map(|values| values.and_then(|mut values| values.pop()));
    let values = std::array::from_fn(|_| values.next().flatten());
    let mut words = words.into_iter();
    Ok((values, std::array::from_fn(|_| words.next().unwrap_or_default())))
}

/// The section of the config file that has a profile's settings.
fn section(profile: &str) -> String {
    match profile {
        "default" => profile.to_owned(),
        _ if profile.contains([' ', '\t']) => format!("profile {}", quoted(profile)),
        _ => format!("profile {profile}"),
    }
}

/// A word as a shell needs it quoted.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// What is shown of a key: its end.
fn masked(text: &str) -> String {
    let characters = text.chars().count();
    let end: String = text.chars().skip(characters.saturating_sub(4)).collect();
    format!("****************{end}")
}

/// The settings that stand in the credentials file, whatever sets them.
const SECRET: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
