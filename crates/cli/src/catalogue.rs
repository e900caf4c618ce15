//! The commands and options as data, for completions and manual pages.

use vmfa_iam::{Action, Api, actions};
use vmfa_model::Shape;

use crate::{
    arguments::{Arity, Flag},
    command::{OptionSpec, OptionTarget, kebab, parameters},
    configure::{self, CONFIGURE},
    globals::FLAGS,
    help::{about, about_all},
    wait::Waiter,
};

/// The commands of an API, such as `iam`.
#[derive(Clone, Debug)]
pub struct ServiceCommands {
    /// The name on the command line, such as `iam`.
    pub name: &'static str,
    /// One line for help and completions.
    pub about: &'static str,
    /// The operations, in the order of the action table.
    pub commands: Vec<CommandEntry>,
    /// The subcommands of `wait`.
    pub waiters: Vec<CommandEntry>,
}

/// An operation, such as `create-user`.
#[derive(Clone, Debug)]
pub struct CommandEntry {
    /// The name on the command line, such as `create-user`.
    pub name: String,
    /// The documentation of the action.
    pub about: &'static str,
    /// Its own options, in the order of the AWS CLI.
    pub options: Vec<OptionEntry>,
}

/// An option of an operation, or a global one.
#[derive(Clone, Debug)]
pub struct OptionEntry {
    /// The name without dashes.
    pub name: String,
    /// The documentation of the option.
    pub about: &'static str,
    /// Whether the option is required.
    pub required: bool,
    /// The minimum and maximum number of values.
    pub values: (usize, ValueCount),
    /// The allowed values; empty if any value is allowed.
    pub choices: &'static [&'static str],
}

/// The maximum number of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueCount {
    /// A switch.
    None,
    /// At most one value.
    One,
    /// Any number of values.
    Any,
}

/// `configure`, without the options of its subcommands.
pub fn configuring() -> ServiceCommands {
    let listed = |(name, about): (&str, &'static str)| CommandEntry {
        name: name.to_owned(),
        about,
        options: Vec::new(),
    };
    let commands = configure::described().map(listed).collect();
    ServiceCommands { name: CONFIGURE, about: configure::about(), commands, waiters: Vec::new() }
}

/// All commands, in the order of the action table.
pub fn services() -> Vec<ServiceCommands> {
    let service = |api: Api| {
        let commands = actions().filter(|action| action.api == api).map(listed).collect();
        let about = match api {
            Api::Iam => "Users, access keys and MFA devices: the commands of `aws iam`",
            Api::Sts => {
                "The caller's identity and temporary credentials: the commands of `aws sts`"
            }
            Api::Vmfa => "Actions that AWS does not have",
        };
        let waiters = Waiter::names(api).filter_map(|name| {
            let waiter = Waiter::find(api, name)?;
            let asked = listed(vmfa_iam::find(api, waiter.action)?);
            Some(CommandEntry { name: name.to_owned(), about: WAITING, ..asked })
        });
        ServiceCommands { name: api.name(), about, commands, waiters: waiters.collect() }
    };
    Api::AWS.into_iter().map(service).collect()
}

/// The global options, in the order of the AWS CLI.
pub fn global_options() -> Vec<OptionEntry> {
    FLAGS.iter().map(|flag| choice(flag, false, about_all(&flag.name), flag.choices)).collect()
}

fn listed(action: &'static Action) -> CommandEntry {
    let shown = parameters(action).into_iter().filter(|parameter| !parameter.hidden);
    let options = shown.map(|OptionSpec { flag, required, target, .. }| {
        let choices = if flag.choices.is_empty() { values(target) } else { flag.choices };
        choice(&flag, required, about(target), choices)
    });
    CommandEntry { name: kebab(action.name), about: action.doc, options: options.collect() }
}

fn choice(
    flag: &Flag,
    required: bool,
    about: &'static str,
    choices: &'static [&'static str],
) -> OptionEntry {
    let values = match flag.takes {
        Arity::None | Arity::Exit => (0, ValueCount::None),
        Arity::One => (1, ValueCount::One),
        Arity::Maybe(_) => (0, ValueCount::One),
        Arity::Any => (0, ValueCount::Any),
    };
    let name = flag.name.trim_start_matches('-').to_owned();
    OptionEntry { name, about, required, values, choices }
}

/// The allowed values of an option.
fn values(target: OptionTarget) -> &'static [&'static str] {
    match target {
        OptionTarget::Member(member) => of_shape(&member.shape),
        _ => &[],
    }
}

fn of_shape(shape: &Shape) -> &'static [&'static str] {
    match shape {
        Shape::Text(text) => text.values,
        Shape::List(list) => of_shape(&list.element),
        _ => &[],
    }
}

const WAITING: &str =
    "Poll until the entity exists, at the AWS CLI's interval and number of attempts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_option_has_a_description() {
        let check = |options: &[OptionEntry]| {
            for option in options {
                assert!(!option.about.is_empty(), "--{} has no description", option.name);
            }
        };
        check(&global_options());
        let services = services();
        assert_eq!(services.iter().map(|s| s.commands.len()).sum::<usize>(), actions().count());
        for command in services.iter().flat_map(|service| &service.commands) {
            assert!(!command.about.is_empty(), "{}", command.name);
            check(&command.options);
        }
    }
}
