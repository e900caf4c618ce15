//! `configure` without a subcommand: prompts for the main settings.

use super::{ConfigureContext, SECRET, masked, writer};
use crate::error::Result;

pub(super) fn run(task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let mut answers = Vec::new();
    for (name, question) in QUESTIONS {
        let current = task.configuration.setting(name).map(str::to_owned);
        let shown = match &current {
            Some(current) if SECRET.contains(&name) => masked(current),
            Some(current) => current.clone(),
            None => "None".to_owned(),
        };
        let answer = task.ask(&format!("{question} [{shown}]: "))?;
        answers.extend(answer.filter(|answer| Some(answer) != current.as_ref()).map(|a| (name, a)));
    }
    let profile = task.configuration.profile().unwrap_or("default");
    let (secret, open): (Vec<_>, Vec<_>) =
        answers.iter().partition(|(name, _)| SECRET.contains(name));
    let configuration = task.configuration;
    for (file, header, answers) in [
        (configuration.credentials_file(), writer::SectionHeader::Name(profile), secret),
        (configuration.config_file(), writer::SectionHeader::of_profile(profile), open),
    ] {
        let settings: Vec<_> =
            answers.iter().map(|(name, value)| writer::SettingChange::Text(name, value)).collect();
        if !settings.is_empty() {
            writer::update(file, header, &settings, task.context)?;
            if file == configuration.credentials_file() {
                writer::warn_if_open(file, task.context);
            }
        }
    }
    Ok(())
}

/// The settings, with their prompts.
const QUESTIONS: [(&str, &str); 4] = [
    ("aws_access_key_id", "AWS Access Key ID"),
    ("aws_secret_access_key", "AWS Secret Access Key"),
    ("region", "Default region name"),
    ("output", "Default output format"),
];
