//! Calls to an endpoint as botocore makes them: signed requests of the Query API over HTTP, with
//! retries.
//!
//! Not here: where an endpoint and its credentials come from (see `route` and `credential_chain`).

mod address;
mod date;
mod debug;
mod exchange;
mod proxy;
mod response;
mod retry;
mod roots;
mod transport;
mod url;

use std::sync::Arc;

use vmfa_iam::{Api, Call};
use vmfa_model::Record;
use vmfa_query::request;

pub use self::url::has_scheme;
use self::{
    address::EndpointAddress, exchange::EndpointCall, retry::Retries, transport::EndpointTransport,
};
use crate::{
    CallError, Calls, ClientContext, ClientError, Configuration, ConnectionOptions, Credentials,
    credentials::CredentialProvider,
};

/// The client of one API's endpoint.
pub struct Endpoint {
    api: Api,
    address: EndpointAddress,
    transport: EndpointTransport,
    retries: Retries,
    signing: Signing,
    context: ClientContext,
}

/// How requests are signed.
enum Signing {
    Never,
    /// With the credentials of this provider. Without one, calls are refused.
    With(Option<Arc<dyn CredentialProvider>>),
}

impl Endpoint {
    /// The endpoint that is named by an option or the configuration, or else AWS's own. `find`
    /// finds credentials for it; its argument is whether the endpoint is AWS's own. Nothing is
    /// sent.
    ///
    /// # Errors
    /// What botocore refuses when it makes a client: no region, an invalid address, partial
    /// credentials.
    pub(crate) fn new(
        api: Api,
        configuration: &Configuration,
        options: &ConnectionOptions,
        context: &ClientContext,
        find: impl FnOnce(bool) -> Result<Option<Arc<dyn CredentialProvider>>, ClientError>,
    ) -> Result<Self, ClientError> {
        let named = configuration.endpoint_url(api, options)?;
        let address = EndpointAddress::resolve(api, named.as_deref(), configuration, options);
        // As in botocore, errors of credentials come before those of the address.
        let aws = address.as_ref().is_ok_and(EndpointAddress::is_aws);
        let signing = if options.sign { Signing::With(find(aws)?) } else { Signing::Never };
        let address = address?;
        context.note("botocore.regions", || format!("Endpoint provider result: {}", address.url));
        let transport = EndpointTransport::new(&address, configuration, options)?;
        let retries = Retries::new(configuration)?;
        Ok(Self { api, address, transport, retries, signing, context: context.clone() })
    }

    /// The URL of the endpoint, with a path.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// Calls `AssumeRole`, which is not in the action table.
    pub(crate) fn assume_role(&self, form: &str) -> Result<Record, ClientError> {
        // Its output has the same `Credentials`, and its input the same secret member.
        let like = vmfa_iam::find(Api::Sts, "GetSessionToken");
        let like = like.ok_or_else(|| {
            ClientError::Declined(
                "cannot assume roles: the action table has no GetSessionToken".to_owned(),
            )
        })?;
        let operation = "AssumeRole";
        let message = EndpointCall { operation, form, input: like.input, output: like.output() };
        self.exchange(&message).map_err(|failed| {
            let (fault, retries) = match failed {
                CallError::Refused(fault) => (fault, String::new()),
                CallError::Exhausted { fault, retries } => {
                    (fault, format!(" (reached max retries: {retries})"))
                }
                CallError::Client(error) => return error,
                CallError::Unreachable(problem) => return ClientError::Unreadable(problem),
            };
            let code = fault.kind.code().into_owned();
            let message = fault.message.as_deref().unwrap_or("Unknown").trim();
            let text = format!(
                "An error occurred ({code}) when calling the {operation} operation{retries}: {message}"
            );
            ClientError::Refused { code, text }
        })
    }
}

impl Calls for Endpoint {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let form = request::form(&call);
        self.exchange(&EndpointCall {
            operation: call.action.name,
            form: &form,
            input: call.action.input,
            output: call.action.output(),
        })
    }

    /// A call spends nearly all its time waiting for the network.
    fn max_concurrency(&self) -> usize {
        8
    }

    fn credentials(&self) -> Result<Option<Credentials>, ClientError> {
        match &self.signing {
            Signing::Never | Signing::With(None) => Ok(None),
            Signing::With(Some(provider)) => provider.get(&self.context).map(Some),
        }
    }
}
