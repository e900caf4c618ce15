//! `configure set`: changes one setting.

use super::{SECRET, Task, arguments, section, writer};
use crate::failure::{Failure, Told};

pub(super) fn run(rest: Vec<String>, task: &mut Task<'_, '_>) -> Told<()> {
    let ([], [name, value]) = arguments(rest, &[], ["varname", "value"])?;
    let parts: Vec<&str> = name.split('.').collect();
    let (of, parts) = match parts.as_slice() {
        [_] => (None, parts.as_slice()),
        ["default", rest @ ..] => (Some("default".to_owned()), rest),
        ["profile", profile, rest @ ..] => (Some(section(profile)), rest),
        _ => (None, parts.as_slice()),
    };
    let [name, below @ ..] = parts else {
        return Err(Failure::Other("list index out of range".to_owned()));
    };
    let secret = SECRET.contains(name);
    let of = of.unwrap_or_else(|| section(task.configuration.profile().unwrap_or("default")));
    let of = if secret { of.strip_prefix("profile ").unwrap_or(&of).to_owned() } else { of };
    let setting = match below {
        [below] => writer::Setting::Nested(name, below, &value),
        _ => writer::Setting::Text(name, &value),
    };
    let file = if secret {
        task.configuration.credentials_file()
    } else {
        task.configuration.config_file()
    };
    writer::update(file, &of, &[setting], task.around)
}
