//! Calls as form parameters.
//!
//! A server reads in three steps, since it authenticates the caller between the last two:
//! [`Parameters::read`], [`action`], [`input`]. For an unknown action, [`api`] says in which API's
//! namespace to refuse. A client writes with [`form()`].
//!
//! The parameters of presigned requests are unknown here and so ignored.
//!
//! Not here: the constraints on values (see `vmfa_model::validate`).

mod decode;
mod form;
mod parameters;

use vmfa_iam::{Action, Api, find};
use vmfa_model::{Fault, FaultKind};

pub use self::{
    decode::input,
    form::form,
    parameters::{MAX_PARAMETERS, Parameters},
};
#[cfg(test)]
pub(crate) use self::{decode::members, form::of_members};

/// The action that a request names by `Action` and `Version`. Without a version, the APIs are
/// searched in the order of [`Api::ALL`]. Refuses with `MissingAction` or `InvalidAction`.
pub fn action(parameters: &Parameters<'_>) -> Result<&'static Action, Fault> {
    let version = parameters.last("Version");
    let name = parameters.last("Action").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::new(FaultKind::MissingAction, MISSING_ACTION))?;
    let mut apis = Api::ALL.into_iter().filter(|api| version.is_none_or(|v| v == api.version()));
    apis.find_map(|api| find(api, name)).ok_or_else(|| {
        let version = version.unwrap_or(Api::Iam.version());
        let message = format!("Could not find operation {name:.128} for version {version:.128}");
        Fault::new(FaultKind::InvalidAction, message)
    })
}

/// The API with the `Version` of a request, whose action may be unknown; IAM by default.
pub fn api(parameters: &Parameters<'_>) -> Api {
    let version = parameters.last("Version");
    Api::ALL.into_iter().find(|api| version == Some(api.version())).unwrap_or(Api::Iam)
}

/// From IAM's documentation of common errors; AWS's own message is not recorded.
const MISSING_ACTION: &str = "The request is missing an action or a required parameter.";
