//! Credentials in the environment or in a profile, and processes that a profile names.

use std::sync::Arc;

use vmfa_model::Secret;

use super::{
    expiry::{not_expired, parse_time},
    input::ChainInput,
    process::CredentialProcess,
};
use crate::{
    AccessKeyPair, ClientContext, ClientError, Configuration, Credentials, configuration::Section,
    credentials::CredentialProvider,
};

/// The access key in the environment.
pub(crate) fn environment(
    configuration: &Configuration,
) -> Result<Option<Credentials>, ClientError> {
    let variable = |name| configuration.variable(name).filter(|value| !value.is_empty());
    let Some(id) = variable("AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = "AWS_SECRET_ACCESS_KEY";
    let missing = || ClientError::PartialCredentials { provider: "env", missing: secret };
    let secret = variable(secret).ok_or_else(missing)?;
    let token = variable("AWS_SECURITY_TOKEN").or_else(|| variable("AWS_SESSION_TOKEN"));
    Ok(Some(Credentials {
        key: AccessKeyPair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: token.map(|token| Secret::new(token.to_owned())),
        expires: variable("AWS_CREDENTIAL_EXPIRATION").map(parse_time).transpose()?,
        method: "env",
    }))
}

/// The access key of a profile in either file, or the process that it names.
pub(super) fn find(
    profile: &str,
    input: ChainInput<'_>,
) -> Result<Option<Arc<dyn CredentialProvider>>, ClientError> {
    let ChainInput { configuration, context, .. } = input;
    let looking = |method: &str| {
        context.note("botocore.credentials", || format!("Looking for credentials via: {method}"));
    };
    let section = configuration.profile_section(profile);
    if let Some(section) = section {
        decline(profile, section)?;
    }
    looking("shared-credentials-file");
    let shared = configuration.shared_section(profile);
    if let Some(credentials) = keys(shared, "shared-credentials-file")? {
        context.note("botocore.credentials", || {
            let file = configuration.credentials_file();
            format!("Found credentials in shared credentials file: {file}")
        });
        return Ok(Some(Arc::new(StaticCredentials(credentials))));
    }
    looking("custom-process");
    if let Some(command) = section.and_then(|section| section.text("credential_process")) {
        let process = CredentialProcess::start(command, configuration)?;
        return Ok(Some(Arc::new(process)));
    }
    looking("config-file");
    match keys(configuration.own_section(profile), "config-file")? {
        Some(credentials) => Ok(Some(Arc::new(StaticCredentials(credentials)))),
        None => Ok(None),
    }
}

/// The access key of a profile in either file.
pub(crate) fn static_keys(
    profile: &str,
    configuration: &Configuration,
) -> Result<Option<Credentials>, ClientError> {
    let shared = keys(configuration.shared_section(profile), "shared-credentials-file")?;
    match shared {
        Some(credentials) => Ok(Some(credentials)),
        None => keys(configuration.own_section(profile), "config-file"),
    }
}

/// The access key in a section, if its id is there.
fn keys(
    section: Option<&Section>,
    provider: &'static str,
) -> Result<Option<Credentials>, ClientError> {
    let Some(section) = section else { return Ok(None) };
    let Some(id) = section.text("aws_access_key_id") else { return Ok(None) };
    let missing = "aws_secret_access_key";
    let partial = || ClientError::PartialCredentials { provider, missing };
    let secret = section.text(missing).ok_or_else(partial)?;
    let token = section.text("aws_security_token").or_else(|| section.text("aws_session_token"));
    Ok(Some(Credentials {
        key: AccessKeyPair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: token.map(|token| Secret::new(token.to_owned())),
        expires: None,
        method: provider,
    }))
}

/// Credentials that cannot be refreshed.
pub(super) struct StaticCredentials(pub(super) Credentials);

impl CredentialProvider for StaticCredentials {
    fn get(&self, context: &ClientContext) -> Result<Credentials, ClientError> {
        not_expired(self.0.clone(), context.clock.now())
    }
}

/// Refuses a profile that needs an unsupported provider; skipping it would end in another error.
fn decline(profile: &str, section: &Section) -> Result<(), ClientError> {
    for (setting, what) in [
        ("web_identity_token_file", "a web identity"),
        ("sso_account_id", "SSO"),
        ("sso_role_name", "SSO"),
        ("login_session", "a session of `aws login`"),
    ] {
        if section.has(setting) {
            return Err(ClientError::Declined(format!(
                "profile `{profile}` gets its credentials by {what}, which is not supported: give \
                 it a credential_process, such as `aws configure export-credentials --profile \
                 {profile}` of the AWS CLI, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )));
        }
    }
    Ok(())
}
