//! Commands: what the action table is called on a command line, and which options each action has.

use vmfa_iam::{Action, Api, Page, actions};
use vmfa_model::{Member, Shape};

use crate::{
    arguments::{Flag, Globals, Takes, is_option, scan},
    failure::{Failure, Told, invalid_choice},
    values::Raw,
};

/// What a command line asks for.
pub(crate) enum Command {
    /// An action, with the values of its options as they were given.
    Action { action: &'static Action, given: Raw },
    /// Help.
    Help,
}

/// An option of an action.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// The option.
    pub(crate) flag: Flag,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// What it is for.
    pub(crate) target: Target,
}

/// What an option is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A member of the input.
    Member(&'static Member),
    /// A member of the input that is true or false, and which of the two the option says.
    Switch(&'static Member, bool),
    /// The file for a secret of the output.
    Outfile,
    /// Which of the secrets that is, of these.
    Method(&'static [&'static str]),
}

impl Command {
    pub(crate) fn parse(globals: Globals) -> Told<Self> {
        let required =
            |what: &str| Failure::Usage(format!("the following arguments are required: {what}"));
        let name = globals.command.ok_or_else(|| required("command"))?;
        let api = api(&name).ok_or_else(|| invalid_choice("command", &name))?;
        let mut rest = globals.rest;
        let at = rest.iter().position(|argument| !is_option(argument));
        let operation = at.map(|at| rest.remove(at)).ok_or_else(|| required("operation"))?;
        if operation == HELP {
            return Ok(Self::Help);
        }
        let action = actions().find(|action| action.api == api && kebab(action.name) == operation);
        let action = action.ok_or_else(|| invalid_choice("operation", &operation))?;

        let parameters = parameters(action);
        let flags: Vec<Flag> = parameters.iter().map(|parameter| parameter.flag.clone()).collect();
        let scanned = scan(rest, &flags)?;
        let mut extra = scanned.rest;
        // argparse takes the first stray word for a word after the operation, of which there is
        // but one; it is told last.
        if let Some(at) = extra.iter().position(|argument| !is_option(argument)) {
            let word = extra.remove(at);
            if word == HELP {
                return Ok(Self::Help);
            }
            extra.push(word);
        }
        let values: Vec<_> = parameters.into_iter().zip(scanned.values).collect();
        let lacks = |(p, value): &&(Parameter, Option<_>)| p.required && value.is_none();
        let missing = values.iter().filter(lacks);
        let missing: Vec<&str> = missing.map(|(p, _)| p.flag.name.as_str()).collect();
        if !missing.is_empty() {
            return Err(required(&missing.join(", ")));
        }
        if !extra.is_empty() {
            return Err(Failure::Unknown(extra));
        }
        let given = values.into_iter().filter_map(|(p, value)| Some((p, value?))).collect();
        Ok(Self::Action { action, given: Raw(given) })
    }
}

/// The API that a command is the name of.
pub(crate) fn api(command: &str) -> Option<Api> {
    Api::ALL.into_iter().find(|api| api.name() == command)
}

/// The options of an action, in the order in which the AWS CLI tells of them.
pub(crate) fn parameters(action: &'static Action) -> Vec<Parameter> {
    // Pages are followed to their end; what that needs is not the user's to give.
    let paging = [Page::MARKER, Page::LIMIT];
    let hidden = |name: &str| action.page.is_some() && paging.contains(&name);
    let members = action.input.members.iter().filter(|member| !hidden(member.name));
    let members = members.flat_map(|member| {
        let name = kebab(member.name);
        let parameter = |prefix, takes, target| Parameter {
            flag: Flag { name: format!("{prefix}{name}"), takes },
            required: member.required,
            target,
        };
        match member.shape {
            Shape::Boolean => vec![
                parameter("--", Takes::None, Target::Switch(member, true)),
                parameter("--no-", Takes::None, Target::Switch(member, false)),
            ],
            Shape::List(_) => vec![parameter("--", Takes::Any, Target::Member(member))],
            _ => vec![parameter("--", Takes::One, Target::Member(member))],
        }
    });
    let blob = action.blob.iter().flat_map(|blob| {
        [("--outfile", Target::Outfile), ("--bootstrap-method", Target::Method(blob.fields))]
    });
    let blob = blob.map(|(name, target)| Parameter {
        flag: Flag { name: name.to_owned(), takes: Takes::One },
        required: true,
        target,
    });
    members.chain(blob).collect()
}

/// A name of the API as botocore writes it on command lines: words in lower case, joined by
/// dashes. A word begins at a capital after a small letter or digit, and at a capital before a
/// small letter.
pub(crate) fn kebab(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut written = String::with_capacity(name.len().saturating_add(4));
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let after = at.checked_add(1).and_then(|at| characters.get(at));
        let small = |c: &&char| c.is_ascii_lowercase();
        let begins = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            || (before.is_some() && after.as_ref().is_some_and(small));
        if character.is_ascii_uppercase() && begins {
            written.push('-');
        }
        written.push(character.to_ascii_lowercase());
    }
    written
}

/// The word that asks for help.
const HELP: &str = "help";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_aws_cli() {
        for (name, written) in [
            ("CreateVirtualMFADevice", "create-virtual-mfa-device"),
            ("ListMFADevices", "list-mfa-devices"),
            ("GetMFADevice", "get-mfa-device"),
            ("VirtualMFADeviceName", "virtual-mfa-device-name"),
            ("AuthenticationCode1", "authentication-code1"),
            ("SerialNumber", "serial-number"),
            ("GetCallerIdentity", "get-caller-identity"),
        ] {
            assert_eq!(kebab(name), written);
        }
    }

    #[test]
    fn every_action_is_a_command_that_asks_for_what_it_needs() {
        let mut names = std::collections::HashSet::new();
        for action in actions() {
            let words = vec![action.api.name().to_owned(), kebab(action.name)];
            assert!(names.insert(words.clone()), "two actions are called {words:?}");
            let needs: Vec<_> = parameters(action).into_iter().filter(|p| p.required).collect();
            let missing = needs.iter().map(|p| p.flag.name.as_str()).collect::<Vec<_>>().join(", ");
            let parsed = Globals::parse(words.clone()).and_then(Command::parse);
            match parsed {
                Ok(Command::Action { action: found, .. }) => {
                    assert!(std::ptr::eq(found, action) && needs.is_empty(), "{words:?}");
                }
                Ok(Command::Help) => panic!("{words:?} is help"),
                Err(failure) => assert!(failure.text("p").contains(&missing), "{words:?}"),
            }
            let given = needs.iter().map(|p| match p.flag.takes {
                Takes::None => p.flag.name.clone(),
                _ => format!("{}=x", p.flag.name),
            });
            let words = words.into_iter().chain(given).collect();
            let parsed = Globals::parse(words).and_then(Command::parse);
            assert!(matches!(parsed, Ok(Command::Action { .. })), "{}", action.name);
        }
    }

    #[test]
    fn every_member_of_every_input_can_be_given() {
        for action in actions() {
            for parameter in parameters(action) {
                let Target::Member(member) = parameter.target else { continue };
                let shape = match member.shape {
                    Shape::List(list) => list.element,
                    shape => shape,
                };
                let known =
                    matches!(shape, Shape::Text(_) | Shape::Integer(_) | Shape::Structure(_));
                assert!(known, "{} of {}", member.name, action.name);
            }
        }
    }
}
