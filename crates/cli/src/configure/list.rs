//! `configure list` and `configure list-profiles`.

use vmfa_client::ConnectionOptions;
use vmfa_iam::Api;

use super::{ConfigureContext, masked, options};
use crate::{error::Result, python};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let [] = options(rest, &[])?;
    task.print(&line("NAME", ["VALUE", "TYPE", "LOCATION"]))?;
    let profile = task.configuration.profile().map(str::to_owned);
    let profile = profile.unwrap_or_default();
    let by_variable = variables(task, ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    let shown = match by_variable {
        _ if task.configuration.is_explicit() => [&profile, "manual", "--profile"],
        Some(ref location) => [&profile, "env", location],
        None => NOT_SET,
    };
    task.print(&line("profile", shown))?;
    task.demand_profile()?;
    keys(task)?;
    region(task)
}

fn keys(task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let connection =
        ConnectionOptions { endpoint_url: Some("aws".to_owned()), ..task.connection.clone() };
    let calls = (task.connect)(task.configuration, &connection, Api::Sts)?;
    let found = calls.credentials()?;
    let found =
        found.map(|found| (found.method, masked(&found.key.id), masked(found.key.secret.expose())));
    let (id, secret) = match &found {
        Some((method, id, secret)) => ([id, *method, ""], [secret.as_str(), *method, ""]),
        None => (NOT_SET, NOT_SET),
    };
    task.print(&line("access_key", id))?;
    task.print(&line("secret_key", secret))
}

fn region(task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let configuration = task.configuration;
    let configured = configuration.region(&ConnectionOptions::default());
    let by_variable = variables(task, names);
    let shown = match (&task.connection.region, &configured, &by_variable) {
        (_, Some(region), Some(location)) => [region, "env", location],
        (_, Some(region), None) => [region, "config-file", configuration.config_file()],
        (Some(region), None, _) => [region, "manual", "--region"],
        (None, None, _) => NOT_SET,
    };
    let shown = line("region", shown);
    task.print(&shown)
}

pub(super) fn profiles(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let [] = options(rest, &[])?;
    let names = task.configuration.profiles().flat_map(|name| [name, "\n"]).collect::<String>();
    task.print(&names)
}

/// The AWS CLI's notation of environment variables, if one of them is set.
fn variables(task: &ConfigureContext<'_, '_>, names: [&str; 2]) -> Option<String> {
    let set = |name: &&str| (task.context.variable)(name).is_some_and(|value| !value.is_empty());
    let quoted = names.map(python::quoted);
    names.iter().any(set).then(|| format!("[{}]", quoted.join(", ")))
}

fn line(name: &str, [value, kind, location]: [&str; 3]) -> String {
    format!("{name:<10} : {value:<24} : {kind:<16} : {location}\n")
}

const NOT_SET: [&str; 3] = ["<not set>", "None", "None"];
