//! A role that a profile assumes: `AssumeRole` with the credentials of another source.
//!
//! Not here: the request itself.

use vmfa_iam::Api;
use vmfa_model::{Secret, Timestamp, Value};
use zeroize::Zeroizing;

use super::{Search, Source, cache::Cache, environment, of_profile, renewed::Renewed};
use crate::{
    AccessKey, ClientContext, ClientError, Configuration, ConnectionOptions, Credentials,
    configuration::Section, endpoint::Endpoint,
};

/// A role, with what it takes to assume it.
pub(crate) struct Role {
    arn: String,
    session_name: Option<String>,
    external_id: Option<String>,
    mfa_serial: Option<String>,
    duration: Option<i64>,
    source: Source,
    configuration: Configuration,
    wishes: ConnectionOptions,
    aws: bool,
    renewed: Renewed,
}

impl Role {
    /// The role that a profile assumes, if it does.
    pub(super) fn of_profile(
        profile: &str,
        search: Search<'_>,
    ) -> Result<Option<Self>, ClientError> {
        let section = search.configuration.profile_section(profile);
        match section.filter(|section| assumes(section)) {
            Some(section) => Self::read(profile, section, search, &mut vec![profile.to_owned()]),
            None => return Ok(None),
        }
        .map(Some)
    }

    fn read(
        profile: &str,
        section: &Section,
        search: Search<'_>,
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
                return Err(ClientError::PartialCredentials { provider: METHOD, missing });
            }
            (None, Some(name)) => Source::Known(named(name, profile, search.configuration)?),
            (Some(name), None) => from_profile(name, profile, search, visited)?,
        };
        Ok(Self {
            arn: text("role_arn").unwrap_or_default(),
            session_name: text("role_session_name"),
            external_id: text("external_id"),
            mfa_serial: text("mfa_serial"),
            duration: section.text("duration_seconds").and_then(|text| text.trim().parse().ok()),
            source,
            configuration: search.configuration.clone(),
            wishes: ConnectionOptions { endpoint_url: None, ..search.wishes.clone() },
            aws: search.aws,
            renewed: Renewed::default(),
        })
    }

    /// The role's credentials: those that are still good, or new ones, for which a code may be asked.
    pub(super) fn get(&self, outside: &ClientContext) -> Result<Credentials, ClientError> {
        let now = outside.clock.now();
        self.renewed.get(now, || {
            let cache = Cache::of(&self.identity(), &self.configuration);
            let soon = now.plus(MARGIN);
            let lasts = |known: &Credentials| known.expires.is_some_and(|expires| expires > soon);
            if let Some(cached) = cache.as_ref().and_then(Cache::read).filter(lasts) {
                outside.note("botocore.credentials", || {
                    "Credentials for role retrieved from cache.".to_owned()
                });
                return Ok(cached);
            }
            let new = self.assume(outside)?;
            if let Some(cache) = cache {
                cache.write(&new);
            }
            Ok(new)
        })
    }

    fn assume(&self, outside: &ClientContext) -> Result<Credentials, ClientError> {
        let endpoint = self.endpoint(outside)?;
        let now = outside.clock.now().unix();
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(ROOM));
        form.append_pair("Action", "AssumeRole").append_pair("Version", Api::Sts.version());
        for (name, value) in self.identity() {
            form.append_pair(name, &value);
        }
        if self.session_name.is_none() {
            form.append_pair("RoleSessionName", &format!("botocore-session-{now}"));
        }
        if let Some(serial) = &self.mfa_serial {
            let asked = (outside.ask)(&format!("Enter MFA code for {serial}: "));
            let code = asked.map(Zeroizing::new).ok_or_else(|| {
                ClientError::Unanswered(format!(
                    "no code of `{serial}` was given, and the role asks for one"
                ))
            })?;
            form.append_pair("TokenCode", &code);
        }
        let form = Zeroizing::new(form.finish());
        let mut answer = endpoint.assume_role(&form)?;
        credentials(answer.take("Credentials")).ok_or_else(|| ClientError::Retrieval {
            provider: METHOD.to_owned(),
            problem: "the answer to AssumeRole has no credentials".to_owned(),
        })
    }

    /// Where to ask. AWS's own STS is only asked for credentials that are for AWS.
    fn endpoint(&self, outside: &ClientContext) -> Result<Endpoint, ClientError> {
        let named = self.configuration.endpoint_url(Api::Sts, &self.wishes)?;
        if named.is_none() && !self.aws {
            return Err(ClientError::Declined(format!(
                "role `{}` is to be assumed for an endpoint that is not AWS's own, and no endpoint \
                 is named for STS: name it with AWS_ENDPOINT_URL_STS, which takes `aws` for AWS's \
                 own",
                self.arn
            )));
        }
        let source = Source::Known(self.source.get(outside)?);
        Endpoint::acting(Api::Sts, &self.configuration, &self.wishes, outside, Some(source))
    }

    /// What tells these credentials from others, in the order in which it is sent.
    fn identity(&self) -> Vec<(&'static str, String)> {
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

/// Whether a profile assumes a role.
pub(super) fn assumes(section: &Section) -> bool {
    section.has("role_arn") && !section.has("web_identity_token_file")
}

/// Credentials by the name of a provider.
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
            "the credential source \"{name}\" of profile `{profile}` is one of machines of AWS, \
             which are not asked here: use Environment, or a source_profile"
        ))),
        _ => Err(ClientError::InvalidConfig(format!(
            "The credential source \"{name}\" referenced in profile \"{profile}\" is not valid."
        ))),
    }
}

/// The credentials of another profile, which may assume a role itself.
fn from_profile(
    name: &str,
    parent: &str,
    search: Search<'_>,
    visited: &mut Vec<String>,
) -> Result<Source, ClientError> {
    let Some(section) = search.configuration.profile_section(name) else {
        return Err(ClientError::InvalidConfig(format!(
            "The source_profile \"{name}\" referenced in the profile \"{parent}\" does not exist."
        )));
    };
    let has_keys = section.has("aws_secret_access_key") || section.has("aws_access_key_id");
    // A profile may be its own source, for the keys that stand in it.
    if visited.iter().any(|seen| seen == name) && (name != parent || !has_keys) {
        let visited: Vec<_> = visited.iter().map(|name| format!("'{name}'")).collect();
        return Err(ClientError::Loop {
            source_profile: name.to_owned(),
            visited: format!("[{}]", visited.join(", ")),
        });
    }
    visited.push(name.to_owned());
    if !has_keys && assumes(section) {
        let role = Role::read(name, section, search, visited)?;
        return Ok(Source::Role(Box::new(role)));
    }
    of_profile(name, search)?.ok_or_else(|| {
        ClientError::InvalidConfig(format!("The source profile \"{name}\" must have credentials."))
    })
}

/// Credentials as STS gives them.
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
    let key = AccessKey { id, secret };
    Some(Credentials { key, token: Some(token), expires, method: METHOD })
}

/// What botocore calls it.
pub(super) const METHOD: &str = "assume-role";
/// Seconds that what was kept by another command has to last, as the AWS CLI has it.
const MARGIN: i64 = 15 * 60;
/// Bytes of most forms, so that a code in one is not copied about.
const ROOM: usize = 4096;
