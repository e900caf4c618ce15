//! The options sections of help pages.

use vmfa_model::Shape;

use super::{layout::HelpPage, syntax};
use crate::{
    arguments::{Arity, Flag},
    command::{OptionSpec, OptionTarget},
    globals::FLAGS,
    input::DocumentFormat,
};

/// The command with one option per line; optional ones in brackets.
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
        // Described with its counterpart.
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

pub(crate) fn about_all(name: &str) -> &'static str {
    GLOBAL.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

fn usage(flag: &Flag) -> String {
    match flag.takes {
        Arity::None | Arity::Exit => flag.name.to_string(),
        Arity::One | Arity::Maybe(_) | Arity::Any => format!("{} <value>", flag.name),
    }
}

/// Whether a shape needs its syntax explained.
pub(super) const fn is_nested(shape: &Shape) -> bool {
    matches!(shape, Shape::List(_) | Shape::Structure(_) | Shape::Map(_))
}

const OUTFILE: &str = "\
Write the secret to this file, with mode 0600. An existing file is overwritten.";

const METHOD: &str = "\
Choose the secret for the file: QRCodePNG, an image of the QR code that authenticator apps scan, or \
Base32StringSeed, the seed in Base32.";

const INPUT: &str = "\
Read the values of options from a JSON or YAML document in the form that --generate-cli-skeleton \
prints. file://NAME reads it from a file. Options on the command line override the document. Only one \
of the two may be given.";

const MAX_ITEMS: &str = "\
Limit the total number of items. If there are more, the output has a NextToken for \
--starting-token.";

const STARTING_TOKEN: &str = "\
Continue a list that --max-items truncated: its NextToken.";

const PAGE_SIZE: &str = "\
Set the number of items per request. This changes the number of calls, not the output.";

const SKELETON: &str = "\
Print a skeleton and make no call: input (the default), for --cli-input-json; yaml-input, with \
comments, for --cli-input-yaml; output, a sample response, after validating the other options.";

const GLOBAL: &[(&str, &str)] = &[
    ("--debug", "Log debug messages to standard error, without secrets."),
    (
        "--endpoint-url",
        "Send requests to this URL instead of the configured one; aws selects AWS's own endpoints.",
    ),
    ("--no-verify-ssl", "Do not verify the TLS certificate of the endpoint."),
    ("--no-paginate", "Make one request for a list, and print its first page only."),
    ("--output", "Set the output format, json by default; off prints nothing."),
    ("--query", "Filter the response with a JMESPath expression."),
    ("--profile", "Use this profile of the config and credentials files."),
    ("--region", "Sign requests for this region instead of the configured one."),
    ("--color", "Colour tables: on, off, or auto (the default) on terminals only."),
    ("--no-sign-request", "Do not sign requests, and load no credentials."),
    ("--ca-bundle", "Verify the endpoint's certificate with the CA certificates in this file."),
    (
        "--cli-read-timeout",
        "Set the read timeout in seconds, 60 by default; 0 waits without limit.",
    ),
    (
        "--cli-connect-timeout",
        "Set the connect timeout in seconds, 60 by default; 0 waits without limit.",
    ),
    (
        "--cli-binary-format",
        "Set the encoding of binary values in options: base64 or raw. fileb://NAME always reads \
         raw bytes.",
    ),
    ("--no-cli-pager", "Print output without a pager."),
    ("--cli-auto-prompt", "Prompt for the command on the terminal."),
    ("--no-cli-auto-prompt", "Disable the prompt, even if the configuration enables it."),
    ("--cli-error-format", "Set the format of errors on standard error."),
    ("--version", "Print the version and exit."),
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
