//! One call: signs each attempt, sends it, reads its response, and retries. Logs all of it for
//! `--debug`.
//!
//! Not here: which errors are retried (see `retry`).

use vmfa_model::{Record, Secret, StructureShape};
use vmfa_sigv4::Request;

use super::{
    Endpoint, Signing, debug, response,
    response::AttemptError,
    retry::{AttemptOutcome, RetryDecision},
};
use crate::{CallError, Calls as _, ClientContext, ClientError, Credentials, http::HttpResponse};

/// A call, with the shapes by which it is logged and its response is read.
pub(super) struct EndpointCall<'m> {
    pub(super) operation: &'m str,
    pub(super) form: &'m str,
    pub(super) input: &'static StructureShape,
    pub(super) output: Option<&'static StructureShape>,
}

impl Endpoint {
    /// Sends a call, with as many attempts as the retry mode allows.
    pub(super) fn exchange(&self, message: &EndpointCall<'_>) -> Result<Record, CallError> {
        let context = &self.context;
        context.note("botocore.endpoint", || {
            let shown = debug::form(message.form, message.input);
            format!(
                "Making request for OperationModel(name={}) with params: {shown}",
                message.operation
            )
        });
        let invocation = uuid(context);
        let mut paid = None;
        let mut attempt: u32 = 1;
        loop {
            let credentials = self.credentials()?;
            if credentials.is_none() && matches!(self.signing, Signing::With(_)) {
                return Err(ClientError::NoCredentials.into());
            }
            let result = self.attempt(message, credentials.as_ref(), attempt, &invocation);
            let code;
            let outcome = match &result {
                Ok(_) => AttemptOutcome::Done,
                Err(AttemptError::Client(error)) => AttemptOutcome::Failed(error),
                Err(AttemptError::Refused { status, fault }) => {
                    code = fault.kind.code();
                    AttemptOutcome::Refusal { status: *status, code: &code }
                }
            };
            let next = self.retries.next(attempt, &outcome, &mut paid, &*context.entropy);
            let note = |text: String| context.note("botocore.retries.standard", || text);
            let retries = match next {
                RetryDecision::Retry(pause) => {
                    let seconds = pause.as_secs_f64();
                    note(format!("Retry needed, retrying request after delay of: {seconds}"));
                    (context.sleep)(pause);
                    attempt = attempt.saturating_add(1);
                    continue;
                }
                RetryDecision::Exhausted => {
                    note(format!("Max attempts of {attempt} reached."));
                    Some(attempt.saturating_sub(1))
                }
                RetryDecision::Stop => None,
            };
            note("Not retrying request.".to_owned());
            return result.map_err(|problem| match (problem, retries) {
                (AttemptError::Refused { fault, .. }, Some(retries)) => {
                    CallError::Exhausted { fault, retries }
                }
                (AttemptError::Refused { fault, .. }, None) => CallError::Refused(fault),
                (AttemptError::Client(error), _) => CallError::Client(error),
            });
        }
    }

    /// Makes one attempt, with its own signature.
    fn attempt(
        &self,
        message: &EndpointCall<'_>,
        credentials: Option<&Credentials>,
        attempt: u32,
        invocation: &str,
    ) -> Result<Record, AttemptError> {
        let context = &self.context;
        let mut headers =
            vec![("host", self.address.host.clone()), ("content-type", TYPE.to_owned())];
        if let Some(credentials) = credentials {
            let added = self.sign(&headers, message, credentials)?;
            headers.extend(added);
        }
        headers.push(("user-agent", context.user_agent.clone()));
        headers.push(("accept-encoding", "identity".to_owned()));
        headers.push(("amz-sdk-invocation-id", invocation.to_owned()));
        headers.push(("amz-sdk-request", format!("attempt={attempt}")));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        context.note("botocore.endpoint", || {
            let (url, headers) = (&self.address.url, debug::headers(headers.iter().copied()));
            format!(
                "Sending http request: <AWSPreparedRequest stream_output=False, method=POST, \
                 url={url}, headers={headers}>"
            )
        });
        let response = self.transport.post(&headers, message.form).inspect_err(|error| {
            context.note("botocore.endpoint", || {
                format!("Exception received when sending HTTP request: {error}")
            });
        })?;
        self.note_response(&response, message.output);
        response::read(message.operation, message.output, &response)
    }

    /// The headers that sign a request.
    fn sign(
        &self,
        headers: &[(&'static str, String)],
        message: &EndpointCall<'_>,
        credentials: &Credentials,
    ) -> Result<Vec<(&'static str, String)>, ClientError> {
        let token = credentials.token.as_ref().map(Secret::expose);
        let signer = credentials.signer(&self.address.region, self.api);
        let now = self.context.clock.now().unix();
        let sent = bytes(headers);
        let (path, query) = (&self.address.path, &self.address.query);
        let body = message.form.as_bytes();
        let request = Request { method: "POST", path, query, headers: &sent, body };
        let refused = |refusal: vmfa_sigv4::SignatureError| ClientError::Http(refusal.to_string());
        let added = signer.sign(&request, now).map_err(refused)?;
        if self.context.trace.is_some() {
            let more = added.iter().filter(|(name, _)| *name != "authorization");
            let sent: Vec<_> = headers.iter().chain(more).cloned().collect();
            let request = Request { headers: &bytes(&sent), ..request };
            if let Ok((canonical, string)) =
                signer.canonical_request_and_string_to_sign(&request, now)
            {
                let note = |text: String| self.context.note("botocore.auth", || text);
                note("Calculating signature using v4 auth.".to_owned());
                let canonical = debug::without(&canonical, token);
                let hashed = |text: &str| debug::hashed(text, message.input);
                note(format!("CanonicalRequest:\n{}", hashed(&canonical)));
                note(format!("StringToSign:\n{}", hashed(&string)));
                note(format!("Signature:\n{}", debug::MASK));
            }
        }
        Ok(added)
    }

    fn note_response(&self, response: &HttpResponse, output: Option<&StructureShape>) {
        let (context, address) = (&self.context, &self.address);
        context.note("urllib3.connectionpool", || {
            let scheme = if address.secure { "https" } else { "http" };
            let port = match address.host.rsplit_once(':') {
                Some((_, port)) if port.parse::<u16>().is_ok() => "",
                _ if address.secure => ":443",
                _ => ":80",
            };
            let (host, path) = (&address.host, &address.path);
            let length = response.body.len();
            format!("{scheme}://{host}{port} \"POST {path} HTTP/1.1\" {} {length}", response.status)
        });
        context.note("botocore.parsers", || {
            let headers = response.headers.iter();
            let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
            format!("Response headers: {}", debug::headers(headers))
        });
        context.note("botocore.parsers", || {
            format!("Response body:\n{}", debug::body(response, output))
        });
    }
}

fn bytes<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'h str, &'h [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

/// A random UUID (RFC 9562, version 4).
fn uuid(context: &ClientContext) -> String {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{number:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

const TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
