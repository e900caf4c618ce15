//! `configure export-credentials`.

use vmfa_client::{ConnectionOptions, Credentials};
use vmfa_iam::Api;
use vmfa_model::Secret;
use zeroize::Zeroizing;

use super::{ConfigureContext, options};
use crate::{
    arguments::Flag,
    error::{CliError, Result},
};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let [format] = options(rest, &[Flag::choice("--format", &FORMATS)])?;
    check_chain(task)?;
    // The credential chain for AWS, even if another endpoint is configured.
    let connection =
        ConnectionOptions { endpoint_url: Some("aws".to_owned()), ..task.connection.clone() };
    let configuration = task.configuration.clone().chained();
    let found = (task.connect)(&configuration, &connection, Api::Sts).map_err(|trouble| {
        let problem = trouble.to_string();
        CliError::configuration(format!("Unable to retrieve credentials: {}", problem.trim()))
    })?;
    // Later failures, such as expired credentials of a process or a role that cannot be assumed,
    // are those of any command.
    let credentials = found.credentials()?.ok_or_else(|| {
        let text = "Unable to retrieve credentials: no credentials found";
        CliError::configuration(text.to_owned())
    })?;
    task.print(&shown(&credentials, format.as_deref().unwrap_or(PROCESS)))
}

/// Refuses profiles whose credential processes export each other, or themselves.
fn check_chain(task: &ConfigureContext<'_, '_>) -> Result<()> {
    let seen = task.configuration.chain();
    if seen.len() >= MOST {
        return Err(CliError::configuration(format!(
            "Maximum recursive credential process resolution reached ({MOST}).\n\
             Profiles seen: {}",
            seen.join(" -> ")
        )));
    }
    let profile = task.configuration.profile().unwrap_or("default");
    if seen.iter().any(|seen| seen == profile) {
        return Err(CliError::configuration(format!(
            "Credential process resolution detected an infinite loop, profile cycle: {} -> \
             {profile}",
            seen.join(" -> ")
        )));
    }
    Ok(())
}

fn shown(credentials: &Credentials, format: &str) -> Zeroizing<String> {
    let expires = credentials.expires.map(|time| time.to_string().replace('Z', "+00:00"));
    let token = credentials.token.as_ref().map(Secret::expose);
    let values = [
        Some(credentials.key.id.as_str()),
        Some(credentials.key.secret.expose()),
        token,
        expires.as_deref(),
    ];
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    if format == PROCESS {
        text.push_str("{\n  \"Version\": 1");
        for (name, value) in MEMBERS.into_iter().zip(values) {
            if let Some(value) = value {
                let value = Zeroizing::new(serde_json::Value::from(value).to_string());
                for part in [",\n  \"", name, "\": ", &value] {
                    text.push_str(part);
                }
            }
        }
        text.push_str("\n}\n");
        return text;
    }
    let [before, between, after] = match format {
        "env" => ["export ", "=", "\n"],
        "env-no-export" => ["", "=", "\n"],
        "powershell" => ["$Env:", "=\"", "\"\n"],
        "windows-cmd" => ["set ", "=", "\n"],
        _ => ["set -gx ", " \"", "\"\n"],
    };
    for (name, value) in VARIABLES.into_iter().zip(values) {
        if let Some(value) = value {
            for part in [before, name, between, value, after] {
                text.push_str(part);
            }
        }
    }
    text
}

/// The output of a `credential_process`.
const PROCESS: &str = "process";
const FORMATS: [&str; 6] = [PROCESS, "env", "env-no-export", "powershell", "windows-cmd", "fish"];
const MEMBERS: [&str; 4] = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"];
const VARIABLES: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];
/// The maximum number of nested exports.
const MOST: usize = 4;
/// The initial capacity, so that a secret is not copied by reallocations.
const ROOM: usize = 4096;
