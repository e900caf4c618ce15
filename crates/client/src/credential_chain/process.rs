//! `credential_process`: a program that a profile names, which prints credentials as JSON.

use std::{
    io::{self, Read},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;
use vmfa_model::Secret;
use zeroize::Zeroizing;

use super::{expiry::parse_time, refreshed::RefreshedCredentials};
use crate::{
    AccessKeyPair, ClientContext, ClientError, Configuration, Credentials,
    configuration::{CHAIN, split_words},
    credentials::CredentialProvider,
};

/// A program, and the credentials that it printed last.
pub(super) struct CredentialProcess {
    command: String,
    configuration: Configuration,
    refreshed: RefreshedCredentials,
}

impl CredentialProcess {
    /// Runs the program for the first time. Expired credentials are an error of [`Self::get`] only.
    pub(super) fn start(command: &str, configuration: &Configuration) -> Result<Self, ClientError> {
        let (command, configuration) = (command.to_owned(), configuration.clone());
        let refreshed = RefreshedCredentials::of(run(&command, &configuration)?);
        Ok(Self { command, configuration, refreshed })
    }
}

impl CredentialProvider for CredentialProcess {
    fn get(&self, context: &ClientContext) -> Result<Credentials, ClientError> {
        let run = || run(&self.command, &self.configuration);
        self.refreshed.get(context.clock.now(), run)
    }
}

/// Runs the program. Errors show its standard error, never its standard output.
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
    let [printed, errors] = read_both(&mut process).map_err(|error| {
        failed(&format!("cannot read the output of credential_process: {error}"))
    })?;
    if printed.len() > MAX_OUTPUT {
        // It may never end by itself.
        let _ = process.kill();
    }
    let status = process.wait();
    if printed.len() > MAX_OUTPUT {
        return Err(failed("credential_process printed more than 1 MiB"));
    }
    if !status.is_ok_and(|status| status.success()) {
        return Err(failed(&String::from_utf8_lossy(&errors)));
    }
    let printed: Value = serde_json::from_slice(&printed)
        .map_err(|_| failed("credential_process printed something that is not JSON"))?;
    read(&printed)
}

/// Reads standard output and standard error, each up to one byte more than [`MAX_OUTPUT`]. Both are
/// read at the same time, since the program may block on either.
fn read_both(process: &mut Child) -> io::Result<[Zeroizing<Vec<u8>>; 2]> {
    fn bounded(from: Option<impl Read>) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(CAPACITY));
        let most = u64::try_from(MAX_OUTPUT).unwrap_or(u64::MAX).saturating_add(1);
        if let Some(from) = from {
            from.take(most).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
    let (printed, errors) = (process.stdout.take(), process.stderr.take());
    thread::scope(|scope| {
        let errors = scope.spawn(|| bounded(errors));
        // Closing the pipe discards the rest.
        let printed = bounded(printed)?;
        let errors = errors
            .join()
            .map_err(|_| io::Error::other("the thread that reads standard error panicked"))??;
        Ok([printed, errors])
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
    let expires = text("Expiration").map(parse_time).transpose()?;
    Ok(Credentials {
        key: AccessKeyPair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: text("SessionToken").map(|token| Secret::new(token.to_owned())),
        expires,
        method: METHOD,
    })
}

fn failed(problem: &str) -> ClientError {
    ClientError::Retrieval { provider: METHOD.to_owned(), problem: problem.to_owned() }
}

/// botocore's name of this provider.
const METHOD: &str = "custom-process";
/// Bytes.
const MAX_OUTPUT: usize = 1 << 20;
/// Initial capacity in bytes, enough for most outputs: growing leaves copies of secrets behind.
const CAPACITY: usize = 1 << 16;
