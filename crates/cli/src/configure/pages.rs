//! What there is to say of `configure` and its subcommands.

/// The page on a subcommand, or on all of them.
pub(super) fn text(name: &str, program: &str) -> String {
    let page = |(name, synopsis, text): &(&str, &str, &str)| {
        let space = if name.is_empty() { "" } else { " " };
        format!("{program} configure{space}{name}{synopsis}\n    {text}\n")
    };
    let shown: Vec<String> = match PAGES.iter().find(|(known, ..)| *known == name) {
        Some(found) => vec![page(found)],
        None => PAGES.iter().map(page).collect(),
    };
    shown.join("\n")
}

const PAGES: [(&str, &str, &str); 8] = [
    ("", "", "Asks for an access key, a region and an output format, and writes them down."),
    ("list", "", "Shows profile, access key and region, and where each of them comes from."),
    ("list-profiles", "", "Shows the names of all profiles."),
    (
        "get",
        " NAME",
        "Shows a setting: NAME, PROFILE.NAME, profile.PROFILE.NAME, or any with .BELOW.",
    ),
    ("set", " NAME VALUE", "Changes a setting: NAME, default.NAME or profile.PROFILE.NAME."),
    (
        "import",
        " --csv file://TABLE [--skip-invalid] [--profile-prefix PREFIX]",
        "Writes the keys of a table of the web console into the credentials file, each as the \
         profile of its user.",
    ),
    (
        "export-credentials",
        " [--format process|env|env-no-export|powershell|windows-cmd|fish]",
        "Prints credentials for other programs.",
    ),
    (
        "mfa-login",
        " [--update-profile PROFILE] [--duration-seconds N] [--serial-number SERIAL]",
        "Asks for a code of an MFA device, and writes a session for which it was given as a \
         profile into the credentials file.",
    ),
];
