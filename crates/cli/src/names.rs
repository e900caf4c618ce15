//! The names of commands and operations in the AWS CLI 2.36, which distinguish misspelt names from
//! commands that vmfa does not have.

use vmfa_iam::Api;

use crate::{
    error::{Result, invalid_choice},
    suggest,
};

/// Refuses an unknown command, with suggestions.
pub(crate) fn check_command(name: &str) -> Result<()> {
    check("command", name, COMMANDS)
}

/// Refuses an unknown operation, with suggestions.
pub(crate) fn check_operation(api: Api, name: &str) -> Result<()> {
    let names = match api {
        Api::Iam => IAM,
        Api::Sts => STS,
        // The AWS CLI has no commands of this API.
        Api::Vmfa => "",
    };
    check("operation", name, names)
}

/// The list of similar names for a message.
pub(crate) fn suggestions<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let close = suggest::close(name, names);
    if close.is_empty() {
        return String::new();
    }
    let close: Vec<String> = close.into_iter().map(|name| format!("  * {name}")).collect();
    format!("\nMaybe you meant:\n\n{}", close.join("\n"))
}

fn check(argument: &str, name: &str, names: &str) -> Result<()> {
    if names.lines().any(|known| known == name) {
        return Ok(());
    }
    Err(invalid_choice(argument, name, names.lines()))
}

/// One per line, sorted.
const COMMANDS: &str = include_str!("names/commands.txt");
const IAM: &str = include_str!("names/iam.txt");
const STS: &str = include_str!("names/sts.txt");

#[cfg(test)]
mod tests {
    use vmfa_iam::actions;

    use super::*;
    use crate::command::kebab;

    #[test]
    fn the_name_lists_are_complete() {
        assert_eq!([COMMANDS, IAM, STS].map(|names| names.lines().count()), [436, 179, 12]);
        for action in actions() {
            let name = kebab(action.name);
            assert!(check_operation(action.api, &name).is_ok(), "{name}");
        }
        for name in ["iam", "sts", "configure", "help", "s3"] {
            assert!(check_command(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn misspelt_names_get_suggestions() {
        let message = |checked: Result<()>| checked.unwrap_err().text("vmfa");
        insta::assert_snapshot!(message(check_operation(Api::Iam, "list-virtual-mfa-device")), @r"

        vmfa: [ERROR]: An error occurred (ParamValidation): argument operation: Found invalid choice 'list-virtual-mfa-device'

        Maybe you meant:

          * list-virtual-mfa-devices
          * delete-virtual-mfa-device
          * create-virtual-mfa-device

        usage: vmfa [options] <command> <subcommand> [<subcommand> ...] [parameters]
        To see help text, you can run:

          vmfa help
          vmfa <command> help
          vmfa <command> <subcommand> help
        ");
        assert!(message(check_command("IAM")).contains("Found invalid choice 'IAM'\n\n\nusage: "));
    }
}
