//! Where the calls of a command go: to the endpoints that are named for its APIs, or, where none is
//! named, to the data directory.

use vmfa_iam::{Api, Call, Detail};
use vmfa_model::Record;

use crate::{
    ActAs, CallError, Calls, ClientContext, ClientError, Configuration, ConnectionOptions,
    Credentials, DirectoryError, Endpoint,
    configuration::{AWS, DEFAULT_PROFILE},
    credential_chain::{self, ChainInput},
};

/// A command's options and configuration, with the endpoints that they name.
pub struct Route {
    configuration: Configuration,
    options: ConnectionOptions,
    /// Each API that has an endpoint, with its URL or `aws`.
    endpoints: Vec<(Api, String)>,
}

/// Opens the data directory for a caller.
pub type OpenDirectory<'a> = dyn Fn(ActAs) -> Result<Box<dyn Calls>, DirectoryError> + 'a;

impl Route {
    /// Resolves the route of a command that makes calls of these APIs. An endpoint is named by an
    /// option, the environment or the profile.
    ///
    /// # Errors
    /// `InvalidConfig`, if the profile's `services` section does not exist.
    pub fn resolve(
        apis: &[Api],
        configuration: Configuration,
        options: ConnectionOptions,
    ) -> Result<Self, ClientError> {
        let mut endpoints = Vec::new();
        for api in apis {
            if let Some(url) = configuration.endpoint_url(*api, &options)? {
                endpoints.push((*api, url));
            }
        }
        Ok(Self { configuration, options, endpoints })
    }

    /// The endpoint of an API, as it was named: a URL, or `aws` for AWS's own.
    pub fn endpoint_url(&self, api: Api) -> Option<&str> {
        self.endpoints.iter().find(|(named, _)| *named == api).map(|(_, url)| url.as_str())
    }

    /// Whether calls go to endpoints, and not to the data directory.
    pub fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// The profile that is named by an option or the environment.
    pub fn profile(&self) -> Option<&str> {
        self.configuration.profile()
    }

    /// Connects to the endpoints, or has `open` open the data directory. An API without an
    /// endpoint, where another one has one, is refused at its first call: the data directory would
    /// be another account.
    ///
    /// # Errors
    /// What botocore refuses when it makes a client: no region, an invalid address, partial
    /// credentials. For the data directory, which needs neither a region nor credentials: a named
    /// profile without an access key of it.
    pub fn connect(
        &self,
        context: &ClientContext,
        open: &OpenDirectory<'_>,
    ) -> Result<Box<dyn Calls>, ClientError> {
        if self.endpoints.is_empty() {
            return Ok(open(self.act_as()?)?);
        }
        let mut connected = Vec::new();
        for (api, _) in &self.endpoints {
            connected.push((*api, self.endpoint(*api, context)?));
        }
        Ok(Box::new(EndpointPerApi(connected)))
    }

    /// The endpoint of an API, or AWS's own where none is named.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn endpoint(&self, api: Api, context: &ClientContext) -> Result<Endpoint, ClientError> {
        let find = |aws| credential_chain::find(self.chain_input(context, aws));
        Endpoint::new(api, &self.configuration, &self.options, context, find)
    }

    /// As [`endpoint`](Self::endpoint), without credentials: requests are not signed.
    pub fn unsigned_endpoint(
        &self,
        api: Api,
        context: &ClientContext,
    ) -> Result<Endpoint, ClientError> {
        let options = ConnectionOptions { sign: false, ..self.options.clone() };
        Endpoint::new(api, &self.configuration, &options, context, |_| Ok(None))
    }

    /// The credentials for IAM's endpoint. This may run a process, prompt for a code, and call STS.
    ///
    /// # Errors
    /// Those of botocore's credential providers.
    pub fn credentials(&self, context: &ClientContext) -> Result<Option<Credentials>, ClientError> {
        let aws = self.endpoint_url(Api::Iam) == Some(AWS);
        let found = credential_chain::find(self.chain_input(context, aws))?;
        found.map(|provider| provider.get(context)).transpose()
    }

    fn chain_input<'s>(&'s self, context: &'s ClientContext, aws: bool) -> ChainInput<'s> {
        ChainInput { configuration: &self.configuration, options: &self.options, context, aws }
    }

    /// The caller on the data directory. A profile that is named and a session in the
    /// environment never act as the root user.
    fn act_as(&self) -> Result<ActAs, ClientError> {
        let Self { configuration, options, .. } = self;
        if !options.sign {
            return Ok(ActAs::Root);
        }
        if !configuration.is_explicit()
            && let Some(credentials) = credential_chain::environment(configuration)?
        {
            let session = credentials.token.is_some();
            return Ok(if session {
                ActAs::Only(credentials)
            } else {
                ActAs::IfKnown(credentials)
            });
        }
        let profile = configuration.profile();
        let found =
            credential_chain::static_keys(profile.unwrap_or(DEFAULT_PROFILE), configuration);
        match (profile, found) {
            (Some(_), Ok(Some(credentials))) => Ok(ActAs::Only(credentials)),
            (Some(profile), Ok(None)) => Err(ClientError::Declined(format!(
                "profile `{profile}` has no endpoint, and no access key for the data directory: \
                 name the endpoint with --endpoint-url, AWS_ENDPOINT_URL or the profile's \
                 endpoint_url, which take `aws` for AWS's own, or give no profile"
            ))),
            (Some(_), Err(error)) => Err(error),
            (None, Ok(Some(credentials))) => Ok(ActAs::IfKnown(credentials)),
            // The default profile was not requested, so a broken one is ignored.
            (None, Ok(None) | Err(_)) => Ok(ActAs::Root),
        }
    }
}

struct EndpointPerApi(Vec<(Api, Endpoint)>);

impl EndpointPerApi {
    fn endpoint(&self, api: Api) -> Result<&Endpoint, CallError> {
        let found = self.0.iter().find(|(named, _)| *named == api);
        found.map(|(_, endpoint)| endpoint).ok_or_else(|| {
            let name = api.name();
            let variable = name.to_uppercase();
            CallError::Unreachable(format!(
                "no endpoint is named for `{name}`, but one is for another API: name it with \
                 AWS_ENDPOINT_URL_{variable}, or one for all with AWS_ENDPOINT_URL"
            ))
        })
    }
}

impl Calls for EndpointPerApi {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.endpoint(call.action.api)?.call(call)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        self.endpoint(call.action.api)?.call_for(call, detail)
    }

    fn supports_bare(&self) -> bool {
        self.0.iter().all(|(_, endpoint)| endpoint.supports_bare())
    }

    fn max_concurrency(&self) -> usize {
        self.0.iter().map(|(_, endpoint)| endpoint.max_concurrency()).min().unwrap_or(1)
    }

    fn credentials(&self) -> Result<Option<Credentials>, ClientError> {
        match self.0.first() {
            Some((_, endpoint)) => endpoint.credentials(),
            None => Ok(None),
        }
    }
}
