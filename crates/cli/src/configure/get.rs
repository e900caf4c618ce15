//! `configure get`.

use vmfa_client::SettingValue;

use super::{ConfigureContext, Subsection, is_part_of_plugins, words};
use crate::error::{CliError, Result};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let (subsection, rest) = Subsection::take(rest)?;
    let [whole] = words(rest, ["varname"])?;
    let parts: Vec<&str> = whole.split('.').collect();
    let configuration = task.configuration;
    if let Some(Subsection { kind, name }) = subsection {
        let (parent, setting) = match parts.as_slice() {
            [parent, setting] => (Some(*parent), *setting),
            _ => (None, whole.as_str()),
        };
        let found = configuration.setting_of_subsection(kind, &name, parent, setting);
        return show(found, &whole, task);
    }
    let current = configuration.profile().unwrap_or("default");
    let known = |profile: &str| {
        profile == "default" || configuration.profiles().any(|name| name == profile)
    };
    let (profile, parts) = match parts.as_slice() {
        [_] => {
            task.demand_profile()?;
            (current, parts.as_slice())
        }
        ["profile", profile, rest @ ..] => (*profile, rest),
        [section, name] if is_part_of_plugins(section) => {
            let found = configuration.setting_of_section(section, name);
            return show(found.or_else(|| configuration.setting_of(section, name)), &whole, task);
        }
        [profile, rest @ ..] if known(profile) => (*profile, rest),
        parts => (current, parts),
    };
    let found = match parts {
        [] => return Err(CliError::Other("list index out of range".to_owned())),
        [name, below] => {
            configuration.nested_setting_of(profile, name, below).map(SettingValue::Text)
        }
        [name, ..] => configuration.setting_of(profile, name),
    };
    show(found, &whole, task)
}

fn show(
    found: Option<SettingValue<'_>>,
    name: &str,
    task: &mut ConfigureContext<'_, '_>,
) -> Result<()> {
    match found {
        Some(SettingValue::Text(text)) => {
            let text = format!("{text}\n");
            task.print(&text)
        }
        Some(SettingValue::Nested) => Err(CliError::Exit(
            NOT_THERE,
            format!("varname ({name}) must reference a value, not a section or sub-section."),
        )),
        None => Err(CliError::Silent(NOT_THERE)),
    }
}

/// The exit code if there is no value.
const NOT_THERE: u8 = 1;
