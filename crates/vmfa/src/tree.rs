//! The tree of all commands: vmfa's own, and those that are derived from the action table. Help,
//! completions and manual pages are generated from it.
//!
//! Not here: parsing the derived commands, by the rules of the AWS CLI (see `vmfa_cli`).

use clap::{Arg, ArgAction, Command, CommandFactory as _, builder::PossibleValuesParser};
use vmfa_cli::catalogue::{
    CommandEntry, OptionEntry, ServiceCommands, ValueCount, configuring, global_options, services,
};

/// vmfa's own commands, and one for each service, without those below: what `vmfa --help` lists.
pub(crate) fn shallow() -> Command {
    derived().fold(crate::ProgramArguments::command(), |tree, service| {
        tree.subcommand(Command::new(service.name).about(split(service.about).0))
    })
}

/// All commands, with all their options.
pub(crate) fn whole() -> Command {
    derived().fold(crate::ProgramArguments::command(), |tree, service| {
        tree.subcommand(of_service(service))
    })
}

/// The services, and `configure`.
fn derived() -> impl Iterator<Item = ServiceCommands> {
    services().into_iter().chain([configuring()])
}

fn of_service(service: ServiceCommands) -> Command {
    let help = || Command::new("help").about("List the commands").disable_help_flag(true);
    let globals = global_options();
    // After the command's own options.
    let globals = (LAST..).zip(&globals).map(|(order, option)| {
        of_option(option).global(true).display_order(order).help_heading("Global options")
    });
    let mut tree = below(Command::new(service.name), service.about, service.commands);
    if !service.waiters.is_empty() {
        let about = "Wait until a resource exists";
        tree = tree.subcommand(below(Command::new("wait"), about, service.waiters));
    }
    tree.args(globals).subcommand(help())
}

fn below(command: Command, about: &'static str, mut commands: Vec<CommandEntry>) -> Command {
    commands.sort_by(|a, b| a.name.cmp(&b.name));
    let command = command.about(about).disable_help_flag(true).disable_help_subcommand(true);
    command.subcommand_required(true).subcommands(commands.into_iter().map(of_command))
}

fn of_command(command: CommandEntry) -> Command {
    let (first, rest) = split(command.about);
    let listed = Command::new(command.name).about(first).disable_help_flag(true);
    let listed = if rest.is_empty() { listed } else { listed.long_about(command.about) };
    listed.args(command.options.iter().map(of_option))
}

fn of_option(option: &OptionEntry) -> Arg {
    let (first, rest) = split(option.about);
    let arg = Arg::new(option.name.clone()).long(option.name.clone()).help(first);
    let arg = if rest.is_empty() { arg } else { arg.long_help(option.about.trim()) };
    let (least, most) = option.values;
    let arg = match most {
        ValueCount::None => return arg.action(ArgAction::SetTrue),
        ValueCount::One => arg.num_args(least..=1),
        ValueCount::Any => arg.num_args(least..),
    };
    let arg = arg.value_name("VALUE").required(option.required);
    if option.choices.is_empty() {
        return arg;
    }
    arg.value_parser(PossibleValuesParser::new(option.choices))
}

/// The first sentence without its full stop, and the rest.
fn split(about: &str) -> (&str, &str) {
    let about = about.trim();
    let (first, rest) = about.split_once(". ").unwrap_or((about, ""));
    (first.trim_end_matches('.'), rest)
}

/// The display order of the first global option.
const LAST: usize = 1000;
