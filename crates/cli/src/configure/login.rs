//! `configure mfa-login`: creates a session with an MFA code and saves it as a profile.

use serde_json::Map;
use vmfa_client::{AccessKeyPair, Calls, Configuration};
use vmfa_iam::{Api, Call};
use vmfa_model::{Record, Secret, Value};

use super::{ConfigureContext, options, writer};
use crate::{
    arguments::Flag,
    check::check,
    error::{CliError, Result},
    python,
};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let flags = [
        Flag::one("--update-profile"),
        Flag::one("--duration-seconds"),
        Flag::one("--serial-number"),
    ];
    let [profile, duration, serial] = options(rest, &flags)?;
    let duration = match duration {
        Some(text) => python::int(&text).ok_or_else(|| CliError::Other(python::no_int(&text)))?,
        None => HALF_A_DAY,
    };
    task.demand_profile()?;
    let mut calls = connect(task.configuration, task)?;
    // The embedded store needs no credentials.
    let elsewhere = task.configuration.endpoint_url(Api::Sts, task.connection)?.is_some();
    let (serial, code) = if elsewhere && calls.credentials()?.is_none() {
        let (key, serial, code) = everything(serial, task)?;
        calls = connect(&task.configuration.clone().with_key(&key), task)?;
        (serial, code)
    } else {
        let serial =
            match serial.or_else(|| task.configuration.setting("mfa_serial").map(str::to_owned)) {
                Some(serial) => serial,
                None => {
                    needed("MFA serial number or ARN", "MFA serial number or MFA device ARN", task)?
                }
            };
        let code = needed(CODE, CODE, task)?;
        (serial, code)
    };
    let profile = if let Some(profile) = profile {
        profile
    } else {
        let default = name(&serial);
        task.ask(&format!("Profile to update [{default}]: "))?.unwrap_or(default)
    };
    let session = session(&*calls, [serial, code], duration, task.context.program)?;
    keep(&session, &profile, task)
}

fn connect(
    configuration: &Configuration,
    task: &ConfigureContext<'_, '_>,
) -> Result<Box<dyn Calls>> {
    Ok((task.connect)(configuration, task.connection, Api::Sts)?)
}

/// Prompts for access key, serial number and code if there are no credentials.
fn everything(
    serial: Option<String>,
    task: &mut ConfigureContext<'_, '_>,
) -> Result<(AccessKeyPair, String, String)> {
    task.print("Please provide your AWS credentials:\n")?;
    let mut ask = |question: &str| needed(question, question, task);
    let id = ask("AWS Access Key ID")?;
    let secret = Secret::new(ask("AWS Secret Access Key")?);
    let serial = match serial {
        Some(serial) => serial,
        None => ask("MFA serial number or ARN")?,
    };
    let code = ask(CODE)?;
    Ok((AccessKeyPair { id, secret }, serial, code))
}

/// Prompts for a required value.
fn needed(question: &str, what: &str, task: &mut ConfigureContext<'_, '_>) -> Result<String> {
    let answer = task.ask(&format!("{question}: "))?;
    answer.ok_or_else(|| CliError::Exit(FAILED, format!("{what} is required")))
}

/// Calls `GetSessionToken`.
fn session(
    calls: &dyn Calls,
    [serial, code]: [String; 2],
    duration: i64,
    program: &str,
) -> Result<Record> {
    let operation = "GetSessionToken";
    let action = vmfa_iam::find(Api::Sts, operation)
        .ok_or_else(|| CliError::Other("the action table has no GetSessionToken".to_owned()))?;
    let members = [
        ("DurationSeconds", duration.into()),
        ("SerialNumber", serial.into()),
        ("TokenCode", code.into()),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    let input = check(action.input, &Map::from_iter(members))?;
    let mut answer = calls.call(Call { action, input }).map_err(|failed| {
        match CliError::of(action, failed) {
            // Faults have another exit code here than in other commands.
            refused @ CliError::Refused { .. } => {
                CliError::Exit(FAILED, format!("An error occurred: {}", refused.sentence(program)))
            }
            other => other,
        }
    })?;
    match answer.take("Credentials") {
        Some(Value::Structure(session)) => Ok(session),
        _ => Err(CliError::Other("the response to GetSessionToken has no credentials".to_owned())),
    }
}

/// Saves a session in the credentials file.
fn keep(session: &Record, profile: &str, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let text = |name| match session.get(name) {
        Some(Value::Secret(secret)) => secret.expose(),
        Some(Value::Text(text)) => text,
        _ => "",
    };
    let settings = [
        writer::SettingChange::Text("aws_access_key_id", text("AccessKeyId")),
        writer::SettingChange::Text("aws_secret_access_key", text("SecretAccessKey")),
        writer::SettingChange::Text("aws_session_token", text("SessionToken")),
    ];
    let (file, header) =
        (task.configuration.credentials_file(), writer::SectionHeader::Name(profile));
    writer::update(file, header, &settings, task.context)?;
    writer::warn_if_open(file, task.context);
    let expires = match session.get("Expiration") {
        Some(Value::Time(time)) => time.to_string().replace('Z', "+00:00"),
        _ => String::new(),
    };
    task.print(&format!(
        "Temporary credentials written to profile '{profile}'\n\
         Credentials will expire at {expires}\n\
         To use these credentials, specify --profile {profile} when running AWS CLI commands\n"
    ))
}

/// The default profile for the sessions of a device.
fn name(serial: &str) -> String {
    let parts: Vec<&str> = serial.split(':').collect();
    match parts.as_slice() {
        ["arn", "aws", "iam", "", account, device, ..] => {
            let device = device.rsplit('/').next().unwrap_or_default();
            format!("{account}-{device}")
        }
        _ => format!("session-{serial}"),
    }
}

/// The default lifetime of a session, in seconds.
const HALF_A_DAY: i64 = 43_200;
const CODE: &str = "MFA token code";
/// The exit code of faults and of prompts without an answer.
const FAILED: u8 = 1;
