//! The way from a command to whatever answers it: the endpoint that is named, or the embedded store.
//!
//! Not here: how either of them is spoken to.

use vmfa_iam::Api;

use crate::{
    ActAs, Calls, ClientContext, ClientError, Configuration, ConnectionOptions, DirectoryError,
    Endpoint, configuration::DEFAULT_PROFILE, sources,
};

/// Gives a door its way: to an endpoint, where a flag, the environment or the profile names one, and
/// otherwise to the embedded store, which `open` opens for whoever is to act on it.
///
/// `stands_in` is set where vmfa is called by the name of the AWS CLI: a command that names no
/// endpoint is then refused, since it would have gone to AWS.
///
/// # Errors
/// What botocore refuses when it makes a client: no region, an address that is none, credentials
/// that are half there. On the embedded store, which needs neither a region nor credentials: a
/// profile that is named and has no key of it.
pub fn connect(
    api: Api,
    configuration: &Configuration,
    wishes: &ConnectionOptions,
    outside: &ClientContext,
    stands_in: bool,
    open: &dyn Fn(ActAs) -> Result<Box<dyn Calls>, DirectoryError>,
) -> Result<Box<dyn Calls>, ClientError> {
    if configuration.endpoint_url(api, wishes)?.is_some() {
        return Ok(Box::new(Endpoint::new(api, configuration, wishes, outside)?));
    }
    if stands_in {
        return Err(ClientError::Declined(STANDS_IN.to_owned()));
    }
    Ok(open(acting(configuration, wishes)?)?)
}

/// As whom to act on the embedded store. Whoever names a profile, or sets a session, does not mean
/// to be the account's root.
fn acting(configuration: &Configuration, wishes: &ConnectionOptions) -> Result<ActAs, ClientError> {
    if !wishes.sign {
        return Ok(ActAs::Root);
    }
    if !configuration.is_explicit()
        && let Some(credentials) = sources::environment(configuration)?
    {
        let session = credentials.token.is_some();
        return Ok(if session { ActAs::Only(credentials) } else { ActAs::IfKnown(credentials) });
    }
    let profile = configuration.profile();
    let found = sources::static_keys(profile.unwrap_or(DEFAULT_PROFILE), configuration);
    match (profile, found) {
        (Some(_), Ok(Some(credentials))) => Ok(ActAs::Only(credentials)),
        (Some(profile), Ok(None)) => Err(ClientError::Declined(format!(
            "profile `{profile}` names no endpoint, and has no access key of this machine's own \
             account: name the endpoint with --endpoint-url, AWS_ENDPOINT_URL or the profile's \
             endpoint_url, which take `aws` for AWS's own, or name no profile"
        ))),
        (Some(_), Err(trouble)) => Err(trouble),
        (None, Ok(Some(credentials))) => Ok(ActAs::IfKnown(credentials)),
        // What nobody asked for is not in the way.
        (None, Ok(None) | Err(_)) => Ok(ActAs::Root),
    }
}

const STANDS_IN: &str = "no endpoint is named, so this would have gone to AWS: name one with --endpoint-url, \
     AWS_ENDPOINT_URL or the profile's endpoint_url, which take `aws` for AWS's own, or use \
     `vmfa` for this machine's own account";
