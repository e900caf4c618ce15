//! The help pages of `configure` and its subcommands.

use super::CONFIGURE;
use crate::help::HelpPage;

/// Writes the page of a subcommand, or of `configure`.
pub(crate) fn describe(page: &mut HelpPage, name: Option<&str>, program: &str) {
    let subcommand = name.and_then(|name| PAGES.iter().find(|(known, ..)| *known == name));
    page.section("NAME");
    match subcommand {
        Some((name, _, text)) => page.paragraph(0, &format!("{name} - {}", first(text))),
        None => page.paragraph(0, &format!("{CONFIGURE} - {}", first(ALL))),
    }
    page.section("DESCRIPTION");
    page.paragraph(0, subcommand.map_or(ALL, |(_, _, text)| text));
    page.section("SYNOPSIS");
    if let Some((name, synopsis, _)) = subcommand {
        return page.code(0, &format!("{program} {CONFIGURE} {name}{synopsis}"));
    }
    page.code(0, &format!("{program} {CONFIGURE} [<subcommand>] [--profile <value>]"));
    page.section("AVAILABLE COMMANDS");
    for (name, _, text) in PAGES {
        page.entry(0, name, &format!("{}.", first(text)));
    }
}

pub(crate) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES.into_iter().map(|(name, _, text)| (name, text))
}

pub(crate) fn about() -> &'static str {
    ALL
}

/// The first sentence without its full stop.
fn first(text: &str) -> &str {
    let end = text.split_once(". ").map_or(text, |(first, _)| first);
    end.trim_end_matches('.')
}

const ALL: &str = "View and change the configuration of the AWS CLI and vmfa, and export \
     credentials. Without a subcommand, prompt for access key, region and output format and save \
     them. The files are ~/.aws/config and ~/.aws/credentials, or those of AWS_CONFIG_FILE and \
     AWS_SHARED_CREDENTIALS_FILE.";

/// Each subcommand with its arguments and its description.
const PAGES: [(&str, &str, &str); 7] = [
    (
        "export-credentials",
        " [--format process|env|env-no-export|powershell|windows-cmd|fish]",
        "Print credentials for other programs. They come from the same credential chain as for other \
         commands; the default format is that of a credential_process.",
    ),
    (
        "get",
        " <varname> [--sso-session <value> | --services <value>]",
        "Print a setting: NAME of the current profile, PROFILE.NAME or profile.PROFILE.NAME; for a \
         nested setting, NAME is PARENT.NAME. --sso-session and --services read a section of that \
         kind instead of a profile.",
    ),
    (
        "import",
        " --csv file://<table> [--skip-invalid] [--profile-prefix <value>]",
        "Import access keys from a CSV file of the AWS web console into the credentials file, each into \
         a profile named after its user.",
    ),
    ("list", "", "Show profile, access key and region with their sources."),
    ("list-profiles", "", "Print the names of all profiles."),
    (
        "mfa-login",
        " [--update-profile <value>] [--duration-seconds <value>] [--serial-number <value>]",
        "Create a session with a code of an MFA device, and save it as a profile. Prompts for the \
         code, and for the serial number unless the option or mfa_serial of the profile gives it. \
         The session lasts 12 hours by default.",
    ),
    (
        "set",
        " <varname> <value> [--sso-session <value> | --services <value>]",
        "Change a setting. Access keys are saved in the credentials file, all else in the config file. \
         --sso-session and --services change a section of that kind instead of a profile.",
    ),
];
