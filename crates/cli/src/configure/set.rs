//! `configure set`.

use super::{ConfigureContext, PLUGINS, SECRET, Subsection, is_part_of_plugins, words, writer};
use crate::error::{CliError, Result};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let (subsection, rest) = Subsection::take(rest)?;
    let [name, value] = words(rest, ["varname", "value"])?;
    if let Some(Subsection { kind, name: section }) = &subsection {
        let setting = match name.split('.').collect::<Vec<_>>().as_slice() {
            [parent, name] => writer::SettingChange::Nested(parent, name, &value),
            _ => writer::SettingChange::Text(&name, &value),
        };
        let header = writer::SectionHeader::Subsection { kind, name: section };
        return writer::update(task.configuration.config_file(), header, &[setting], task.context);
    }
    let current = task.configuration.profile().unwrap_or("default");
    let parts: Vec<&str> = name.split('.').collect();
    let whole = [name.as_str()];
    let (section, is_profile, path) = match parts.as_slice() {
        [_] => (current, true, parts.as_slice()),
        ["default", rest @ ..] => ("default", true, rest),
        ["profile", profile, rest @ ..] => (*profile, true, rest),
        [section, rest @ ..] if is_part_of_plugins(section) => match rest {
            [_] => (*section, false, rest),
            _ => ("default", true, whole.as_slice()),
        },
        _ => (current, true, parts.as_slice()),
    };
    let [name, below @ ..] = path else {
        return Err(CliError::Other("list index out of range".to_owned()));
    };
    let setting = match below {
        [below] => writer::SettingChange::Nested(name, below, &value),
        _ => writer::SettingChange::Text(name, &value),
    };
    let configuration = task.configuration;
    let (file, header) = if SECRET.contains(name) {
        (configuration.credentials_file(), writer::SectionHeader::Name(section))
    } else if is_profile && section != PLUGINS {
        (configuration.config_file(), writer::SectionHeader::of_profile(section))
    } else {
        (configuration.config_file(), writer::SectionHeader::Name(section))
    };
    writer::update(file, header, &[setting], task.context)?;
    if SECRET.contains(name) {
        writer::warn_if_open(file, task.context);
    }
    Ok(())
}
