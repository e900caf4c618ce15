//! Help pages of the program, services and commands, made from the action table.

mod examples;
mod layout;
mod options;
mod syntax;

use vmfa_iam::{Action, Api, actions};
use vmfa_model::{Shape, StructureShape};

pub(crate) use self::{
    layout::HelpPage,
    options::{about, about_all},
};
use crate::{
    command::{self, kebab, parameters},
    configure::{self, CONFIGURE},
    wait::Waiter,
};

/// The page of the longest known prefix of `words`, wrapped at `columns`.
pub(crate) fn text(words: &[&str], program: &str, columns: usize) -> String {
    let mut page = HelpPage::new(columns);
    if let [CONFIGURE, names @ ..] = words {
        configure::describe(&mut page, names.first().copied(), program);
        return page.text();
    }
    let api = words.first().and_then(|word| command::api(word));
    match (api, words.get(1..).unwrap_or_default()) {
        (None, _) => of_program(&mut page, program),
        (Some(api), [name, ..]) if *name == WAIT => of_waiting(&mut page, api, program),
        (Some(api), names) => match names.first().and_then(|name| command::action(api, name)) {
            Some(action) => of_command(&mut page, action, program),
            None => of_service(&mut page, api, program),
        },
    }
    page.text()
}

fn of_program(page: &mut HelpPage, program: &str) {
    page.section("NAME");
    page.paragraph(0, &format!("{program} - virtual MFA devices as AWS IAM defines them"));
    page.section("DESCRIPTION");
    page.paragraph(0, PROGRAM);
    page.section("SYNOPSIS");
    page.code(0, &format!("{program} [options] <command> <subcommand> [parameters]"));
    page.paragraph(0, "For help on a command, append the word help:");
    page.code(
        0,
        &format!("{program} help\n{program} <command> help\n{program} <command> <subcommand> help"),
    );
    options::global(page);
    page.section("AVAILABLE COMMANDS");
    for api in Api::AWS {
        page.entry(0, api.name(), service(api));
    }
    page.entry(0, "configure", "View and change the configuration, and export credentials.");
    // A program called `aws` shows the AWS CLI's commands only.
    if program == "vmfa" {
        page.paragraph(
            0,
            "For the commands of vmfa that are not part of the AWS CLI, run vmfa --help.",
        );
    }
}

fn of_service(page: &mut HelpPage, api: Api, program: &str) {
    page.section("NAME");
    page.paragraph(0, &format!("{} - {}", api.name(), lead(service(api))));
    page.section("DESCRIPTION");
    page.paragraph(0, service(api));
    page.section("SYNOPSIS");
    page.code(0, &format!("{program} {} <subcommand> [parameters]", api.name()));
    page.section("AVAILABLE COMMANDS");
    let mut commands: Vec<(String, &str)> = actions()
        .filter(|action| action.api == api)
        .map(|action| (kebab(action.name), first_sentence(action.doc)))
        .collect();
    if waiters(api).next().is_some() {
        commands.push((WAIT.to_owned(), WAITING));
    }
    commands.sort();
    for (name, sentence) in commands {
        page.entry(0, &name, sentence);
    }
}

fn of_waiting(page: &mut HelpPage, api: Api, program: &str) {
    page.section("NAME");
    page.paragraph(0, &format!("{WAIT} - {}", lead(WAITING)));
    page.section("DESCRIPTION");
    page.paragraph(0, WAITING);
    page.section("SYNOPSIS");
    page.code(0, &format!("{program} {} {WAIT} <subcommand> [parameters]", api.name()));
    page.section("AVAILABLE COMMANDS");
    for (name, action) in waiters(api) {
        let asked = kebab(action.name);
        let text = format!("Polls with {asked} until that succeeds. Takes the options of {asked}.");
        page.entry(0, name, &text);
    }
}

/// The subcommands of `wait`, each with the action that it polls.
fn waiters(api: Api) -> impl Iterator<Item = (&'static str, &'static Action)> {
    Waiter::names(api).filter_map(move |name| {
        let waiter = Waiter::find(api, name)?;
        Some((name, vmfa_iam::find(api, waiter.action)?))
    })
}

fn of_command(page: &mut HelpPage, action: &'static Action, program: &str) {
    let name = kebab(action.name);
    let parameters = parameters(action);
    page.section("NAME");
    page.paragraph(0, &format!("{name} - {}", lead(action.doc)));
    page.section("DESCRIPTION");
    page.paragraph(0, action.doc);
    if let Some(paged) = action.paged() {
        page.paragraph(
            0,
            "All pages of the list are read; --no-paginate reads the first page only.",
        );
        page.paragraph(
            0,
            &format!(
                "With --output text, --query applies to each page separately, and to {} only.",
                paged.lists.join(", ")
            ),
        );
    }
    page.section("SYNOPSIS");
    page.code(0, &options::synopsis(&name, &parameters));
    page.section("OPTIONS");
    if parameters.iter().all(|parameter| parameter.hidden) {
        page.paragraph(0, "None");
    }
    for parameter in parameters.iter().filter(|parameter| !parameter.hidden) {
        options::parameter(page, parameter);
    }
    options::global(page);
    page.section("EXAMPLES");
    page.code(0, &examples::of(action, &parameters, program));
    page.section("OUTPUT");
    match action.output() {
        Some(shape) => members(page, 0, shape),
        None => page.paragraph(0, "None"),
    }
}

/// Describes the members of a structure, recursively.
fn members(page: &mut HelpPage, depth: usize, shape: &StructureShape) {
    for member in shape.members {
        let kind = syntax::kind(&member.shape);
        page.entry(depth, &format!("{} -> ({kind})", member.name), member.doc);
        within(page, depth.saturating_add(1), &member.shape);
    }
}

fn within(page: &mut HelpPage, depth: usize, shape: &Shape) {
    let deeper = depth.saturating_add(1);
    match shape {
        Shape::Structure(shape) => members(page, depth, shape),
        Shape::List(list) => {
            page.line(depth, &format!("({})", syntax::kind(&list.element)));
            within(page, deeper, &list.element);
        }
        Shape::Map(value) => {
            page.line(depth, "key -> (string)");
            page.line(depth, &format!("value -> ({})", syntax::kind(value)));
            within(page, deeper, value);
        }
        Shape::Text(text) if !text.values.is_empty() => page.choices(depth, text.values),
        _ => {}
    }
}

fn service(api: Api) -> &'static str {
    match api {
        Api::Iam => {
            "Identity and Access Management: users, their access keys, and their virtual MFA devices."
        }
        Api::Sts => {
            "The Security Token Service: the caller's identity, and temporary credentials with MFA."
        }
        Api::Vmfa => "Actions that AWS does not have.",
    }
}

fn first_sentence(text: &str) -> &str {
    match text.find(". ") {
        Some(at) => text.get(..=at).unwrap_or(text),
        None => text,
    }
}

/// The first sentence without its full stop.
fn lead(text: &str) -> &str {
    let sentence = first_sentence(text);
    sentence.strip_suffix('.').unwrap_or(sentence)
}

const WAIT: &str = "wait";

const WAITING: &str = "Wait until an entity exists.";

const PROGRAM: &str = "\
Manages virtual MFA devices, their users and sessions with the commands of the AWS CLI, version 2. \
Commands use the store in the data directory, or the server that holds it, unless --endpoint-url, the \
environment or a profile names an endpoint; --endpoint-url aws selects AWS itself.";

#[cfg(test)]
mod tests;
