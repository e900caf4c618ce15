//! A program that a profile names, which prints credentials.

use std::{
    io::{self, Read},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;
use vmfa_model::Secret;
use zeroize::Zeroizing;

use super::{ends::time, renewed::Renewed};
use crate::{
    AccessKey, ClientContext, ClientError, Configuration, Credentials,
    configuration::{CHAIN, split_words},
};

/// A program, with what it printed last.
pub(crate) struct Process {
    command: String,
    configuration: Configuration,
    renewed: Renewed,
}

impl Process {
    /// Runs it for the first time. Whether what it prints has ended is found out by [`Self::get`].
    pub(super) fn start(command: &str, configuration: &Configuration) -> Result<Self, ClientError> {
        let (command, configuration) = (command.to_owned(), configuration.clone());
        let renewed = Renewed::of(run(&command, &configuration)?);
        Ok(Self { command, configuration, renewed })
    }

    /// What it printed, or prints now where that has ended.
    pub(super) fn get(&self, outside: &ClientContext) -> Result<Credentials, ClientError> {
        let run = || run(&self.command, &self.configuration);
        self.renewed.get(outside.clock.now(), run)
    }
}

/// Runs it and reads what it prints. What it prints is shown nowhere; what it complains of is.
fn run(command: &str, configuration: &Configuration) -> Result<Credentials, ClientError> {
    let words = split_words(command)
        .ok_or_else(|| ClientError::InvalidConfig("No closing quotation".to_owned()))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed("credential_process is empty"));
    };
    let mut process = Command::new(program);
    if let Some(chain) = configuration.variable(CHAIN) {
        process.env(CHAIN, chain);
    }
    process.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = process.spawn().map_err(|error| {
        ClientError::InvalidConfig(match error.kind() {
            io::ErrorKind::NotFound => {
                format!("[Errno 2] No such file or directory: '{program}'")
            }
            io::ErrorKind::PermissionDenied => {
                format!("[Errno 13] Permission denied: '{program}'")
            }
            _ => format!("cannot run credential_process `{program}`: {error}"),
        })
    })?;
    let [printed, complaint] = heard(&mut process)
        .map_err(|error| failed(&format!("cannot read what credential_process prints: {error}")))?;
    if printed.len() > MOST {
        // It may go on for ever.
        let _ = process.kill();
    }
    let status = process.wait();
    if printed.len() > MOST {
        return Err(failed("credential_process printed more than 1 MiB, which are no credentials"));
    }
    if !status.is_ok_and(|status| status.success()) {
        return Err(failed(&String::from_utf8_lossy(&complaint)));
    }
    let printed: Value = serde_json::from_slice(&printed)
        .map_err(|_| failed("credential_process printed something that is not JSON"))?;
    read(&printed)
}

/// What it prints, and what it complains of, each up to one byte more than [`MOST`]. Both are read
/// at a time: it may wait until somebody takes either.
fn heard(process: &mut Child) -> io::Result<[Zeroizing<Vec<u8>>; 2]> {
    fn bounded(from: Option<impl Read>) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        let most = u64::try_from(MOST).unwrap_or(u64::MAX).saturating_add(1);
        if let Some(from) = from {
            from.take(most).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
    let (printed, complaint) = (process.stdout.take(), process.stderr.take());
    thread::scope(|scope| {
        let complaint = scope.spawn(|| bounded(complaint));
        // What is left unread ends with the pipe.
        let printed = bounded(printed)?;
        let complaint = complaint.join().map_err(|_| io::Error::other("it cannot be heard"))??;
        Ok([printed, complaint])
    })
}

fn read(printed: &Value) -> Result<Credentials, ClientError> {
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
    let expires = text("Expiration").map(time).transpose()?;
    Ok(Credentials {
        key: AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: text("SessionToken").map(|token| Secret::new(token.to_owned())),
        expires,
        method: METHOD,
    })
}

fn failed(problem: &str) -> ClientError {
    ClientError::Retrieval { provider: METHOD.to_owned(), problem: problem.to_owned() }
}

/// What botocore calls it.
const METHOD: &str = "custom-process";
/// Bytes that are read of what it prints.
const MOST: usize = 1 << 20;
/// Bytes of most answers, so that a secret in one is not copied about.
const ROOM: usize = 1 << 16;
