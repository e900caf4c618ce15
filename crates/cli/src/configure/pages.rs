//! What there is to say of `configure` and its subcommands.

use super::CONFIGURE;
use crate::help::HelpPage;

/// Writes the page on a subcommand, or on all of them.
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

/// The subcommands, each with what it does.
pub(crate) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES.into_iter().map(|(name, _, text)| (name, text))
}

/// What they all do.
pub(crate) fn about() -> &'static str {
    ALL
}

/// The first sentence, without its end.
fn first(text: &str) -> &str {
    let end = text.split_once(". ").map_or(text, |(first, _)| first);
    end.trim_end_matches('.')
}

const ALL: &str = "Shows and changes what the AWS CLI and vmfa are configured by, and hands \
     credentials to programs. Alone it asks for an access key, a region and an output format, and \
     writes them down. Files are ~/.aws/config and ~/.aws/credentials, or those of AWS_CONFIG_FILE \
     and AWS_SHARED_CREDENTIALS_FILE.";

/// Each subcommand, what follows its name, and what it does.
const PAGES: [(&str, &str, &str); 7] = [
    (
        "export-credentials",
        " [--format process|env|env-no-export|powershell|windows-cmd|fish]",
        "Prints credentials for other programs. They are found as for any other command; without a \
         format they are printed as a credential_process prints them.",
    ),
    (
        "get",
        " <varname> [--sso-session <value> | --services <value>]",
        "Prints a setting. Its name is that of a setting of the profile, PROFILE.NAME or \
         profile.PROFILE.NAME; one that stands below another has that before its own name, with a \
         dot between them. --sso-session and --services read the section of that name instead of a \
         profile.",
    ),
    (
        "import",
        " --csv file://<table> [--skip-invalid] [--profile-prefix <value>]",
        "Writes keys into the credentials file. The table is one of AWS's web console; each key \
         becomes the profile of its user.",
    ),
    ("list", "", "Shows profile, access key and region, and where each of them comes from."),
    ("list-profiles", "", "Prints the names of all profiles."),
    (
        "mfa-login",
        " [--update-profile <value>] [--duration-seconds <value>] [--serial-number <value>]",
        "Makes a session for which a code of an MFA device was given, and a profile of it. The code \
         is asked for. The serial number is that of the option, or mfa_serial of the profile, or \
         asked for too. The session lasts twelve hours unless told otherwise.",
    ),
    (
        "set",
        " <varname> <value> [--sso-session <value> | --services <value>]",
        "Changes a setting. Keys go to the credentials file, and all else to the config file. \
         --sso-session and --services change the section of that name instead of a profile.",
    ),
];
