//! Where credentials are found, in the order of botocore: the environment, unless a profile is named
//! by flag; a role that the profile assumes; its keys; a process that it names.
//!
//! Not here: SSO, web identities, and what machines of AWS give, which are refused where a profile
//! asks for them.

mod cache;
mod ends;
mod process;
mod renewed;
mod role;

use vmfa_model::Secret;

use self::{
    ends::{lasting, time},
    process::Process,
    role::Role,
};
use crate::{
    AccessKey, ClientContext, ClientError, Configuration, ConnectionOptions, Credentials,
    configuration::{DEFAULT_PROFILE, Section},
};

/// Where credentials come from.
pub(crate) enum Source {
    /// They are known.
    Known(Credentials),
    /// A program prints them.
    Process(Box<Process>),
    /// A role gives them when they are needed.
    Role(Box<Role>),
    /// They end at a time without a zone, which botocore finds out when it uses them.
    Undated,
}

/// What finding credentials takes.
#[derive(Clone, Copy)]
pub(crate) struct Search<'s> {
    pub(crate) configuration: &'s Configuration,
    pub(crate) wishes: &'s ConnectionOptions,
    pub(crate) outside: &'s ClientContext,
    /// Whether the endpoint that the credentials are for is AWS's own, and so whether AWS's own STS
    /// may be asked for them.
    pub(crate) aws: bool,
}

impl Source {
    /// Finds credentials; `None` where there are none. Nobody is asked but a process that the profile
    /// names.
    pub(crate) fn find(search: Search<'_>) -> Result<Option<Self>, ClientError> {
        match Self::look(search) {
            Err(ClientError::NoZone) => Ok(Some(Self::Undated)),
            found => found,
        }
    }

    fn look(search: Search<'_>) -> Result<Option<Self>, ClientError> {
        let Search { configuration, outside, .. } = search;
        let note = |text: &str| outside.note("botocore.credentials", || text.to_owned());
        if configuration.is_explicit() {
            note(
                "Skipping environment variable credential check because profile name was \
                 explicitly set.",
            );
        } else {
            note("Looking for credentials via: env");
            if let Some(credentials) = environment(configuration)? {
                note("Found credentials in environment variables.");
                return Ok(Some(Self::Known(credentials)));
            }
        }
        note("Looking for credentials via: assume-role");
        let profile = configuration.profile().unwrap_or(DEFAULT_PROFILE);
        if let Some(role) = Role::of_profile(profile, search)? {
            return Ok(Some(Self::Role(Box::new(role))));
        }
        of_profile(profile, search)
    }

    /// The credentials, got from wherever they come from.
    pub(crate) fn get(&self, outside: &ClientContext) -> Result<Credentials, ClientError> {
        match self {
            Self::Known(credentials) => lasting(credentials.clone(), outside.clock.now()),
            Self::Process(process) => process.get(outside),
            Self::Role(role) => role.get(outside),
            Self::Undated => Err(ClientError::NoZone),
        }
    }
}

/// The keys of the environment.
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
        key: AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: token.map(|token| Secret::new(token.to_owned())),
        expires: variable("AWS_CREDENTIAL_EXPIRATION").map(time).transpose()?,
        method: "env",
    }))
}

/// What a profile itself has: keys in either file, or a process that gives them.
fn of_profile(profile: &str, search: Search<'_>) -> Result<Option<Source>, ClientError> {
    let Search { configuration, outside, .. } = search;
    let looking = |method: &str| {
        outside.note("botocore.credentials", || format!("Looking for credentials via: {method}"));
    };
    let section = configuration.profile_section(profile);
    if let Some(section) = section {
        decline(profile, section)?;
    }
    looking("shared-credentials-file");
    let shared = configuration.shared_section(profile);
    if let Some(credentials) = keys(shared, "shared-credentials-file")? {
        outside.note("botocore.credentials", || {
            let file = configuration.credentials_file();
            format!("Found credentials in shared credentials file: {file}")
        });
        return Ok(Some(Source::Known(credentials)));
    }
    looking("custom-process");
    if let Some(command) = section.and_then(|section| section.text("credential_process")) {
        let process = Process::start(command, configuration)?;
        return Ok(Some(Source::Process(Box::new(process))));
    }
    looking("config-file");
    Ok(keys(configuration.own_section(profile), "config-file")?.map(Source::Known))
}

/// The keys that stand in either file under a profile.
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

/// The keys that stand in a section, if its identifier does.
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
        key: AccessKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) },
        token: token.map(|token| Secret::new(token.to_owned())),
        expires: None,
        method: provider,
    }))
}

/// Refuses a profile that asks for what is not done here, in place of passing over it.
fn decline(profile: &str, section: &Section) -> Result<(), ClientError> {
    for (setting, what) in [
        ("web_identity_token_file", "a web identity"),
        ("sso_account_id", "SSO"),
        ("sso_role_name", "SSO"),
        ("login_session", "a session of `aws login`"),
    ] {
        if section.has(setting) {
            return Err(ClientError::Declined(format!(
                "profile `{profile}` gets its credentials by {what}, which is not done here: give \
                 it a credential_process, such as `aws configure export-credentials --profile \
                 {profile}` of the AWS CLI, or set AWS_ACCESS_KEY_ID and its like"
            )));
        }
    }
    Ok(())
}
