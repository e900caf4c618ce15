//! A role that a profile assumes: STS's `AssumeRole` with the credentials of another provider.

use std::sync::Arc;

use vmfa_iam::Api;
use vmfa_model::{Secret, Timestamp, Value};
use zeroize::Zeroizing;

use super::{
    input::ChainInput,
    profile::{self, StaticCredentials, environment},
    refreshed::RefreshedCredentials,
    role_cache::RoleCache,
};
use crate::{
    AccessKeyPair, ClientContext, ClientError, Configuration, ConnectionOptions, Credentials,
    configuration::Section,
    credentials::{ASSUME_ROLE, CredentialProvider},
    endpoint::Endpoint,
};

/// A role, its parameters, and the credentials that may assume it.
pub(super) struct AssumedRole {
    arn: String,
    session_name: Option<String>,
    external_id: Option<String>,
    mfa_serial: Option<String>,
    duration: Option<i64>,
    source: Arc<dyn CredentialProvider>,
    configuration: Configuration,
    options: ConnectionOptions,
    aws: bool,
    refreshed: RefreshedCredentials,
}

impl AssumedRole {
    pub(super) fn of_profile(
        profile: &str,
        input: ChainInput<'_>,
    ) -> Result<Option<Self>, ClientError> {
        let section = input.configuration.profile_section(profile);
        match section.filter(|section| assumes(section)) {
            Some(section) => Self::read(profile, section, input, &mut vec![profile.to_owned()]),
            None => return Ok(None),
        }
        .map(Some)
    }

    fn read(
        profile: &str,
        section: &Section,
        input: ChainInput<'_>,
        visited: &mut Vec<String>,
    ) -> Result<Self, ClientError> {
        let text = |name| section.text(name).map(str::to_owned);
        let source = match (section.text("source_profile"), section.text("credential_source")) {
            (Some(_), Some(_)) => {
                return Err(ClientError::InvalidConfig(format!(
                    "The profile \"{profile}\" contains both source_profile and credential_source."
                )));
            }
            (None, None) => {
                let missing = "source_profile or credential_source";
                return Err(ClientError::PartialCredentials { provider: ASSUME_ROLE, missing });
            }
            (None, Some(name)) => {
                Arc::new(StaticCredentials(named(name, profile, input.configuration)?))
            }
            (Some(name), None) => from_profile(name, profile, input, visited)?,
        };
        Ok(Self {
            arn: text("role_arn").unwrap_or_default(),
            session_name: text("role_session_name"),
            external_id: text("external_id"),
            mfa_serial: text("mfa_serial"),
            duration: section.text("duration_seconds").and_then(|text| text.trim().parse().ok()),
            source,
            configuration: input.configuration.clone(),
            options: ConnectionOptions { endpoint_url: None, sign: true, ..input.options.clone() },
            aws: input.aws,
            refreshed: RefreshedCredentials::default(),
        })
    }

    fn assume(&self, context: &ClientContext) -> Result<Credentials, ClientError> {
        let endpoint = self.endpoint(context)?;
        let now = context.clock.now().unix();
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(CAPACITY));
        form.append_pair("Action", "AssumeRole").append_pair("Version", Api::Sts.version());
        for (name, value) in self.parameters() {
            form.append_pair(name, &value);
        }
        if self.session_name.is_none() {
            form.append_pair("RoleSessionName", &format!("botocore-session-{now}"));
        }
        if let Some(serial) = &self.mfa_serial {
            let answer = (context.prompt)(&format!("Enter MFA code for {serial}: "));
            let code = answer.map(Zeroizing::new).ok_or_else(|| {
                ClientError::Unanswered(format!(
                    "cannot assume role `{}` without a code of `{serial}`",
                    self.arn
                ))
            })?;
            form.append_pair("TokenCode", &code);
        }
        let form = Zeroizing::new(form.finish());
        let mut output = endpoint.assume_role(&form)?;
        credentials(output.take("Credentials")).ok_or_else(|| ClientError::Retrieval {
            provider: ASSUME_ROLE.to_owned(),
            problem: "the response to AssumeRole has no credentials".to_owned(),
        })
    }

    /// STS's endpoint. Credentials for another endpoint are never sent to AWS's own STS.
    fn endpoint(&self, context: &ClientContext) -> Result<Endpoint, ClientError> {
        let named = self.configuration.endpoint_url(Api::Sts, &self.options)?;
        if named.is_none() && !self.aws {
            return Err(ClientError::Declined(format!(
                "cannot assume role `{}`: the endpoint is not AWS's own, and none is named for STS; \
                 name one with AWS_ENDPOINT_URL_STS, which takes `aws` for AWS's own",
                self.arn
            )));
        }
        let source = StaticCredentials(self.source.get(context)?);
        let source: Option<Arc<dyn CredentialProvider>> = Some(Arc::new(source));
        Endpoint::new(Api::Sts, &self.configuration, &self.options, context, |_| Ok(source))
    }

    /// The parameters of the request, in the order in which they are sent.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let duration = self.duration.map(|seconds| seconds.to_string());
        [
            ("RoleSessionName", self.session_name.clone()),
            ("ExternalId", self.external_id.clone()),
            ("SerialNumber", self.mfa_serial.clone()),
            ("DurationSeconds", duration),
            ("RoleArn", Some(self.arn.clone())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

impl CredentialProvider for AssumedRole {
    fn get(&self, context: &ClientContext) -> Result<Credentials, ClientError> {
        let now = context.clock.now();
        self.refreshed.get(now, || {
            let cache = RoleCache::of(&self.parameters(), &self.configuration);
            let soon = now.plus(MARGIN);
            let valid = |cached: &Credentials| cached.expires.is_some_and(|expires| expires > soon);
            if let Some(cached) = cache.as_ref().and_then(RoleCache::read).filter(valid) {
                context.note("botocore.credentials", || {
                    "Credentials for role retrieved from cache.".to_owned()
                });
                return Ok(cached);
            }
            let new = self.assume(context)?;
            if let Some(cache) = cache {
                cache.write(&new);
            }
            Ok(new)
        })
    }
}

/// Whether a profile assumes a role.
pub(super) fn assumes(section: &Section) -> bool {
    section.has("role_arn") && !section.has("web_identity_token_file")
}

/// Credentials by the name of a provider: `credential_source`.
fn named(
    name: &str,
    profile: &str,
    configuration: &Configuration,
) -> Result<Credentials, ClientError> {
    match name.to_ascii_lowercase().as_str() {
        "environment" => environment(configuration)?.ok_or_else(|| ClientError::Retrieval {
            provider: name.to_owned(),
            problem: format!(
                "No credentials found in credential_source referenced in profile {profile}"
            ),
        }),
        "ec2instancemetadata" | "ecscontainer" => Err(ClientError::Declined(format!(
            "the credential source \"{name}\" of profile `{profile}` is not supported: use \
             Environment, or a source_profile"
        ))),
        _ => Err(ClientError::InvalidConfig(format!(
            "The credential source \"{name}\" referenced in profile \"{profile}\" is not valid."
        ))),
    }
}

/// The provider of another profile, which may assume a role itself.
fn from_profile(
    name: &str,
    parent: &str,
    input: ChainInput<'_>,
    visited: &mut Vec<String>,
) -> Result<Arc<dyn CredentialProvider>, ClientError> {
    let Some(section) = input.configuration.profile_section(name) else {
        return Err(ClientError::InvalidConfig(format!(
            "The source_profile \"{name}\" referenced in the profile \"{parent}\" does not exist."
        )));
    };
    let has_keys = section.has("aws_secret_access_key") || section.has("aws_access_key_id");
    // A profile may be its own source, for its access key.
    if visited.iter().any(|seen| seen == name) && (name != parent || !has_keys) {
        let visited: Vec<_> = visited.iter().map(|name| format!("'{name}'")).collect();
        return Err(ClientError::Loop {
            source_profile: name.to_owned(),
            visited: format!("[{}]", visited.join(", ")),
        });
    }
    visited.push(name.to_owned());
    if !has_keys && assumes(section) {
        let role = AssumedRole::read(name, section, input, visited)?;
        return Ok(Arc::new(role));
    }
    profile::find(name, input)?.ok_or_else(|| {
        ClientError::InvalidConfig(format!("The source profile \"{name}\" must have credentials."))
    })
}

/// Reads the `Credentials` of an output.
fn credentials(given: Option<Value>) -> Option<Credentials> {
    let Some(Value::Structure(mut given)) = given else { return None };
    let id = given.text("AccessKeyId")?.to_owned();
    let mut secret = |name| match given.take(name)? {
        Value::Secret(secret) => Some(secret),
        _ => None,
    };
    let (secret, token): (Secret, Secret) = (secret("SecretAccessKey")?, secret("SessionToken")?);
    let expires: Option<Timestamp> = match given.get("Expiration") {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    };
    let key = AccessKeyPair { id, secret };
    Some(Credentials { key, token: Some(token), expires, method: ASSUME_ROLE })
}

/// Seconds that cached credentials must still be valid, as in the AWS CLI.
const MARGIN: i64 = 15 * 60;
/// Initial capacity in bytes, enough for most forms: growing leaves copies of secrets behind.
const CAPACITY: usize = 4096;
