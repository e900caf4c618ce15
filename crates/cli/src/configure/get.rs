//! `configure get`: one setting.

use vmfa_client::Setting;

use super::{Task, arguments};
use crate::failure::{Failure, Told};

pub(super) fn run(rest: Vec<String>, task: &mut Task<'_, '_>) -> Told<()> {
    let ([], [name]) = arguments(rest, &[], ["varname"])?;
    let parts: Vec<&str> = name.split('.').collect();
    let configuration = task.configuration;
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
        [profile, rest @ ..] if known(profile) => (*profile, rest),
        parts => (current, parts),
    };
    let found = match parts {
        [] => return Err(Failure::Other("list index out of range".to_owned())),
        [name, below] => configuration.nested_setting_of(profile, name, below).map(Setting::Text),
        [name, ..] => configuration.setting_of(profile, name),
    };
    match found {
        Some(Setting::Text(text)) => {
            let text = format!("{text}\n");
            task.print(&text)
        }
        Some(Setting::Nested) => Err(Failure::Exit(
            NOT_THERE,
            format!("varname ({name}) must reference a value, not a section or sub-section."),
        )),
        None => Err(Failure::Quiet(NOT_THERE)),
    }
}

/// The exit code where there is nothing to show.
const NOT_THERE: u8 = 1;
