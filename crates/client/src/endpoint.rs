//! Calls to an endpoint, as botocore makes them: the form, signed, over HTTP, tried again where that
//! may help.
//!
//! Not here: which endpoint and which credentials are meant, and what calls mean.

mod address;
mod answer;
mod date;
mod proxy;
mod retry;
mod roots;
mod shown;
mod tls;
mod url;
mod wire;

use vmfa_iam::{Api, Call};
use vmfa_model::{Record, Secret, StructureShape};
use vmfa_query::request;
use vmfa_sigv4::Request;

pub use self::url::has_scheme;
use self::{
    address::Address,
    answer::Problem,
    retry::{Next, Outcome, Retries},
    wire::{Answer, Wire},
};
use crate::{
    Calls, Configuration, Credentials, Failed, Outside, Trouble, Wishes,
    sources::{Search, Source},
};

/// An endpoint of one API.
pub struct Endpoint {
    api: Api,
    address: Address,
    wire: Wire,
    retries: Retries,
    signing: Signing,
    outside: Outside,
}

/// How requests are signed.
enum Signing {
    /// Not at all.
    Never,
    /// With what is found there, if anything was.
    With(Option<Source>),
}

/// What is to be sent, and what it is to be shown and read by.
struct Message<'m> {
    operation: &'m str,
    form: &'m str,
    input: &'static StructureShape,
    output: Option<&'static StructureShape>,
}

impl Endpoint {
    /// The endpoint that is wished for or configured, or else AWS's own, with the credentials that
    /// are found. Nothing is sent.
    ///
    /// # Errors
    /// What botocore refuses when it makes a client: no region, an address that is none, credentials
    /// that are half there.
    pub fn new(
        api: Api,
        configuration: &Configuration,
        wishes: &Wishes,
        outside: &Outside,
    ) -> Result<Self, Trouble> {
        let named = configuration.endpoint_url(api, wishes)?;
        let address = Address::resolve(api, named.as_deref(), configuration, wishes);
        // Whoever looks for credentials must know whom they are for, but is heard first.
        let aws = address.as_ref().is_ok_and(Address::is_aws);
        let search = Search { configuration, wishes, outside, aws };
        let signing =
            if wishes.sign { Signing::With(Source::find(search)?) } else { Signing::Never };
        Self::at(api, address?, signing, configuration, wishes, outside)
    }

    /// The same, with credentials that are found already.
    pub(crate) fn acting(
        api: Api,
        configuration: &Configuration,
        wishes: &Wishes,
        outside: &Outside,
        source: Option<Source>,
    ) -> Result<Self, Trouble> {
        let named = configuration.endpoint_url(api, wishes)?;
        let address = Address::resolve(api, named.as_deref(), configuration, wishes)?;
        Self::at(api, address, Signing::With(source), configuration, wishes, outside)
    }

    fn at(
        api: Api,
        address: Address,
        signing: Signing,
        configuration: &Configuration,
        wishes: &Wishes,
        outside: &Outside,
    ) -> Result<Self, Trouble> {
        outside.note("botocore.regions", || format!("Endpoint provider result: {}", address.url));
        let wire = Wire::new(&address, configuration, wishes)?;
        let retries = Retries::new(configuration)?;
        Ok(Self { api, address, wire, retries, signing, outside: outside.clone() })
    }

    /// Where requests go.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// Makes the call by which roles are assumed, which is not in the table.
    pub(crate) fn assume_role(&self, form: &str) -> Result<Record, Trouble> {
        // Its answer has the same credentials, and its input the same secret.
        let like = vmfa_iam::find(Api::Sts, "GetSessionToken");
        let like = like.ok_or_else(|| Trouble::Declined("roles cannot be assumed".to_owned()))?;
        let operation = "AssumeRole";
        let message = Message { operation, form, input: like.input, output: like.output };
        self.exchange(&message).map_err(|failed| {
            let (fault, retries) = match failed {
                Failed::Refused(fault) => (fault, String::new()),
                Failed::Exhausted { fault, retries } => {
                    (fault, format!(" (reached max retries: {retries})"))
                }
                Failed::Trouble(trouble) => return trouble,
                Failed::Unreachable(problem) => return Trouble::Unreadable(problem),
            };
            let code = fault.kind.code().into_owned();
            let message = fault.message.as_deref().unwrap_or("Unknown").trim();
            let text = format!(
                "An error occurred ({code}) when calling the {operation} operation{retries}: {message}"
            );
            Trouble::Refused { code, text }
        })
    }

    /// Sends a message until it is answered, or as often as is worth trying.
    fn exchange(&self, message: &Message<'_>) -> Result<Record, Failed> {
        let outside = &self.outside;
        outside.note("botocore.endpoint", || {
            let shown = shown::form(message.form, message.input);
            format!(
                "Making request for OperationModel(name={}) with params: {shown}",
                message.operation
            )
        });
        let invocation = uuid(outside);
        let mut paid = None;
        let mut attempt: u32 = 1;
        loop {
            let credentials = self.credentials()?;
            if credentials.is_none() && matches!(self.signing, Signing::With(_)) {
                return Err(Trouble::NoCredentials.into());
            }
            let result = self.attempt(message, credentials.as_ref(), attempt, &invocation);
            let code;
            let outcome = match &result {
                Ok(_) => Outcome::Done,
                Err(Problem::Trouble(trouble)) => Outcome::Trouble(trouble),
                Err(Problem::Refused { status, fault }) => {
                    code = fault.kind.code();
                    Outcome::Refusal { status: *status, code: &code }
                }
            };
            let next = self.retries.next(attempt, &outcome, &mut paid, &*outside.entropy);
            let note = |text: String| outside.note("botocore.retries.standard", || text);
            let retries = match next {
                Next::Again(pause) => {
                    let seconds = pause.as_secs_f64();
                    note(format!("Retry needed, retrying request after delay of: {seconds}"));
                    (outside.pause)(pause);
                    attempt = attempt.saturating_add(1);
                    continue;
                }
                Next::Exhausted => {
                    note(format!("Max attempts of {attempt} reached."));
                    Some(attempt.saturating_sub(1))
                }
                Next::Stop => None,
            };
            note("Not retrying request.".to_owned());
            return result.map_err(|problem| match (problem, retries) {
                (Problem::Refused { fault, .. }, Some(retries)) => {
                    Failed::Exhausted { fault, retries }
                }
                (Problem::Refused { fault, .. }, None) => Failed::Refused(fault),
                (Problem::Trouble(trouble), _) => Failed::Trouble(trouble),
            });
        }
    }

    /// Sends a message once. Each attempt has a signature of its own.
    fn attempt(
        &self,
        message: &Message<'_>,
        credentials: Option<&Credentials>,
        attempt: u32,
        invocation: &str,
    ) -> Result<Record, Problem> {
        let outside = &self.outside;
        let mut headers =
            vec![("host", self.address.host.clone()), ("content-type", TYPE.to_owned())];
        if let Some(credentials) = credentials {
            let added = self.sign(&headers, message, credentials)?;
            headers.extend(added);
        }
        headers.push(("user-agent", outside.user_agent.clone()));
        headers.push(("accept-encoding", "identity".to_owned()));
        headers.push(("amz-sdk-invocation-id", invocation.to_owned()));
        headers.push(("amz-sdk-request", format!("attempt={attempt}")));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        outside.note("botocore.endpoint", || {
            let (url, headers) = (&self.address.url, shown::headers(headers.iter().copied()));
            format!(
                "Sending http request: <AWSPreparedRequest stream_output=False, method=POST, \
                 url={url}, headers={headers}>"
            )
        });
        let answer = self.wire.post(&headers, message.form).inspect_err(|trouble| {
            outside.note("botocore.endpoint", || {
                format!("Exception received when sending HTTP request: {trouble}")
            });
        })?;
        self.note_answer(&answer, message.output);
        answer::read(message.operation, message.output, &answer)
    }

    /// The headers that make a request a signed one.
    fn sign(
        &self,
        headers: &[(&'static str, String)],
        message: &Message<'_>,
        credentials: &Credentials,
    ) -> Result<Vec<(&'static str, String)>, Trouble> {
        let token = credentials.token.as_ref().map(Secret::expose);
        let signer = credentials.signer(&self.address.region, self.api);
        let now = self.outside.clock.now().unix();
        let sent = bytes(headers);
        let (path, query) = (&self.address.path, &self.address.query);
        let body = message.form.as_bytes();
        let request = Request { method: "POST", path, query, headers: &sent, body };
        let refused = |refusal: vmfa_sigv4::Refusal| Trouble::Http(refusal.to_string());
        let added = signer.sign(&request, now).map_err(refused)?;
        if self.outside.trace.is_some() {
            let more = added.iter().filter(|(name, _)| *name != "authorization");
            let sent: Vec<_> = headers.iter().chain(more).cloned().collect();
            let request = Request { headers: &bytes(&sent), ..request };
            if let Ok((canonical, string)) = signer.explain(&request, now) {
                let note = |text: String| self.outside.note("botocore.auth", || text);
                note("Calculating signature using v4 auth.".to_owned());
                let canonical = shown::without(&canonical, token);
                let hashed = |text: &str| shown::hashed(text, message.input);
                note(format!("CanonicalRequest:\n{}", hashed(&canonical)));
                note(format!("StringToSign:\n{}", hashed(&string)));
                note(format!("Signature:\n{}", shown::STRUCK));
            }
        }
        Ok(added)
    }

    fn note_answer(&self, answer: &Answer, output: Option<&StructureShape>) {
        let (outside, address) = (&self.outside, &self.address);
        outside.note("urllib3.connectionpool", || {
            let scheme = if address.secure { "https" } else { "http" };
            let port = match address.host.rsplit_once(':') {
                Some((_, port)) if port.parse::<u16>().is_ok() => "",
                _ if address.secure => ":443",
                _ => ":80",
            };
            let (host, path) = (&address.host, &address.path);
            let length = answer.body.len();
            format!("{scheme}://{host}{port} \"POST {path} HTTP/1.1\" {} {length}", answer.status)
        });
        outside.note("botocore.parsers", || {
            let headers = answer.headers.iter();
            let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
            format!("Response headers: {}", shown::headers(headers))
        });
        outside.note("botocore.parsers", || {
            format!("Response body:\n{}", shown::body(answer, output))
        });
    }
}

impl Calls for Endpoint {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        let form = request::form(&call);
        self.exchange(&Message {
            operation: call.action.name,
            form: &form,
            input: call.action.input,
            output: call.action.output,
        })
    }

    /// Each waits for the network nearly all of its time.
    fn at_a_time(&self) -> usize {
        8
    }

    fn credentials(&self) -> Result<Option<Credentials>, Trouble> {
        match &self.signing {
            Signing::Never | Signing::With(None) => Ok(None),
            Signing::With(Some(source)) => source.get(&self.outside).map(Some),
        }
    }
}

/// Headers as they are signed.
fn bytes<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'h str, &'h [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

/// A random name for the attempts of one call (RFC 9562, version 4).
fn uuid(outside: &Outside) -> String {
    let mut bytes = [0; 16];
    outside.entropy.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{number:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The type of what is sent.
const TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
