//! The commands and options of the action table.

use std::borrow::Cow;

use vmfa_iam::{Action, Api, PagedReply, actions};
use vmfa_model::{Member, Shape};

use crate::{
    arguments::{Arity, Flag, ParsedArguments, Positional, scan},
    error::{CliError, Result},
    input::DocumentFormat,
    names,
    values::RawOptions,
};

/// The parsed options of an action, or a request for help.
pub(crate) enum ParsedCommand {
    /// Runs the action with these options.
    Run(RawOptions),
    Help,
}

#[derive(Clone, Debug)]
pub(crate) struct OptionSpec {
    pub(crate) flag: Flag,
    pub(crate) required: bool,
    /// Hidden from help, as the AWS CLI hides the members that page.
    pub(crate) hidden: bool,
    pub(crate) target: OptionTarget,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum OptionTarget {
    Member(&'static Member),
    /// A boolean member, and the value that the option sets.
    Switch(&'static Member, bool),
    /// `--outfile`
    Outfile,
    /// `--bootstrap-method`, with its choices.
    Method(&'static [&'static str]),
    /// `--cli-input-json` and `--cli-input-yaml`
    Input(DocumentFormat),
    MaxItems,
    StartingToken,
    PageSize,
    Skeleton,
}

/// Parses the name of the operation after the name of the API.
pub(crate) fn operation(api: Api, rest: Vec<String>) -> Result<(String, Vec<String>)> {
    let check = |name: &str| names::check_operation(api, name);
    let positional = Positional { name: "operation", required: true, check: &check };
    let ParsedArguments { word, rest, .. } = scan(rest, &[], &|_| false, positional)?;
    Ok((word.unwrap_or_default(), rest))
}

pub(crate) fn options(action: &'static Action, rest: Vec<String>) -> Result<ParsedCommand> {
    if rest == [HELP] {
        return Ok(ParsedCommand::Help);
    }
    let parameters = parameters(action);
    let demands = !stands_alone(&parameters, &rest);
    let flags: Vec<Flag> = parameters.iter().map(|parameter| parameter.flag.clone()).collect();
    let required = |at: usize| demands && parameters.get(at).is_some_and(|p| p.required);
    // The only word that may follow an operation is `help`; others are reported last.
    let check = |_: &str| Ok(());
    let positional = Positional { name: HELP, required: false, check: &check };
    let ParsedArguments { values, word, rest: mut extra, .. } =
        scan(rest, &flags, &required, positional)?;
    match word {
        Some(word) if word == HELP => return Ok(ParsedCommand::Help),
        Some(word) if !word.is_empty() => extra.push(word),
        _ => {}
    }
    if !extra.is_empty() {
        return Err(CliError::UnknownOptions(extra));
    }
    let given = parameters.into_iter().zip(values);
    let given = given.filter_map(|(parameter, value)| Some((parameter, value?)));
    Ok(ParsedCommand::Run(RawOptions { action, given: given.collect() }))
}

pub(crate) fn api(command: &str) -> Option<Api> {
    Api::AWS.into_iter().find(|api| api.name() == command)
}

/// The action of an operation, such as `create-user`.
pub(crate) fn action(api: Api, operation: &str) -> Option<&'static Action> {
    actions().find(|action| action.api == api && kebab(action.name) == operation)
}

/// The options of an action in the order of the AWS CLI.
pub(crate) fn parameters(action: &'static Action) -> Vec<OptionSpec> {
    let paged = action.paged().is_some();
    let mut parameters = Vec::new();
    for member in action.input.members {
        let name = kebab(member.name);
        let named = |prefix: &str| Cow::Owned(format!("{prefix}{name}"));
        let mut add = |flag, target| {
            let hidden = paged && member.name == PagedReply::MARKER;
            parameters.push(OptionSpec { flag, required: member.required, hidden, target });
        };
        let flag = Flag { name: named("--"), ..Flag::one("") };
        match member.shape {
            _ if paged && member.name == PagedReply::LIMIT => {
                add(Flag { integer: true, ..flag }, OptionTarget::MaxItems);
            }
            Shape::Boolean => {
                let off = Flag { name: named("--no-"), ..Flag::switch("") };
                add(Flag { takes: Arity::None, ..flag }, OptionTarget::Switch(member, true));
                add(off, OptionTarget::Switch(member, false));
            }
            Shape::List(_) => add(Flag { takes: Arity::Any, ..flag }, OptionTarget::Member(member)),
            _ => add(flag, OptionTarget::Member(member)),
        }
    }
    let mut add = |flag, required, target| {
        parameters.push(OptionSpec { flag, required, hidden: false, target });
    };
    let files = action.files();
    if !files.is_empty() {
        add(Flag::one("--outfile"), true, OptionTarget::Outfile);
        add(Flag::choice("--bootstrap-method", files), true, OptionTarget::Method(files));
        // Commands with `--outfile` take no documents in the AWS CLI.
        return parameters;
    }
    add(Flag::one("--cli-input-json"), false, OptionTarget::Input(DocumentFormat::Json));
    add(Flag::one("--cli-input-yaml"), false, OptionTarget::Input(DocumentFormat::Yaml));
    if paged {
        add(Flag::one("--starting-token"), false, OptionTarget::StartingToken);
        add(Flag::integer("--page-size"), false, OptionTarget::PageSize);
    }
    let skeleton = Flag::choice("--generate-cli-skeleton", &["input", "output", "yaml-input"]);
    add(Flag { takes: Arity::Maybe("input"), ..skeleton }, false, OptionTarget::Skeleton);
    parameters
}

/// Whether an option makes the required ones optional, as documents and skeletons do. The AWS CLI
/// checks only for the full name, separate from its value.
fn stands_alone(parameters: &[OptionSpec], rest: &[String]) -> bool {
    parameters.iter().any(|parameter| {
        let at = rest.iter().position(|word| *word == parameter.flag.name);
        match parameter.target {
            OptionTarget::Input(_) => at.is_some(),
            OptionTarget::Skeleton => at.is_some_and(|at| {
                rest.get(at.saturating_add(1)).is_none_or(|value| value != "output")
            }),
            _ => false,
        }
    })
}

/// Converts a name of the API to kebab case as botocore does. A word begins at an upper-case letter
/// after a lower-case letter or digit, and at an upper-case letter before a lower-case one.
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

pub(crate) const HELP: &str = "help";

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
    fn every_action_is_a_command_with_its_required_options() {
        let mut names = std::collections::HashSet::new();
        for action in actions() {
            let name = kebab(action.name);
            assert!(names.insert((action.api.name(), name.clone())), "two are called {name}");
            assert!(
                super::action(action.api, &name).is_some_and(|found| std::ptr::eq(found, action))
            );
            let needs: Vec<_> = parameters(action).into_iter().filter(|p| p.required).collect();
            let missing = needs.iter().map(|p| &*p.flag.name).collect::<Vec<_>>().join(", ");
            match options(action, Vec::new()) {
                Ok(ParsedCommand::Run(_)) => assert!(needs.is_empty(), "{name}"),
                Ok(ParsedCommand::Help) => panic!("{name} is help"),
                Err(failure) => assert!(failure.text("p").contains(&missing), "{name}"),
            }
            let given = needs.iter().map(|p| match p.flag.choices.first() {
                Some(choice) => format!("{}={choice}", p.flag.name),
                None => format!("{}=x", p.flag.name),
            });
            assert!(
                matches!(options(action, given.collect()), Ok(ParsedCommand::Run(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn every_member_of_every_input_can_be_given() {
        for action in actions() {
            for parameter in parameters(action) {
                let OptionTarget::Member(member) = parameter.target else { continue };
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
