//! A program that a profile names, which prints credentials.

use std::process::{Command, Stdio};

use serde_json::Value;
use vmfa_model::Secret;
use zeroize::Zeroizing;

use super::{renewed::Renewed, time};
use crate::{
    AccessKey, Configuration, Credentials, Outside, Trouble,
    configuration::{CHAIN, split_words},
};

/// A program, with what it printed last.
pub(crate) struct Process {
    command: String,
    configuration: Configuration,
    renewed: Renewed,
}

impl Process {
    /// Runs it for the first time.
    pub(super) fn start(
        command: &str,
        configuration: &Configuration,
        outside: &Outside,
    ) -> Result<Self, Trouble> {
        let (command, configuration) = (command.to_owned(), configuration.clone());
        let process = Self { command, configuration, renewed: Renewed::default() };
        process.get(outside)?;
        Ok(process)
    }

    /// What it printed, or prints now where that has ended.
    pub(super) fn get(&self, outside: &Outside) -> Result<Credentials, Trouble> {
        let run = || run(&self.command, &self.configuration, outside);
        self.renewed.get(outside.clock.now(), run)
    }
}

/// Runs it and reads what it prints. What it prints is shown nowhere; what it complains of is.
fn run(
    command: &str,
    configuration: &Configuration,
    outside: &Outside,
) -> Result<Credentials, Trouble> {
    let words = split_words(command)
        .ok_or_else(|| Trouble::InvalidConfig("No closing quotation".to_owned()))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed("credential_process is empty"));
    };
    let mut process = Command::new(program);
    if let Some(chain) = configuration.variable(CHAIN) {
        process.env(CHAIN, chain);
    }
    process.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = process.spawn().and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| {
        Trouble::InvalidConfig(match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("[Errno 2] No such file or directory: '{program}'")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("[Errno 13] Permission denied: '{program}'")
            }
            _ => format!("cannot run credential_process `{program}`: {error}"),
        })
    })?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let printed: Value = serde_json::from_slice(&printed)
        .map_err(|_| failed("credential_process printed something that is not JSON"))?;
    read(&printed, outside)
}

fn read(printed: &Value, outside: &Outside) -> Result<Credentials, Trouble> {
    let version = printed.get("Version");
    if version.and_then(Value::as_i64) != Some(1) {
        let version = match version {
            None => "<Version key not provided>".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        return Err(failed(&format!(
            "Unsupported version '{version}' for credential process provider, supported \
             versions: 1"
        )));
    }
    let text = |name: &str| printed.get(name).and_then(Value::as_str);
    let needed = |name: &str| {
        text(name).ok_or_else(|| failed(&format!("Missing required key in response: '{name}'")))
    };
    let (id, secret) = (needed("AccessKeyId")?, needed("SecretAccessKey")?);
    let expires = text("Expiration").and_then(time);
    if expires.is_some_and(|expires| expires <= outside.clock.now()) {
        let text = "Credentials were refreshed, but the refreshed credentials are still expired.";
        return Err(Trouble::InvalidConfig(text.to_owned()));
    }
    Ok(Credentials {
        key: AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: text("SessionToken").map(|token| Secret::new(token.to_owned())),
        expires,
        method: METHOD,
    })
}

fn failed(problem: &str) -> Trouble {
    Trouble::Retrieval { provider: METHOD.to_owned(), problem: problem.to_owned() }
}

/// What botocore calls it.
const METHOD: &str = "custom-process";
