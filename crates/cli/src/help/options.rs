//! What options are for.

use vmfa_model::Shape;

use super::{layout::HelpPage, syntax};
use crate::{
    arguments::{Arity, Flag},
    command::{OptionSpec, OptionTarget},
    globals::FLAGS,
    input::DocumentFormat,
};

/// The command with all its options, on a line each; those that need not be given in brackets.
pub(super) fn synopsis(name: &str, parameters: &[OptionSpec]) -> String {
    let mut lines = vec![name.to_owned()];
    for parameter in parameters.iter().filter(|parameter| !parameter.hidden) {
        let flag = &parameter.flag.name;
        match parameter.target {
            OptionTarget::Switch(_, false) | OptionTarget::Input(DocumentFormat::Yaml) => {}
            OptionTarget::Switch(member, true) => {
                let off = flag.replacen("--", "--no-", 1);
                let both = format!("{flag} | {off}");
                lines.push(if member.required { both } else { format!("[{both}]") });
            }
            OptionTarget::Input(DocumentFormat::Json) => {
                lines.push("[--cli-input-json | --cli-input-yaml]".to_owned());
            }
            _ if parameter.required => lines.push(usage(&parameter.flag)),
            _ => lines.push(format!("[{}]", usage(&parameter.flag))),
        }
    }
    lines.extend(FLAGS.iter().map(|flag| format!("[{}]", usage(flag))));
    lines.join("\n")
}

/// An option of a command.
pub(super) fn parameter(page: &mut HelpPage, parameter: &OptionSpec) {
    let flag = &parameter.flag;
    let required = if parameter.required { " [required]" } else { "" };
    let mut entry = |name: &str, kind: &str, text: &str| {
        page.entry(0, &format!("{name} ({kind}){required}"), text);
    };
    match parameter.target {
        OptionTarget::Member(member) => {
            entry(&flag.name, syntax::kind(&member.shape), member.doc);
            syntax::of(page, 1, &member.shape);
        }
        OptionTarget::Switch(member, true) => {
            let off = flag.name.replacen("--", "--no-", 1);
            entry(&format!("{} | {off}", flag.name), "boolean", member.doc);
        }
        // Told along with its counterpart.
        OptionTarget::Switch(_, false) | OptionTarget::Input(DocumentFormat::Yaml) => {}
        OptionTarget::Outfile => entry(&flag.name, "string", OUTFILE),
        OptionTarget::Method(fields) => {
            entry(&flag.name, "string", METHOD);
            page.choices(1, fields);
        }
        OptionTarget::Input(DocumentFormat::Json) => {
            entry("--cli-input-json | --cli-input-yaml", "string", INPUT);
        }
        OptionTarget::MaxItems => entry(&flag.name, "integer", MAX_ITEMS),
        OptionTarget::StartingToken => entry(&flag.name, "string", STARTING_TOKEN),
        OptionTarget::PageSize => entry(&flag.name, "integer", PAGE_SIZE),
        OptionTarget::Skeleton => {
            entry(&flag.name, "string", SKELETON);
            page.choices(1, flag.choices);
        }
    }
}

/// The options of all commands.
pub(super) fn global(page: &mut HelpPage) {
    page.section("GLOBAL OPTIONS");
    for flag in &FLAGS {
        let kind = match flag.takes {
            Arity::None | Arity::Exit => "boolean",
            _ if flag.name.ends_with("-timeout") => "int",
            _ => "string",
        };
        page.entry(0, &format!("{} ({kind})", flag.name), about_all(&flag.name));
        if !flag.choices.is_empty() {
            page.bullets(1, flag.choices.iter().copied());
        }
    }
}

/// What an option of a command is for.
pub(crate) const fn about(target: OptionTarget) -> &'static str {
    match target {
        OptionTarget::Member(member) | OptionTarget::Switch(member, _) => member.doc,
        OptionTarget::Outfile => OUTFILE,
        OptionTarget::Method(_) => METHOD,
        OptionTarget::Input(_) => INPUT,
        OptionTarget::MaxItems => MAX_ITEMS,
        OptionTarget::StartingToken => STARTING_TOKEN,
        OptionTarget::PageSize => PAGE_SIZE,
        OptionTarget::Skeleton => SKELETON,
    }
}

/// What an option of all commands is for.
pub(crate) fn about_all(name: &str) -> &'static str {
    GLOBAL.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

/// An option with what it takes.
fn usage(flag: &Flag) -> String {
    match flag.takes {
        Arity::None | Arity::Exit => flag.name.to_string(),
        Arity::One | Arity::Maybe(_) | Arity::Any => format!("{} <value>", flag.name),
    }
}

/// Whether a shape is best explained by how it is written.
pub(super) const fn is_nested(shape: &Shape) -> bool {
    matches!(shape, Shape::List(_) | Shape::Structure(_) | Shape::Map(_))
}

const OUTFILE: &str = "\
The file for the secret. Only its owner may read it; what was in it before is lost.";

const METHOD: &str = "\
Which secret the file is given: QRCodePNG, a picture of the QR code that authenticator apps scan, \
or Base32StringSeed, the seed as Base32 text.";

const INPUT: &str = "\
Takes the values of the other options from a JSON or a YAML document, laid out as \
--generate-cli-skeleton prints it. file://NAME reads it from a file. What the other options say \
comes before what the document says. Only one of the two may be given.";

const MAX_ITEMS: &str = "\
How many items to show in all. Where there are more, the output has a NextToken, and \
--starting-token goes on from there.";

const STARTING_TOKEN: &str = "\
Where to begin: the NextToken of a list that --max-items cut short.";

const PAGE_SIZE: &str = "\
How many items to ask for at a time. It changes the number of calls, not what is shown.";

const SKELETON: &str = "\
Prints a skeleton, and makes no call: input, the default, what --cli-input-json takes; yaml-input, \
the same with comments, for --cli-input-yaml; output, what an answer looks like, once the other \
options are found to be right.";

/// What the options of all commands are for.
const GLOBAL: &[(&str, &str)] = &[
    ("--debug", "Tells on standard error what is done, without secrets."),
    (
        "--endpoint-url",
        "Sends calls to this URL in place of the one that is configured; aws means AWS's own.",
    ),
    ("--no-verify-ssl", "Takes any certificate of the endpoint for a good one."),
    ("--no-paginate", "Makes one call where a list has several pages, and shows the first page."),
    ("--output", "How answers are written; off writes nothing."),
    ("--query", "A JMESPath expression: what of the answer to show."),
    ("--profile", "The profile of the configuration and credentials files to use."),
    ("--region", "The region to sign for, in place of the one that is configured."),
    ("--color", "Whether tables are coloured; auto colours them on a terminal."),
    ("--no-sign-request", "Sends calls without a signature, and looks for no credentials."),
    ("--ca-bundle", "A file of certificates that the endpoint's must come from."),
    (
        "--cli-read-timeout",
        "How many seconds to wait for an answer, 60 by default; 0 waits without end.",
    ),
    (
        "--cli-connect-timeout",
        "How many seconds to wait for a connection, 60 by default; 0 waits without end.",
    ),
    (
        "--cli-binary-format",
        "How bytes are written in options: in base64, or as they are. fileb://NAME always gives \
         a file's bytes as they are.",
    ),
    ("--no-cli-pager", "Shows answers without a pager."),
    ("--cli-auto-prompt", "Asks on the terminal for what the command line leaves open."),
    ("--no-cli-auto-prompt", "Asks for nothing, whatever is configured."),
    ("--cli-error-format", "How errors are written on standard error."),
    ("--version", "Tells the version, and does nothing else."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_global_option_is_explained() {
        let explained: Vec<&str> = GLOBAL.iter().map(|(name, _)| *name).collect();
        let flags: Vec<String> = FLAGS.iter().map(|flag| flag.name.to_string()).collect();
        assert_eq!(explained, flags);
    }
}
