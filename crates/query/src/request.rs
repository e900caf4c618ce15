//! Calls as form parameters.
//!
//! A server reads in three steps, because it learns the action before it knows the caller and
//! looks at the input only after: [`Parameters::read`], [`action`], [`input`]. Where there is no
//! such action, [`api`] tells in whose form to say so. A client writes with [`form`].
//!
//! Not here: whether a value is acceptable, which is validation's to say, and the parameters of
//! presigned requests, which are unknown here and so ignored.

mod decode;
mod form;
mod parameters;

use vmfa_iam::{Action, Api, find};
use vmfa_model::{Fault, FaultKind};

pub use self::{
    decode::input,
    form::form,
    parameters::{MOST_PARAMETERS, Parameters},
};
#[cfg(test)]
pub(crate) use self::{decode::members, form::of_members};

/// The action that a request names by `Action` and `Version`. Without a version, that of IAM is
/// meant, or else that of STS. The refusals are `MissingAction` and `InvalidAction`.
pub fn action(parameters: &Parameters<'_>) -> Result<&'static Action, Fault> {
    let version = parameters.last("Version");
    let name = parameters.last("Action").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::new(FaultKind::MissingAction, NO_ACTION))?;
    let mut apis = Api::ALL.into_iter().filter(|api| version.is_none_or(|v| v == api.version()));
    apis.find_map(|api| find(api, name)).ok_or_else(|| {
        let version = version.unwrap_or(Api::Iam.version());
        let message = format!("Could not find operation {name:.128} for version {version:.128}");
        Fault::new(FaultKind::InvalidAction, message)
    })
}

/// The API that a request is for as its `Version` has it, which is all that is known of one whose
/// action is unknown; IAM's where it says nothing that helps.
pub fn api(parameters: &Parameters<'_>) -> Api {
    let version = parameters.last("Version");
    Api::ALL.into_iter().find(|api| version == Some(api.version())).unwrap_or(Api::Iam)
}

/// No recording shows IAM's words; these are the documentation's of the common errors.
const NO_ACTION: &str = "The request is missing an action or a required parameter.";
