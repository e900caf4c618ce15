//! The credential chain, in botocore's order: the environment, unless a profile is named by an
//! option; a role that the profile assumes; its access key in either file; a process that it names.
//!
//! SSO, web identities and the metadata services of AWS's machines are not supported: a profile
//! that needs one is refused.

mod expiry;
mod input;
mod process;
mod profile;
mod refreshed;
mod role;
mod role_cache;

use std::sync::Arc;

pub(crate) use self::{
    input::ChainInput,
    profile::{environment, static_keys},
};
use self::{profile::StaticCredentials, role::AssumedRole};
use crate::{
    ClientContext, ClientError, Credentials, configuration::DEFAULT_PROFILE,
    credentials::CredentialProvider,
};

/// The first provider of the chain that has credentials. Nothing is requested yet, but a process
/// that the profile names is run.
///
/// # Errors
/// Those of botocore's providers for a broken configuration.
pub(crate) fn find(
    input: ChainInput<'_>,
) -> Result<Option<Arc<dyn CredentialProvider>>, ClientError> {
    match search(input) {
        Err(ClientError::NoZone) => Ok(Some(Arc::new(WithoutZone))),
        found => found,
    }
}

fn search(input: ChainInput<'_>) -> Result<Option<Arc<dyn CredentialProvider>>, ClientError> {
    let ChainInput { configuration, context, .. } = input;
    let note = |text: &str| context.note("botocore.credentials", || text.to_owned());
    if configuration.is_explicit() {
        note(
            "Skipping environment variable credential check because profile name was explicitly \
             set.",
        );
    } else {
        note("Looking for credentials via: env");
        if let Some(credentials) = environment(configuration)? {
            note("Found credentials in environment variables.");
            return Ok(Some(Arc::new(StaticCredentials(credentials))));
        }
    }
    note("Looking for credentials via: assume-role");
    let profile = configuration.profile().unwrap_or(DEFAULT_PROFILE);
    if let Some(role) = AssumedRole::of_profile(profile, input)? {
        return Ok(Some(Arc::new(role)));
    }
    profile::find(profile, input)
}

/// Credentials whose expiry names no time zone. botocore fails when it uses them, not before.
struct WithoutZone;

impl CredentialProvider for WithoutZone {
    fn get(&self, _: &ClientContext) -> Result<Credentials, ClientError> {
        Err(ClientError::NoZone)
    }
}
